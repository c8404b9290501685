"""Trees as training rows in TRL's formats, one JSON object a line.

::

    prm   {"prompt", "completions": [step, ...], "labels": [bool, ...]}     stepwise supervision, for PRMTrainer
    sft   {"prompt", "completion"}                                          for SFTTrainer: the chosen solution
    dpo   {"prompt", "chosen", "rejected"}                                  for DPOTrainer: the versions of one step

Rows hold the steps of solutions, and no queries, passages or restated questions. No row holds a reference answer:
labels and preferences are the scorer's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from hintree.search import Node, Tree
from hintree.search.core.actions import solution_path
from hintree.view.shown_tree import ShownTree
from hintree.view.text import json_text, storable

TrainingRow = dict[str, Any]
GOOD = 0.5
"""A step is labelled right where its score is at least this."""
STEP_END = "\n"
"""Text between steps, and after the question."""


def prm_rows(tree: Tree, chosen: Node) -> Iterator[TrainingRow]:
    """Yield a row per path whose steps all have scores, up to the last scored step."""
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
            }


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
