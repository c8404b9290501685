"""Labelled solutions: the data that PRMs are trained and calibrated on.

One row is {"prompt", "completions": [step, ...], "labels": [...]}, TRL's stepwise supervision, with labels from 0 to 1,
and with "written", what a recording has of each step, if a model of ours wrote it. "passages" ([{"id", "text"}, ...])
are those that were looked up, and "first" is the number of the first step that was scored under them, from 0 on.
Lab problems are labelled exactly by the checker, other problems by rollouts from every prefix (Math-Shepherd, arXiv
2312.08935, section 3.2): ``hard`` is 1 if any of N rollouts reaches the reference answer, ``soft`` is their share.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hintree.bounded_files import parse_json, read_text
from hintree.data import Case
from hintree.errors import UsageError
from hintree.grade import Verdict, grade
from hintree.lab.checker import check_step
from hintree.lab.parse import parse_problem
from hintree.models import LanguageModel
from hintree.scorers import Prefix
from hintree.scorers.rollouts import roll_out_prefixes
from hintree.search import BestOfN, Handler, Passage, Tree, run_searches
from hintree.search.core.seeds import seed_of
from hintree.solver.recorded_values import pack, unpack_step
from hintree.training.handlers import model_handlers, sampled

LABELS = ("exact", "hard", "soft")
LONGEST = 1 << 28
"""Bytes of a file of labelled solutions."""
TEMPERATURE = 0.8
"""Sampling temperature of solutions and rollouts."""


class LabelledSolution(NamedTuple):
    """A solution with one label per step, from 0 (wrong) to 1 (right).

    ``written`` has every step with its tokens and their statistics, packed as in a recording; [] where only texts are
    known. A PRM that reads passages reads ``passages``; steps before the one of number ``first`` were scored under
    others, so that they are read and their labels are not used.
    """

    question: str
    steps: list[str]
    labels: list[float]
    written: list[Any] = []  # noqa: RUF012 (the default of a NamedTuple, which nothing changes)
    passages: list[Passage] = []  # noqa: RUF012
    first: int = 0

    def right(self) -> list[bool]:
        """Return for each step whether it counts as right: a label of at least 0.5."""
        return [label >= 0.5 for label in self.labels]


class SampledSolution(NamedTuple):
    """A sampled solution with its problem; ``written`` as in ``LabelledSolution``."""

    case: Case
    steps: list[str]
    written: list[Any] = []  # noqa: RUF012


def read_rows(path: str) -> list[LabelledSolution]:
    """Read labelled solutions from a file of JSON lines.

    Raises:
        UsageError: A line is not a labelled solution; the message names it.
    """
    try:
        lines = read_text(Path(path), LONGEST, pipe=True).splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    rows = [read_row(line, f"{path}, line {i}") for i, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise UsageError(f"{path} holds no labelled solution")
    return rows


def read_row(line: str, place: str) -> LabelledSolution:
    """Parse one row. Raises UsageError."""
    try:
        row: Any = parse_json(line)
        steps, written = list(row["completions"]), row.get("written", [])
        passages = [Passage(text_of(one["id"]), text_of(one["text"])) for one in row.get("passages", [])]
        labels, first = [float(label) for label in row["labels"]], row.get("first", 0)
        found = LabelledSolution(row["prompt"], steps, labels, written, passages, first)
        if written and [unpack_step(step).text for step in written] != steps:
            raise ValueError("the steps of 'written' are not the completions")
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise UsageError(f'{place}: expected {{"prompt", "completions", "labels"}}: {error!r:.300}') from error
    texts = [found.question, *found.steps]
    if not found.steps or len(found.steps) != len(found.labels) or not all(isinstance(text, str) for text in texts):
        raise UsageError(f"{place}: completions are texts, at least one, and there is a label for each")
    if not all(0 <= label <= 1 for label in found.labels):
        raise UsageError(f"{place}: a label is a number from 0 (wrong) to 1 (right)")
    if type(first) is not int or not 0 <= first < len(found.steps):
        raise UsageError(f"{place}: first={first!r:.60} is not the number of a step, from 0 to {len(found.steps) - 1}")
    return found


def text_of(value: Any) -> str:
    """Return a value of a row that is a text. Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.60} is no text")
    return value


def to_line(row: LabelledSolution) -> str:
    """Format a row as one line of JSON."""
    more: dict[str, Any] = {"written": row.written} if row.written else {}
    if row.passages:
        more |= {"passages": [{"id": one.id, "text": one.text} for one in row.passages], "first": row.first}
    return json.dumps({"prompt": row.question, "completions": row.steps, "labels": row.labels, **more}) + "\n"


def sample_solutions(
    cases: Sequence[Case], writer: LanguageModel | Handler, n: int, seed: int
) -> list[SampledSolution]:
    """Sample ``n`` solutions of every problem by a model, or by a handler that samples with a temperature."""
    search = BestOfN(n)
    trees = [Tree(case.problem, seed) for case in cases]
    handlers = model_handlers({"reasoner": writer}, sampled(TEMPERATURE))
    for _ in run_searches(((tree, search.grow(tree, None)) for tree in trees), handlers, live=256):
        pass
    leaves = [(case, leaf) for case, tree in zip(cases, trees, strict=True) for leaf in tree if not leaf.children]
    paths = [(case, [node.step for node in leaf.path() if node.step.text.strip()]) for case, leaf in leaves]
    return [SampledSolution(case, [step.text for step in path], list(map(pack, path))) for case, path in paths if path]


def label(
    solutions: Sequence[SampledSolution], how: str, writer: LanguageModel | Handler | None = None, n: int = 8
) -> list[LabelledSolution]:
    """Label the steps of sampled solutions.

    Args:
        solutions: Sampled solutions.
        how: "exact", for lab problems, or "hard" or "soft".
        writer: Samples rollouts, for "hard" and "soft".
        n: Rollouts per prefix.

    Raises:
        UsageError: Exact labels are wanted for a problem that is not from the lab.
    """
    if how == "exact":
        return [LabelledSolution(d.case.problem.question, d.steps, exact_labels(d), d.written) for d in solutions]
    assert writer is not None
    rows = []
    prefixes = [(solution, solution.steps[: i + 1]) for solution in solutions for i in range(len(solution.steps))]
    values = iter(completion_rates(prefixes, writer, n))
    for solution in solutions:
        shares = [next(values) for _ in solution.steps]
        labels = [float(share > 0) for share in shares] if how == "hard" else shares
        rows.append(LabelledSolution(solution.case.problem.question, solution.steps, labels, solution.written))
    return rows


def exact_labels(solution: SampledSolution) -> list[float]:
    """Return the labels of the exact checker. Raises UsageError if it is not a lab problem."""
    problem = parse_problem(solution.case.problem.question)
    return [float(check_step(problem, solution.steps[:i], step).right) for i, step in enumerate(solution.steps)]


def completion_rates(
    prefixes: Sequence[tuple[SampledSolution, list[str]]], writer: LanguageModel | Handler, n: int
) -> list[float]:
    """Return for each prefix the share of ``n`` rollouts that reach the reference answer.

    Rollouts whose answers are ungraded do not count; if all are, the share is 0.
    """
    steps = model_handlers({"reasoner": writer}, sampled(TEMPERATURE))["reasoner"]
    starts = [
        Prefix(problem.question, tuple(history), seed_of(problem.id, history), solution.case.choices)
        for solution, history in prefixes
        for problem in [solution.case.problem]
    ]
    done = roll_out_prefixes(starts, steps, n)
    return [completion_rate(solution.case, one.answers, n) for (solution, _), one in zip(prefixes, done, strict=True)]


def completion_rate(case: Case, answers: Sequence[str | None], n: int) -> float:
    """Return the share of right answers among those of ``n`` rollouts that are graded; a missing one is wrong."""
    verdicts = [grade(case.reference, answer, case.choices) for answer in answers]
    return verdicts.count(Verdict.RIGHT) / max(1, n - verdicts.count(Verdict.UNGRADED))
