"""Goals that new models must reach before they replace the shipped ones."""

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

from hintree.models import EMBEDDED
from hintree.training.finish import RECORD

MOST_BYTES = 30_000_000


class ModelGoal(NamedTuple):
    """A figure with the range that it must lie in, both ends included."""

    name: str
    value: float
    least: float = -math.inf
    most: float = math.inf

    @property
    def met(self) -> bool:
        """Return whether the figure lies in its range."""
        return self.least <= self.value <= self.most

    def __str__(self) -> str:
        """Write the goal in one line."""
        bounds = [f"at least {self.least:g}"] * (self.least > -math.inf) + [f"at most {self.most:g}"] * (
            self.most < math.inf
        )
        return f"{'met ' if self.met else 'open'}  {self.name}: {self.value:g}, wanted {' and '.join(bounds)}"


def size_goals(folder: Path) -> list[ModelGoal]:
    """Return the goals on sizes: of one another, and of all files together."""
    records = {name: json.loads((folder / name / RECORD).read_text()) for name in EMBEDDED}
    weights = {name: record["parameters"] for name, record in records.items()}
    stored = sum(file.stat().st_size for name in EMBEDDED for file in (folder / name).iterdir())
    largest = max(weights["student"], weights["student-2"], weights["student-3"])
    return [
        ModelGoal("weights of the teacher, in those of the largest student", weights["teacher"] / largest, least=10),
        ModelGoal("weights of the hinter, in those of the student", weights["hinter"] / weights["student"], most=1),
        ModelGoal("weights of the PRM, in those of the teacher", weights["prm"] / weights["teacher"], most=1),
        ModelGoal(
            "weights of the small PRM, in those of the student", weights["prm-small"] / weights["student"], most=1.5
        ),
        ModelGoal("bytes of all models", stored, most=MOST_BYTES),
    ]


def figure_goals(figures: dict[str, Any], forms: dict[str, Any]) -> list[ModelGoal]:
    """Return the goals on accuracy, hints, PRMs and corrections.

    Args:
        figures: Result of ``evaluate``.
        forms: Result of ``form_figures`` for the student.
    """
    arms, prm = figures["arms"], figures["prm"]
    return [
        ModelGoal("share of problems that the teacher solves", arms["teacher"]["all"]["value"], least=0.95),
        ModelGoal("share that the student solves", arms["student"]["all"]["value"], least=0.35, most=0.65),
        ModelGoal("gain from hints, low end", figures["gain over the student"]["student, hinter"]["low"], least=0.1),
        ModelGoal("leaks among the hints that reached the student", figures["hints"]["leaks"], most=0),
        ModelGoal("AUC of the PRM", prm["auc, prm"]["value"], least=0.97),
        ModelGoal("first-error F1 of the PRM", prm["f1, prm"]["value"], least=0.85),
        ModelGoal(
            "wrong steps mended after their critique", forms["wrong step mended after its critique"]["value"], least=0.3
        ),
        ModelGoal(
            "right steps kept after their critique", forms["right step kept after its critique"]["value"], least=0.95
        ),
        ModelGoal("right steps under a hint after a failed step", forms["step under such a hint"]["value"], least=0.3),
    ]
