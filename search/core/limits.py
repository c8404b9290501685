"""Limits of every path of a search: its tokens, and the repetitions that make a loop."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hintree.search.core.actions import Yield, kind_of
from hintree.search.core.citations import citations_of
from hintree.search.core.endings import Rejection
from hintree.search.core.loops import period_of_steps
from hintree.search.core.questions import asked_before

if TYPE_CHECKING:
    from hintree.search.core.tree import Node

LONGEST_PATH = 256
"""Steps of the longest path where a search's paper names none: a far limit, as ``path_tokens`` is reached before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathLimits:
    """Settings that all searches share, beside a limit ``depth`` of their own.

    Attributes:
        path_tokens: Generated tokens of a path, at least 1. A path that has as many and is not finished fails
            (``Rejection.OUT_OF_TOKENS``); its last step may exceed the limit.
        repeats: Repetitions that make a loop, at least 2; 0 disables detection. A path fails (``Rejection.LOOP``) if it
            ends in the same step, or the same cycle of steps, so many times in a row. A step ends
            (``StepOutput.ended`` "loop") if its text ends in the same passage so many times in a row.
    """

    path_tokens: int = 4096
    repeats: int = 3


USUAL_LIMITS = PathLimits()
"""The limits of a tree whose search sets none."""


def is_blank(text: str) -> bool:
    """Tell whether a text holds nothing that can be read: blanks and invisible characters only."""
    return not any(char.isprintable() and not char.isspace() for char in text)


def violation(node: "Node", limits: PathLimits, *, again: bool) -> tuple[Rejection, str] | None:
    """Return why a new node fails, as a value and as a sentence; None for a sound one.

    A finished path is never too long, and its steps are no loop. A thought that looped and was cut goes on to its
    answer. A sub-question fails where its author wrote that there is nothing left to ask, and where an earlier one on
    its path asks the same.

    Args:
        node: The node, with its parent and its status.
        limits: Limits of its path.
        again: Whether the tree holds a step with the same text already.
    """
    step, parent = node.step, node.parent
    if is_blank(step.text) and step.ended == "loop" and step.answer is None:
        return Rejection.LOOP, "a loop from its beginning on"
    rest = step.ended != "length" and parent is not None and parent.step.ended == "length"
    if kind_of(node) is Yield.PASSAGES and is_blank(step.text):
        return Rejection.NO_PASSAGES, "nothing was found"
    if is_blank(step.text) and not rest and not step.thinking:  # the rest of a step that was cut may be empty
        return Rejection.EMPTY_STEP, "empty step"
    if broken := citations_of(node)[1]:
        return broken
    if node.status != "open":
        return None
    if kind_of(node) is Yield.SUB_QUESTION and step.ended == "end":
        return Rejection.NOTHING_TO_ASK, "nothing left to ask"
    if kind_of(node) is Yield.SUB_QUESTION and (earlier := asked_before(node)):
        return Rejection.ASKED_BEFORE, f"asks what step {earlier.id} asks"
    texts = [n.step.text for n in node.path()] if again and not step.cut_thought else []
    if period := period_of_steps(texts, limits.repeats):
        steps = "the same step" if period == 1 else f"the same {period} steps"
        return Rejection.LOOP, f"{steps}, {limits.repeats} times in a row"
    if node.path_tokens >= limits.path_tokens:
        return Rejection.OUT_OF_TOKENS, f"{node.path_tokens} tokens without an end"
    return None
