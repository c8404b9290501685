"""Hints: guidance that a step is written under, and how far it reaches."""

from dataclasses import dataclass
from enum import StrEnum


class HintKind(StrEnum):
    """Reach of a hint: the steps that it guides.

    STEP: the next step only (HintMR, arXiv 2604.12229, and most presets).
    PLAN: the whole solution; the hint stands at the first step.
    STRATEGY: the whole solution, picked from a pool (SSR, arXiv 2505.15340); it stands at the first step too.
    """

    STEP = "step"
    PLAN = "plan"
    STRATEGY = "strategy"


PLAN_LABEL = "Plan:"
STRATEGY_LABEL = "Strategy:"
LABELS = {HintKind.STEP: "", HintKind.PLAN: f"{PLAN_LABEL} ", HintKind.STRATEGY: f"{STRATEGY_LABEL} "}
"""Text that introduces a hint of each kind in prompts, views and the keys of recordings."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A hint as its author gave it.

    Attributes:
        text: Without a label.
        kind: How many steps it guides.
    """

    text: str
    kind: HintKind = HintKind.STEP

    def __str__(self) -> str:
        """Return the text with the label of its kind, as models and people read it."""
        return LABELS[self.kind] + self.text

    @property
    def lasting(self) -> bool:
        """Tell whether the hint guides all steps of a path, whoever writes them."""
        return self.kind is not HintKind.STEP
