"""All attempts of a study, by arm, problem and seed, and as columns of numbers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from hintree.experiments.report.prices import Prices, role_models
from hintree.experiments.report.trial import TrialRecord
from hintree.statistics.bootstrap import Floats

TrialFigure = Callable[[TrialRecord], float]


@dataclass(frozen=True)
class ProblemFacts:
    """Facts about a problem that a report uses; family is "" and steps None where unknown.

    Attributes:
        id: The problem's id.
        family: Family or subject.
        steps: Steps of the gold solution.
        reference: Reference answer.
        twin_of: Id of the problem that it is a variant of; "" for none.
        variant: Kind of variant, such as "distractor"; "" where unknown.
    """

    id: str
    family: str
    steps: int | None
    reference: str = ""
    twin_of: str = ""
    variant: str = ""


@dataclass(frozen=True)
class StudyResults:
    """All attempts of a study.

    Attributes:
        name: Name of the study.
        arms: Configuration of each arm that has an attempt, in order.
        baseline: Arm that the others are compared with.
        teacher: Arm of the teacher alone; None if there is none.
        problems: Facts about each problem, in order.
        seeds: Seeds in order.
        attempts: Attempts by arm (of every arm), then by position of problem and seed.
        alone: Arms of the teacher alone; their ledgers book the reasoner's usage as the teacher's.
        prices: Prices of models; None if the report shows no money.
    """

    name: str
    arms: Mapping[str, Mapping[str, Any]]
    baseline: str
    teacher: str | None
    problems: Sequence[ProblemFacts]
    seeds: Sequence[int]
    attempts: Mapping[str, Mapping[tuple[int, int], TrialRecord]]
    alone: Sequence[str] = ()
    prices: Prices | None = None

    def models(self, arm: str) -> dict[str, str | None]:
        """Return the model of each role of an arm as its ledgers book it; None for an absent role."""
        models = role_models(self.arms[arm])
        swapped = {"reasoner": models["teacher"], "teacher": models["reasoner"]}
        return models | swapped if arm in self.alone else models

    @property
    def teacher_model(self) -> str | None:
        """Return the model of the teacher alone; None if no attempt of such an arm was made."""
        teacher = self.teacher
        return None if teacher is None or teacher not in self.arms else self.models(teacher)["teacher"]

    def column(self, arm: str, figure: TrialFigure) -> Floats:
        """Return a figure of all attempts of an arm, 0 where there is none; shape [problems, seeds]."""
        values = np.zeros((len(self.problems), len(self.seeds)))
        for place, attempt in self.attempts[arm].items():
            values[place] = figure(attempt)
        return values

    def made(self, arm: str) -> Floats:
        """Return 1 where an attempt was made, else 0; shape [problems, seeds]."""
        return self.column(arm, lambda attempt: 1.0)

    def graded(self, arm: str) -> Floats:
        """1 where an attempt was made and is not ungraded."""
        return self.column(arm, lambda attempt: float(not attempt.ungraded))

    def of(self, arm: str) -> Iterator[tuple[int, TrialRecord]]:
        """Return the attempts of an arm that did not fail, with the position of their problem, in order."""
        for (problem, _), attempt in sorted(self.attempts[arm].items(), key=lambda item: item[0]):
            if not attempt.failed:
                yield problem, attempt

    def parts(self, name: Literal["family", "steps"]) -> list[tuple[str | int, list[int]]]:
        """Return the positions of problems by family or by number of steps, sorted."""
        values = [problem.family or None if name == "family" else problem.steps for problem in self.problems]
        found: dict[str | int, list[int]] = {}
        for i, value in enumerate(values):
            if value is not None:
                found.setdefault(value, []).append(i)
        return sorted(found.items())
