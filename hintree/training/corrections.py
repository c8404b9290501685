"""Training rows in which a model corrects a step of its own chain; wrong steps are read, and never learned.

The rows teach the trigger too: the model itself writes the critique after a wrong step, with no scorer that asks for it
(ISC, arXiv 2401.07301, whose partial answer masking leaves the wrong part out of the loss). Trees hold what SPHERE
(arXiv 2503.04813) generates in three stages: chains, their corrections, and several wrong versions of one step.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from transformers import PreTrainedTokenizerBase

from hintree.export.rows import GOOD, STEP_END, prompt, solution
from hintree.models.local.text import encode, plain
from hintree.policies.formats import PromptFormat
from hintree.policies.words import Words
from hintree.search import Node
from hintree.search.actions import CRITIQUE, REVISE
from hintree.search.core.actions import Yield, kind_of, solution_path
from hintree.training.shipped.rows import IGNORED
from hintree.view.shown_tree import ShownTree
from hintree.view.text import storable

UNNAMED = "This step is wrong."
"""Critique of a wrong step for which neither a model nor a scorer has named a reason."""


@dataclass(frozen=True, slots=True)
class CorrectedSolution:
    """A finished solution in which a wrong step is criticised and corrected.

    Attributes:
        solved: Its tree.
        before: Steps before the wrong one.
        wrong: The wrong step.
        critique: What is wrong with it.
        after: The corrected step and all steps after it, the last of which ends the solution.
    """

    solved: ShownTree
    before: Sequence[Node]
    wrong: Node
    critique: str
    after: Sequence[Node]


def corrections(solved: ShownTree, words: Words, per_step: int) -> Iterator[CorrectedSolution]:
    """Yield the corrections along the chosen path, at most ``per_step`` of each step that the scorer finds right.

    The wrong steps are siblings that the scorer finds wrong: first the versions that the step replaced, then others in
    order of creation. No reference answer is read.
    """
    path = [node for node in solution_path(solved.chosen.path()) if not node.step.thinking]
    if solved.chosen.status != "terminal":
        return
    for i, right in enumerate(path):
        for wrong in wrong_siblings(right)[:per_step]:
            yield CorrectedSolution(solved, path[:i], wrong, critique_of(right, wrong, words), path[i:])


def wrong_siblings(right: Node) -> list[Node]:
    """Return the wrong versions of a right step, one per text, the replaced one first; [] for any other step."""
    if right.parent is None or right.score is None or right.score < GOOD or right.step.ended == "length":
        return []
    steps = [node for node in right.parent.children if kind_of(node) in (Yield.STEP, Yield.CORRECTION)]
    wrong = [node for node in steps if node.score is not None and node.score < GOOD and node.step.text.strip()]
    whole = [node for node in wrong if node.step.ended != "length" and node.step.text != right.step.text]
    by_text: dict[str, Node] = {}
    for node in sorted(whole, key=lambda node: node.id != right.replaces):
        by_text.setdefault(node.step.text, node)
    return list(by_text.values())


def critique_of(right: Node, wrong: Node, words: Words) -> str:
    """Return the critique that a step was corrected after, else what the scorer suspects, else ``UNNAMED``."""
    own = right.critique if right.replaces == wrong.id else None
    about_solution = right.action is not None and right.action.name == REVISE.name
    if own is not None and own.text and not about_solution:
        return own.text
    return UNNAMED if wrong.fault is None else words.faults.get(wrong.fault, UNNAMED)


def critique_line(correction: CorrectedSolution, words: Words) -> str:
    """Return the critique after its label, as the model writes it."""
    return f"{words.actions[CRITIQUE.name].begin} {correction.critique}"


def text_row(correction: CorrectedSolution, words: Words) -> dict[str, Any]:
    """Return the row as ``prompt`` and ``completion``; TRL learns the completion, which begins with the critique."""
    tree = correction.solved.tree
    return {
        "prompt": prompt([*correction.before, correction.wrong], tree),
        "completion": storable(critique_line(correction, words)) + STEP_END + solution(correction.after),
    }


def token_row(correction: CorrectedSolution, form: PromptFormat, tokenizer: PreTrainedTokenizerBase) -> dict[str, Any]:
    """Return the row as ``input_ids`` and ``labels`` in the form in which the model is used.

    Everything that the model writes is learned but the wrong step, and earlier steps that the scorer finds wrong.
    """
    problem = correction.solved.tree.problem
    critique = f"{critique_line(correction, form.protocol.words)}{form.protocol.step.between or STEP_END}"
    pieces = [(form.delimited(node.step), node.score is None or node.score >= GOOD) for node in correction.before]
    pieces += [(form.delimited(correction.wrong.step), False), (critique, True)]
    pieces += [(form.delimited(node.step), True) for node in correction.after]
    ids = encode(tokenizer, form.prompt(problem, form.start([], silent=True)))
    labels = [IGNORED] * len(ids)
    for text, learned in pieces:
        tokens = plain(tokenizer, text)
        ids += tokens
        labels += tokens if learned else [IGNORED] * len(tokens)
    end = [] if tokenizer.eos_token_id is None else [int(tokenizer.eos_token_id)]
    return {"input_ids": ids + end, "labels": labels + end}
