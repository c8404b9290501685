"""From the tree of an attempt to what a report keeps of it."""

import re
from collections.abc import Callable, Mapping

from hintree.experiments.report.trial import HintRecord, JudgedStep, RewriteRecord, TrialRecord
from hintree.experiments.report.votes import Finished
from hintree.grade import Verdict, grade
from hintree.grade.choices import letter_of
from hintree.lab.checker import StepVerdict, check_step
from hintree.lab.problem import LabProblem
from hintree.policies.leaks import leaks
from hintree.search.core.ledger import Ledger
from hintree.search.core.tree import Node, Tree
from hintree.search.selection import choose, trajectory_score
from hintree.statistics.calibration import Trace

CUT = 0.5
"""A step that scores lower is said to be wrong."""
LABEL = re.compile(r"\((\d+)\)")
Labels = dict[int, StepVerdict]


def extract_record(
    tree: Tree,
    ledger: Ledger,
    answer: str | None,
    right: bool,
    reference: str,
    aggregate: str,
    lab: LabProblem | None,
    *,
    choices: tuple[str, ...] = (),
    known: Mapping[str, Verdict] | None = None,
) -> TrialRecord:
    """Everything about an attempt that was made to its end.

    Args:
        tree: What was grown.
        ledger: What it cost.
        answer: The answer that was given.
        right: Whether it is right.
        reference: The right answer, for the other solutions of the tree.
        aggregate: How the arm makes trajectory scores of step scores.
        lab: The problem with its exact truth, None outside the lab.
        choices: Options of a multiple-choice question.
        known: Stored verdicts by answer. Only answers without one, of stores from before they were kept, are graded.
    """
    path = chosen(tree, answer, aggregate).path()
    labels = exact_labels(tree, lab) if lab else {}
    ends = [node for node in tree.terminals() if node.step.answer is not None]
    stated = [(str(node.step.answer), trajectory_score(node, aggregate)) for node in ends]
    return TrialRecord(
        right=right,
        failed=False,
        ledger=ledger,
        tokens=by_author(path, lambda node: node.step.tokens),
        steps=by_author(path, lambda node: 1),
        finished=[
            Finished(named(text, choices), verdict is Verdict.RIGHT, score)
            for text, score in stated
            if (verdict := (known or {}).get(text) or grade(reference, text, choices)) is not Verdict.UNGRADED
        ],
        judged=judged(tree, labels) if lab else [],
        traces=[trace(node.path(), labels) for node in ends if lab and scored(node.path())],
        rewritten=[compare(tree.nodes[node.replaces], node, labels) for node in tree if node.replaces is not None],
        hinted=[under_hint(tree, node, labelled=lab is not None) for node in tree if node.hint is not None],
        dropped=sum(node.hint_dropped for node in tree),
    )


def named(answer: str, choices: tuple[str, ...]) -> str:
    """Return an answer as votes compare it: the letter of the option that it names, else the answer itself."""
    return (letter_of(answer, choices) if choices else None) or answer


def chosen(tree: Tree, answer: str | None, aggregate: str) -> Node:
    """Last step of the returned trajectory: of those that state the answer, the one of the highest score.

    All ways to choose end there (``search.choose``), whatever they count before.
    """
    ends = [node for node in tree.terminals() if answer is not None and node.step.answer == answer]
    if not ends:
        return choose(tree, "best", aggregate).node
    return max(ends, key=lambda n: (n.score is not None, trajectory_score(n, aggregate), -n.id))


def by_author(path: list[Node], amount: Callable[[Node], int]) -> dict[str, int]:
    """Sums over a path."""
    return {who: sum(amount(n) for n in path if n.author == who) for who in ("reasoner", "teacher")}


def exact_labels(tree: Tree, lab: LabProblem) -> Labels:
    """Return what the checker says of each step after the steps before it, by node id."""
    labels: Labels = {}
    for node in tree.nodes[1:]:
        *history, last = [n.step.text for n in node.path()]
        labels[node.id] = check_step(lab, history, last)
    return labels


def judged(tree: Tree, labels: Labels) -> list[JudgedStep]:
    """The steps that the rewrite rule could see."""
    replaced = {node.replaces for node in tree}
    right = {node: label.right for node, label in labels.items()}
    return [
        JudgedStep(node.score, right[node.id], all(right[n.id] for n in node.path()[:-1]), node.id in replaced)
        for node in tree.nodes[1:]
        if node.score is not None or node.id in replaced
    ]


def scored(path: list[Node]) -> bool:
    """Return True if every step of a path has a score."""
    return all(node.score is not None for node in path)


def trace(path: list[Node], labels: Labels) -> Trace:
    """Locate where the first wrong step of a scored path is, and where the scores say it is."""
    true = next((i for i, node in enumerate(path) if not labels[node.id].right), -1)
    return Trace(true, next((i for i, node in enumerate(path) if (node.score or 0.0) < CUT), -1))


def compare(old: Node, new: Node, labels: Labels) -> RewriteRecord:
    """Two versions of a step; a new one that equals an older sibling was kept if that sibling was taken up for it."""
    kept = old.replaced_by == (new.id if new.duplicate_of is None else new.duplicate_of)
    rise = new.score - old.score if new.score is not None and old.score is not None else None
    if not labels:
        return RewriteRecord(new.author, kept, None, None, rise, "")
    return RewriteRecord(new.author, kept, labels[old.id].right, labels[new.id].right, rise, labels[old.id].kind)


def under_hint(tree: Tree, node: Node, *, labelled: bool) -> HintRecord:
    """A hint and its step; where facts have no labels, no hint points anywhere."""
    hint = node.hint.text if node.hint else ""
    leaked = leaks(hint, tree.problem.question, [n.step.text for n in node.path()[:-1]])
    if not labelled:
        return HintRecord(node.depth, leaked, "", "")
    goes = "answer" if node.step.answer is not None else first_label(node.step.text)
    return HintRecord(node.depth, leaked, first_label(hint) or ("answer" if "answer" in hint else ""), goes)


def first_label(text: str) -> str:
    """The first label such as "3" for "(3)", "" if there is none."""
    found = LABEL.search(text)
    return found[1] if found else ""
