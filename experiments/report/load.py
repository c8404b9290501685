"""Load a report's results from a study's store; trees are read one at a time and forgotten."""

from collections.abc import Mapping
from typing import Any

from tqdm import tqdm

from hintree.errors import UsageError
from hintree.experiments.report.extract import extract_record
from hintree.experiments.report.prices import Prices
from hintree.experiments.report.results import ProblemFacts, StudyResults
from hintree.experiments.report.trial import TrialRecord
from hintree.experiments.study.store import Result, Store, StoredCase
from hintree.experiments.study.upgrade import SELECTION
from hintree.grade import Verdict
from hintree.lab.parse import parse_problem as read_question
from hintree.lab.problem import LabProblem
from hintree.presets.settings import with_tuples
from hintree.search.core.ledger import Ledger
from hintree.search.selection import Selection

PARTS = {"reasoner", "teacher", "search", "selection", "budget"}
"""Parts of an arm that reports read."""


def load(
    store: Store,
    baseline: str | None = None,
    teacher: str | None = None,
    *,
    trees: bool = True,
    progress: bool = True,
    prices: Prices | None = None,
) -> StudyResults:
    """Load the results of a study for a report.

    Args:
        store: The study's store.
        baseline: Arm that others are compared with; None for the study's own.
        teacher: Arm of the teacher alone; None for the first whose reasoner is the teacher of another arm.
        trees: False to load only answer, correctness and cost of each attempt, which takes seconds.
        progress: Show a progress bar on standard error.
        prices: Prices of models, for reports that show money.

    Raises:
        UsageError: There is no such arm, or no result yet; the store is damaged.
    """
    arms, cases, results = store.arms(), store.problems(), list(store.results())
    if not results:
        raise UsageError(f"{store.path}: the study has no results yet; go on with `hintree run --resume`")
    for arm, config in arms.items():
        if missing := PARTS.difference(config):
            raise UsageError(f"{store.path}: arm {arm!r} has no {min(missing)}, so it cannot be reported")
    baseline = baseline or store.study["baseline"]
    for option, name in (("--baseline", baseline), ("--teacher", teacher)):
        if name is not None:
            check_arm(arms, option, name)
    if teacher and arms[teacher]["teacher"]:
        raise UsageError(
            f"--teacher {teacher!r}: this arm has a teacher of its own; name one that is the teacher alone"
        )
    teachers = list(dict.fromkeys([*([teacher] if teacher else []), *alone(arms)]))
    seeds = sorted({*store.study["seeds"], *(result.seed for result in results)})
    places = {key: i for i, key in enumerate(cases)}
    truth = exact_truth(store.study, cases) if trees else {}
    verdicts = verdicts_by_problem(store) if trees else {}
    attempts: dict[str, dict[tuple[int, int], TrialRecord]] = {name: {} for name in arms}
    for result in tqdm(results, desc="reading", unit="tree", disable=not progress, delay=2):
        if trees:
            known = verdicts.get(result.problem, {})
            attempt = read(store, result, cases[result.problem], truth, arms[result.arm], known)
        else:
            attempt = TrialRecord(result.right, result.status == "failed", result.ledger, answer=result.answer)
        attempt = attempt._replace(ungraded=result.status == "ungraded", abstained=result.status == "abstained")
        place = (places[result.problem], seeds.index(result.seed))
        attempts[result.arm][place] = as_teacher(attempt) if result.arm in teachers else attempt
    problems = [
        ProblemFacts(case.id, case.family or "", case.steps, case.reference, case.twin_of, case.variant)
        for case in cases.values()
    ]
    attempted = {name: config for name, config in arms.items() if attempts[name]}
    names: tuple[str, str | None] = (str(baseline), next(iter(teachers), None))
    return StudyResults(store.study["name"], attempted, *names, problems, seeds, attempts, teachers, prices)


def check_arm(arms: Mapping[str, Any], option: str, name: str) -> None:
    """Raise UsageError unless the study has an arm of this name."""
    if name not in arms:
        raise UsageError(f"{option} {name!r} is not an arm of this study; its arms are {', '.join(arms)}")


def verdicts_by_problem(store: Store) -> dict[str, dict[str, Verdict]]:
    """Return the stored verdicts by problem and answer."""
    found: dict[str, dict[str, Verdict]] = {}
    for stored in store.verdicts().values():
        found.setdefault(stored.problem, {})[stored.answer] = stored.verdict
    return found


def read(
    store: Store,
    result: Result,
    case: StoredCase,
    truth: Mapping[str, LabProblem],
    config: Mapping[str, Any],
    known: Mapping[str, Verdict],
) -> TrialRecord:
    """Read one attempt from the store; the verdict of its result counts for its answer wherever a tree states it."""
    if result.status == "failed":
        return TrialRecord(ledger=result.ledger)
    verdict = Verdict.UNGRADED if result.status == "ungraded" else Verdict.of(result.right)
    return extract_record(
        store.tree(result.arm, result.problem, result.seed),
        result.ledger,
        result.answer,
        result.right,
        case.reference,
        selection_of_arm(config),
        truth.get(result.problem),
        choices=case.choices,
        known={**known, **({} if result.answer is None else {result.answer: verdict})},
    )


def selection_of_arm(config: Mapping[str, Any]) -> Selection:
    """Return the selection of an arm; a stored one may leave out its choice, which is then the best trajectory."""
    return Selection(**with_tuples({name: x for name, x in config["selection"].items() if name in SELECTION}))


def exact_truth(study: Mapping[str, Any], cases: Mapping[str, StoredCase]) -> dict[str, LabProblem]:
    """Return the lab problems of a study by key, parsed from their questions; {} for problems of other sources."""
    lab = str(study["problems"]).startswith("lab:")
    return {key: read_question(case.question) for key, case in cases.items()} if lab else {}


def alone(arms: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the arms without a teacher whose reasoner is the teacher of another arm."""
    teachers = {config["teacher"] for config in arms.values()} - {None}
    return [name for name, config in arms.items() if config["teacher"] is None and config["reasoner"] in teachers]


def as_teacher(attempt: TrialRecord) -> TrialRecord:
    """Return the attempt with its reasoner's usage booked as the teacher's, as both are the same model."""
    accounts = attempt.ledger.accounts
    swapped = accounts | {"reasoner": accounts["teacher"], "teacher": accounts["reasoner"]}
    return attempt._replace(
        ledger=Ledger(swapped, attempt.ledger.actions),
        tokens={"teacher": sum(attempt.tokens.values())},
        steps={"teacher": sum(attempt.steps.values())},
    )
