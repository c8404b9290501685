"""Read the finished arms of several studies, and join those on the same problems to one study.

Arms on other problems, or with other seeds, are never compared, so that no table mixes numbers of problems.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from hintree.errors import UsageError
from hintree.experiments.report.load import as_teacher, load
from hintree.experiments.report.prices import role_models
from hintree.experiments.report.results import StudyResults
from hintree.experiments.study.store import FILE, Store
from hintree.scorers import models_of
from hintree.solver.roles import scoring_role

ORDER = ("greedy", "teachers", "votes", "judges", "hints", "searches", "pool")
"""Order of the studies; an arm whose settings several studies have is named after the first."""
UNCLEAR = ("failed", "ungraded")
"""Statuses of attempts that the page lists one by one."""


class UnclearAttempt(NamedTuple):
    """An attempt of a finished arm that failed, with its reason, or is ungraded, with its answer."""

    problem: str
    arm: str
    status: str
    text: str


@dataclass(frozen=True)
class LoadedStudy:
    """A study with its finished arms, those that have a result for every problem and seed.

    Attributes:
        name: Name of its folder.
        hash: Hash of the study.
        wanted: Number of attempts of a finished arm.
        made: Number of attempts by arm, of all arms.
        helpers: Models that hint, teach or score in an arm of another reasoner, finished or not.
        problems: Keys of the problems, in order.
        results: Attempts of the finished arms; None without any.
        unclear: Their failed and ungraded attempts.
    """

    name: str
    hash: str
    wanted: int
    made: Mapping[str, int]
    helpers: frozenset[str]
    problems: tuple[str, ...]
    results: StudyResults | None
    unclear: Sequence[UnclearAttempt]


class JoinedStudy(NamedTuple):
    """The studies on the same problems that have the most finished arms, as one study.

    results: Arms named "study: arm", each once.
    names: All names of each arm, its own first.
    """

    results: StudyResults
    names: Mapping[str, Sequence[str]]


def load_studies(folder: Path) -> list[LoadedStudy]:
    """Load all studies of a folder; an arm of a helper of any study alone books its tokens as the teacher's.

    Raises:
        UsageError: There is no study, or a store is damaged.
    """
    folders = [file.parent for file in folder.glob(f"*/{FILE}")]
    if not folders:
        raise UsageError(f"--runs {folder}: no study is there; run `make gsm8k` first, or give another folder")
    ranks = {name: i for i, name in enumerate(ORDER)}
    found = [load_study(one) for one in sorted(folders, key=lambda one: (ranks.get(one.name, len(ORDER)), one.name))]
    teachers: frozenset[str] = frozenset().union(*(study.helpers for study in found))
    return [
        study if study.results is None else replace(study, results=book_teachers(study.results, teachers))
        for study in found
    ]


def load_study(folder: Path) -> LoadedStudy:
    """Load one study. Raises UsageError if its store is damaged."""
    with Store.open(folder) as store:
        arms, cases, seeds = store.arms(), store.problems(), store.study["seeds"]
        wanted = {(problem, seed) for problem in cases for seed in seeds}
        rows = list(store.results())
        counts = Counter(row.arm for row in rows if (row.problem, row.seed) in wanted)
        finished = [arm for arm in arms if counts[arm] == len(wanted)]
        unclear = [
            UnclearAttempt(
                cases[one.problem].id, one.arm, one.status, one.reason if one.status == "failed" else str(one.answer)
            )
            for one in rows
            if one.status in UNCLEAR and one.arm in finished
        ]
        return LoadedStudy(
            folder.name,
            store.meta("study_hash"),
            len(wanted),
            {arm: counts[arm] for arm in arms},
            frozenset().union(*(models_of_arm(config) - {config["reasoner"]} for config in arms.values())),
            tuple(cases),
            keep_arms(load(store, trees=False, progress=False), finished) if finished else None,
            unclear,
        )


def models_of_arm(config: Mapping[str, Any]) -> set[str]:
    """Return the models of an arm, those of its scorer too."""
    named = {model for role, model in role_models(config).items() if role != "scorer" and model}
    scorer = config["scorer"]
    return named if scorer is None or scoring_role(scorer) is not None else named | models_of(scorer)


def keep_arms(results: StudyResults, kept: Sequence[str]) -> StudyResults:
    """Return the results of some arms only; the others have no attempts."""
    arms = {arm: results.arms[arm] for arm in kept}
    attempts = {arm: made if arm in arms else {} for arm, made in results.attempts.items()}
    return replace(results, arms=arms, attempts=attempts)


def book_teachers(results: StudyResults, teachers: frozenset[str]) -> StudyResults:
    """Return the results with every arm of a teacher alone booked as such; see ``load``."""
    found = [arm for arm, c in results.arms.items() if c["teacher"] is None and c["reasoner"] in teachers]
    attempts = dict(results.attempts)
    for arm in set(found).difference(results.alone):
        attempts[arm] = {place: as_teacher(attempt) for place, attempt in attempts[arm].items()}
    return replace(results, attempts=attempts, alone=found, teacher=next(iter(found), None))


def join(studies: Sequence[LoadedStudy]) -> JoinedStudy | None:
    """Join the studies on the same problems and seeds that have the most finished arms; None without any."""
    groups: dict[Any, list[tuple[str, StudyResults]]] = {}
    for study in studies:
        if study.results is not None:
            key = (study.problems, tuple(study.results.seeds))
            groups.setdefault(key, []).append((study.name, study.results))
    if not groups:
        return None
    group = max(groups.values(), key=lambda group: sum(len(results.arms) for _, results in group))
    arms: dict[str, Any] = {}
    names: dict[str, list[str]] = {}
    attempts, alone = {}, []
    for study_name, results in group:
        for arm, config in results.arms.items():
            name = f"{study_name}: {arm}"
            if same := next((known for known, other in arms.items() if other == config), None):
                names[same].append(name)
                continue
            arms[name], names[name], attempts[name] = config, [name], results.attempts[arm]
            alone += [name] if arm in results.alone else []
    first = group[0][1]
    joined = StudyResults(
        "GSM8K", arms, next(iter(arms)), next(iter(alone), None), first.problems, first.seeds, attempts, alone
    )
    return JoinedStudy(joined, names)
