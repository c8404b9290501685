"""Trees as training rows in TRL's formats, one JSON object a line.

::

    prm   {"prompt", "completions": [step, ...], "labels": [bool, ...]}     stepwise supervision, for PRMTrainer;
          where passages were looked up also "passages" and "first", see ``prm_rows``
    sft   {"prompt", "completion"}                                          for SFTTrainer: the chosen solution
    dpo   {"prompt", "chosen", "rejected"}                                  for DPOTrainer: the versions of one step

Rows hold the steps of solutions, and no queries or restated questions. No row holds a reference answer: labels and
preferences are the scorer's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from hintree.search import Node, Tree
from hintree.search.core.actions import solution_path
from hintree.search.core.citations import passages_of
from hintree.view.shown_tree import ShownTree
from hintree.view.text import json_text, storable

TrainingRow = dict[str, Any]
GOOD = 0.5
"""A step is labelled right where its score is at least this."""
STEP_END = "\n"
"""Text between steps, and after the question."""


def prm_rows(tree: Tree, chosen: Node) -> Iterator[TrainingRow]:
    """Yield a row per path whose steps all have scores, up to the last scored step.

    Where passages were looked up, the row holds those that the last step was scored under as ``passages``, each {"id",
    "text"}, and as ``first`` the number of the first step under the same ones. Earlier steps are labelled in the row
    of a path that ends before the look-up, or goes on without it.
    """
    for end in tree.nodes[1:]:
        path = solution_path(end.path())
        scores = [node.score for node in path if node.score is not None]
        ends = path[-1:] == [end]  # a query, or a completion that checks the path, is no end of it
        if ends and len(scores) == len(path) and all(child.score is None for child in end.children):
            texts = [storable(node.step.text) for node in path]
            yield {
                "prompt": storable(tree.problem.question),
                "completions": texts,
                "labels": [score >= GOOD for score in scores],
                **looked_up(path),
            }


def looked_up(path: Sequence[Node]) -> TrainingRow:
    """Return the fields of a row about the passages of a path of steps; {} where there are none."""
    passages = passages_of(path[-1].path())
    if not passages:
        return {}
    first = next(i for i, node in enumerate(path) if passages_of(node.path()) == passages)
    shown = [{"id": storable(one.id), "text": storable(one.text)} for one in passages]
    return {"passages": shown, "first": first}


def sft_rows(tree: Tree, chosen: Node) -> Iterator[TrainingRow]:
    """Yield the chosen solution, if it is finished."""
    if chosen.status == "terminal":
        yield {"prompt": prompt([], tree), "completion": solution(solution_path(chosen.path()))}


def dpo_rows(tree: Tree, chosen: Node) -> Iterator[TrainingRow]:
    """Yield a pair per rewrite whose score differs from that of the replaced step; a rejected step is never chosen.

    A rule that keeps every new version also keeps worse ones. Then scores and rule disagree, and there is no pair.
    """
    for new in tree:
        old = None if new.replaces is None else tree.nodes[new.replaces]
        if old is None or new.score is None or old.score is None or new.score == old.score or new.parent is None:
            continue
        better, worse = (new, old) if new.score > old.score else (old, new)
        if any(node.status in ("rejected", "failed") for node in better.path()):
            continue
        yield {
            "prompt": prompt(solution_path(new.parent.path()), tree),
            "chosen": storable(better.step.text),
            "rejected": storable(worse.step.text),
        }


def prompt(path: Iterable[Node], tree: Tree) -> str:
    """Return the question and the steps so far, each with its delimiter."""
    return storable(tree.problem.question + STEP_END + solution(path))


def solution(path: Iterable[Node]) -> str:
    """Return the steps as one text; a step that was cut by its length has no delimiter."""
    return storable("".join(n.step.text + ("" if n.step.ended == "length" else STEP_END) for n in path))


FORMS: Mapping[str, Callable[[Tree, Node], Iterator[TrainingRow]]] = {"prm": prm_rows, "sft": sft_rows, "dpo": dpo_rows}


def to_lines(form: str, trees: Iterable[ShownTree]) -> Iterator[str]:
    """Yield the rows of many trees as lines of JSON."""
    for solved in trees:
        yield from (json_text(row) + "\n" for row in FORMS[form](solved.tree, solved.chosen))
