"""Faults: what is suspected of a step, and the critique of it that a correction is written after."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Suspected error of a step, from a scorer that can name it.

    ARITHMETIC: A computation is wrong.
    NUMBER: A number is misread, or the one that is used is unknown.
    OPERATION: The wrong operation is applied to the right numbers.
    REFERENT: The step is about another quantity than the one it needs.
    FORM: The step does not have the form of one.
    """

    ARITHMETIC = "arithmetic"
    NUMBER = "number"
    OPERATION = "operation"
    REFERENT = "referent"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Critique:
    """A critique of a step or of a whole solution.

    Attributes:
        text: Without its label; "" where its author had nothing to say.
        tokens: Tokens that were generated for it.
    """

    text: str
    tokens: int = 0
