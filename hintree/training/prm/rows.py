"""Labelled solutions: what PRMs are trained on and calibrated with.

One row is {"prompt", "completions": [step, ...], "labels": [...]}, TRL's stepwise supervision, with labels from 0 to 1.
On lab problems the checker labels exactly; anywhere else completions of every prefix do (Math-Shepherd, arXiv
2312.08935, section 3.2): ``hard`` is 1 if any of N comes to the reference answer, ``soft`` the share that does.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hintree.data.fields import Case as Case
from hintree.errors import UsageError
from hintree.grade import equal
from hintree.lab.checker import check_step
from hintree.lab.parse import parse_problem
from hintree.models import LanguageModel
from hintree.policies import Sampling, StepWriter
from hintree.scorers import Prefix
from hintree.scorers.rollouts import finish
from hintree.search import BestOfN, Handler, Tree, batched_driver
from hintree.search.core.seeds import seed_of

LABELS = ("exact", "hard", "soft")
TEMPERATURE = 0.8
"""Temperature of drafts and completions."""


class LabelledSolution(NamedTuple):
    """A labelled solution; labels from 0 (wrong) to 1 (right), one per step."""

    question: str
    steps: list[str]
    labels: list[float]

    def right(self) -> list[bool]:
        """Which steps count as right."""
        return [label >= 0.5 for label in self.labels]


class SampledSolution(NamedTuple):
    """A solution with the problem that it is about."""

    asked: Case
    steps: list[str]


def read_rows(path: str) -> list[LabelledSolution]:
    """The rows of a file of JSON lines. Raises UsageError, with the line, if one is no labelled solution."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    rows = [read_row(line, f"{path}, line {i}") for i, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise UsageError(f"{path} holds no labelled solution")
    return rows


def read_row(line: str, place: str) -> LabelledSolution:
    """One row. Raises UsageError."""
    try:
        row: Any = json.loads(line)
        found = LabelledSolution(row["prompt"], list(row["completions"]), [float(label) for label in row["labels"]])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f'{place}: expected {{"prompt", "completions", "labels"}}: {error!r}') from error
    texts = [found.question, *found.steps]
    if not found.steps or len(found.steps) != len(found.labels) or not all(isinstance(text, str) for text in texts):
        raise UsageError(f"{place}: completions are texts, at least one, and there is a label for each")
    if not all(0 <= label <= 1 for label in found.labels):
        raise UsageError(f"{place}: a label is a number from 0 (wrong) to 1 (right)")
    return found


def to_line(row: LabelledSolution) -> str:
    """A row as one line of JSON."""
    return json.dumps({"prompt": row.question, "completions": row.steps, "labels": row.labels}) + "\n"


def sample_solutions(asked: Sequence[Case], writer: LanguageModel, n: int, seed: int) -> list[SampledSolution]:
    """``n`` solutions of every problem, drawn."""
    search = BestOfN(n)
    trees = [Tree(case.problem, seed) for case in asked]
    steps = Handler(StepWriter(writer, Sampling(TEMPERATURE, greedy_first=False)), writer.parameters)
    for _ in batched_driver(((tree, search.grow(tree, None)) for tree in trees), {"reasoner": steps}, live=256):
        pass
    leaves = [(case, leaf) for case, tree in zip(asked, trees, strict=True) for leaf in tree if not leaf.children]
    drafts = [
        SampledSolution(case, [node.step.text for node in leaf.path() if node.step.text.strip()])
        for case, leaf in leaves
    ]
    return [draft for draft in drafts if draft.steps]


def label(
    drafts: Sequence[SampledSolution], how: str, writer: LanguageModel | None = None, n: int = 8
) -> list[LabelledSolution]:
    """The drafts with their labels.

    Args:
        drafts: Solutions.
        how: "exact", for lab problems, or "hard" or "soft".
        writer: Completes prefixes, for "hard" and "soft".
        n: Completions per prefix.

    Raises:
        UsageError: Exact labels of what is no lab problem.
    """
    if how == "exact":
        return [LabelledSolution(d.asked.problem.question, d.steps, exact_labels(d)) for d in drafts]
    assert writer is not None
    rows = []
    prefixes = [(draft, draft.steps[: i + 1]) for draft in drafts for i in range(len(draft.steps))]
    values = iter(completion_rates(prefixes, writer, n))
    for draft in drafts:
        shares = [next(values) for _ in draft.steps]
        labels = [float(share > 0) for share in shares] if how == "hard" else shares
        rows.append(LabelledSolution(draft.asked.problem.question, draft.steps, labels))
    return rows


def exact_labels(draft: SampledSolution) -> list[float]:
    """The verdicts of the lab's checker. Raises UsageError if it is no lab problem."""
    problem = parse_problem(draft.asked.problem.question)
    return [float(check_step(problem, draft.steps[:i], step).right) for i, step in enumerate(draft.steps)]


def completion_rates(
    prefixes: Sequence[tuple[SampledSolution, list[str]]], writer: LanguageModel, n: int
) -> list[float]:
    """Share of ``n`` completions of each prefix that come to the reference answer."""
    steps = Handler(StepWriter(writer, Sampling(TEMPERATURE, greedy_first=False)), writer.parameters)
    cases = [Prefix(d.asked.problem.question, tuple(told), seed_of(d.asked.problem.id, told)) for d, told in prefixes]
    done = finish(cases, steps, n)
    return [
        sum(answer is not None and equal(draft.asked.reference, answer) for answer in one.answers) / n
        for (draft, _), one in zip(prefixes, done, strict=True)
    ]
