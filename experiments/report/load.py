"""From a study's store to the material of a report; trees are read one at a time and forgotten."""

from collections.abc import Iterator, Mapping
from typing import Any

from tqdm import tqdm

from hintree.experiments.lab.problem import LabProblem
from hintree.experiments.problems import lab_problems
from hintree.experiments.report.attempt import Attempt, examine
from hintree.experiments.report.material import Asked, Material
from hintree.experiments.store import Result, Store
from hintree.experiments.store_study import StoredCase
from hintree.search.errors import UsageError
from hintree.search.ledger import Ledger


def load(store: Store, baseline: str | None = None, teacher: str | None = None, *, progress: bool = True) -> Material:
    """All that a report needs.

    Args:
        store: The study's store.
        baseline: The arm that others are compared with; None for the study's own, or else its first.
        teacher: The arm in which the teacher works alone; None for the one whose reasoner is the other arms' teacher.
        progress: Show a progress bar on standard error.

    Raises:
        UsageError: There is no such arm, or no result yet; the store is damaged.
    """
    arms, cases, results = store.arms(), store.problems(), list(store.results())
    if not results:
        raise UsageError(f"{store.path}: the study has no results yet; go on with `hintree run --resume`")
    baseline = baseline or store.study.get("baseline") or next(iter(arms))
    for option, name in (("baseline", baseline), ("teacher", teacher)):
        if name is not None and name not in arms:
            raise UsageError(f"--{option} {name!r} is not an arm of this study; its arms are {', '.join(arms)}")
    teacher = teacher or teacher_alone(arms)
    seeds = sorted({result.seed for result in results})
    places = {key: i for i, key in enumerate(cases)}
    truth = exact_truth(store.study)
    attempts: dict[str, dict[tuple[int, int], Attempt]] = {name: {} for name in arms}
    for result in tqdm(results, desc="reading", unit="tree", disable=not progress, delay=2):
        attempt = read(store, result, cases[result.problem], truth, arms[result.arm])
        place = (places[result.problem], seeds.index(result.seed))
        attempts[result.arm][place] = as_teacher(attempt) if result.arm == teacher else attempt
    asked = [Asked(case.id, case.family or "", case.steps) for case in cases.values()]
    begun = {name: config for name, config in arms.items() if attempts[name]}
    name = str(store.study.get("name") or store.path.parent.name)
    return Material(name, begun, baseline, teacher, asked, seeds, attempts)


def read(
    store: Store, result: Result, case: StoredCase, truth: Mapping[str, LabProblem], config: Mapping[str, Any]
) -> Attempt:
    """One attempt."""
    if result.status == "failed":
        return Attempt(ledger=result.ledger)
    lab = truth.get(case.id)
    return examine(
        store.tree(result.arm, result.problem, result.seed),
        result.ledger,
        result.answer,
        result.right,
        case.reference,
        lab if lab and lab.question == case.question else None,
    )


def exact_truth(study: Mapping[str, Any]) -> dict[str, LabProblem]:
    """The lab problems of a study by id, drawn again from their sources."""
    return {problem.id: problem for source in sources(study["problems"]) for problem in lab_problems(source)}


def sources(problems: Any) -> Iterator[str]:
    """The lab sources that a study names."""
    if isinstance(problems, Mapping):
        problems = list(problems.values())
    for part in [problems] if isinstance(problems, str) else problems if isinstance(problems, list) else []:
        if not isinstance(part, str):
            yield from sources(part)
        elif part.startswith("lab:"):
            yield part


def teacher_alone(arms: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The first arm whose reasoner is the model that teaches in another arm."""
    teachers = {models(config).get("teacher") for config in arms.values()} - {None}
    return next((name for name, config in arms.items() if models(config).get("reasoner") in teachers), None)


def models(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Model by role of an arm."""
    found: Mapping[str, Any] = config.get("models") or {}
    return found


def as_teacher(attempt: Attempt) -> Attempt:
    """The attempt with what its reasoner did booked as the teacher's, whose model it is."""
    accounts = attempt.ledger.accounts
    swapped = accounts | {"reasoner": accounts["teacher"], "teacher": accounts["reasoner"]}
    return attempt._replace(
        ledger=Ledger(swapped),
        tokens={"teacher": sum(attempt.tokens.values())},
        steps={"teacher": sum(attempt.steps.values())},
    )
