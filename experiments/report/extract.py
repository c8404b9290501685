"""Extract the record that a report keeps of an attempt from its tree."""

import re
from collections.abc import Callable, Mapping

from hintree.experiments.report.trial import CitationRecord, HintRecord, JudgedStep, RewriteRecord, TrialRecord
from hintree.experiments.report.votes import Finished
from hintree.grade import Verdict, grade
from hintree.grade.choices import letter_of
from hintree.lab.checker import StepVerdict, check_step
from hintree.lab.forms import cited_entries
from hintree.lab.problem import LabProblem, solve
from hintree.policies.leaks import leaks
from hintree.search.core.actions import Yield, kind_of, solution_path
from hintree.search.core.citations import citations_of
from hintree.search.core.ledger import Ledger
from hintree.search.core.tree import Node, Tree
from hintree.search.selection import Selection, choose, select, trajectory_score
from hintree.statistics.calibration import Trace

CUT = 0.5
"""Steps with a lower score are predicted to be wrong."""
LABEL = re.compile(r"\((\d+)\)")
CHECKED = (Yield.STEP, Yield.SOLUTION, Yield.SUB_ANSWER, Yield.RE_ANSWER, Yield.CORRECTION, Yield.VERDICT)
"""Kinds of texts that hold steps; the exact checker reads no sub-question, query, passage or new wording."""
Labels = dict[int, StepVerdict]


def extract_record(
    tree: Tree,
    ledger: Ledger,
    answer: str | None,
    right: bool,
    reference: str,
    selection: Selection,
    lab: LabProblem | None,
    *,
    choices: tuple[str, ...] = (),
    known: Mapping[str, Verdict] | None = None,
) -> TrialRecord:
    """Return the record of a completed attempt.

    Args:
        tree: Grown tree of the attempt.
        ledger: Its cost.
        answer: The selected answer; None without one.
        right: True if the answer is right.
        reference: Reference answer, to grade the other solutions of the tree.
        selection: The arm's selection of the answer.
        lab: The problem with its ground truth; None outside the lab.
        choices: Options of a multiple-choice question.
        known: Stored verdicts by answer. Only answers without one, of stores from before they were kept, are graded.
    """
    choice = select(tree, selection)
    selected = choice.answer if answer is None else answer  # a withheld answer is the selected one, too
    end = chosen(tree, selected, selection.aggregate)
    path = end.path()
    labels = exact_labels(tree, lab) if lab else {}
    ends = [node for node in tree.terminals() if node.step.answer is not None]
    stated = [(str(node.step.answer), trajectory_score(node, selection.aggregate)) for node in ends]

    def verdict_on(text: str) -> Verdict:
        return (known or {}).get(text) or grade(reference, text, choices)

    return TrialRecord(
        right=right,
        failed=False,
        ledger=ledger,
        tokens=by_author(path, lambda node: node.step.tokens),
        steps=by_author(path, lambda node: 1),
        finished=[
            Finished(named(text, choices), verdict is Verdict.RIGHT, score)
            for text, score in stated
            if (verdict := verdict_on(text)) is not Verdict.UNGRADED
        ],
        judged=judged(tree, labels) if lab else [],
        traces=[trace(node.path(), labels) for node in ends if lab and scored(node.path(), labels)],
        rewritten=[compare(tree.nodes[node.replaces], node, labels) for node in tree if node.replaces is not None],
        hinted=[under_hint(tree, node, labelled=lab is not None) for node in tree if node.hint is not None],
        dropped=sum(node.hint_dropped for node in tree),
        label_masses=[node.label_mass for node in tree if node.label_mass is not None],
        answer=selected,
        citations=citations_of_tree(tree, end, lab),
        confidence=choice.confidence,
        selected_right=right or (answer is None and selected is not None and verdict_on(selected) is Verdict.RIGHT),
    )


def named(answer: str, choices: tuple[str, ...]) -> str:
    """Return an answer as votes compare it: the letter of the option that it names, else the answer itself."""
    return (letter_of(answer, choices) if choices else None) or answer


def chosen(tree: Tree, answer: str | None, aggregate: str) -> Node:
    """Return the last step of the returned trajectory: the one with the highest score that states the answer.

    Every selection of ``search.choose`` ends at this step.
    """
    ends = [node for node in tree.terminals() if answer is not None and node.step.answer == answer]
    if not ends:
        return choose(tree, "best", aggregate).node
    return max(ends, key=lambda n: (n.score is not None, trajectory_score(n, aggregate), -n.id))


def by_author(path: list[Node], amount: Callable[[Node], int]) -> dict[str, int]:
    """Return the sums of a figure over a path, by author."""
    return {who: sum(amount(n) for n in path if n.author == who) for who in ("reasoner", "teacher")}


def exact_labels(tree: Tree, lab: LabProblem) -> Labels:
    """Return the exact verdict on each step given the steps before it, by node id; of several lines the first error."""
    labels: Labels = {}
    for node in tree.nodes[1:]:
        if kind_of(node) in CHECKED:
            history = [line for above in solution_path(node.path())[:-1] for line in above.step.text.splitlines()]
            lines = node.step.text.splitlines() or [""]
            verdicts = [check_step(lab, [*history, *lines[:i]], line) for i, line in enumerate(lines)]
            labels[node.id] = next((verdict for verdict in verdicts if not verdict.right), verdicts[-1])
    return labels


def judged(tree: Tree, labels: Labels) -> list[JudgedStep]:
    """Return the records of all steps that the rewrite rule considers."""
    replaced = {node.replaces for node in tree}
    right = {node: label.right for node, label in labels.items()}
    return [
        JudgedStep(
            node.score, right[node.id], all(right.get(n.id, True) for n in node.path()[:-1]), node.id in replaced
        )
        for node in tree.nodes[1:]
        if node.id in right and (node.score is not None or node.id in replaced)
    ]


def scored(path: list[Node], labels: Labels) -> bool:
    """Return True if every labelled step of a path has a score."""
    return all(node.score is not None for node in path if node.id in labels)


def trace(path: list[Node], labels: Labels) -> Trace:
    """Return the index of the first wrong step of a scored path, and the index that the scores predict."""
    steps = [node for node in path if node.id in labels]
    true = next((i for i, node in enumerate(steps) if not labels[node.id].right), -1)
    return Trace(true, next((i for i, node in enumerate(steps) if (node.score or 0.0) < CUT), -1))


def compare(old: Node, new: Node, labels: Labels) -> RewriteRecord:
    """Compare two versions of a step; a version that equals an older sibling is kept if that sibling was kept."""
    kept = old.replaced_by == (new.id if new.duplicate_of is None else new.duplicate_of)
    rise = new.score - old.score if new.score is not None and old.score is not None else None
    writer = new.author if new.action is None or kind_of(new) is not Yield.CORRECTION else new.action.name
    if old.id not in labels or new.id not in labels:
        return RewriteRecord(writer, kept, None, None, rise, "")
    return RewriteRecord(writer, kept, labels[old.id].right, labels[new.id].right, rise, labels[old.id].kind)


def under_hint(tree: Tree, node: Node, *, labelled: bool) -> HintRecord:
    """Return the record of a hint and its step; without labelled facts no hint points to one."""
    hint = node.hint.text if node.hint else ""
    leaked = leaks(hint, tree.problem.question, [n.step.text for n in node.path()[:-1]])
    if not labelled:
        return HintRecord(node.depth, leaked, "", "")
    goes = "answer" if node.step.answer is not None else first_label(node.step.text)
    return HintRecord(node.depth, leaked, first_label(hint) or ("answer" if "answer" in hint else ""), goes)


def citations_of_tree(tree: Tree, end: Node, lab: LabProblem | None) -> CitationRecord:
    """Return the record of all citations of a tree, and of the entries that the path to ``end`` cites.

    Args:
        tree: The tree of an attempt.
        end: Last step of the returned trajectory.
        lab: The problem with its ground truth; None outside the lab.
    """
    broken = [fault for sound, fault in map(citations_of, tree.nodes[1:]) if sound or fault is not None]
    needed = {fact.entry for fact in solve(lab) if fact.entry} if lab else set()
    if lab is None or not needed:
        return CitationRecord(len(broken), broken.count(None), None)
    lines = [line for node in end.path() for line in node.step.text.splitlines()]
    return CitationRecord(len(broken), broken.count(None), needed <= cited_entries(lab, lines))


def first_label(text: str) -> str:
    """Return the first label, such as "3" for "(3)"; "" if there is none."""
    found = LABEL.search(text)
    return found[1] if found else ""
