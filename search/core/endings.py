"""Why a path or a whole search ended, as values; the sentences beside them are for people."""

from dataclasses import dataclass
from enum import StrEnum


class Rejection(StrEnum):
    """Why no search continues a node: it failed, was pruned, or another version of it was kept."""

    EMPTY_STEP = "empty_step"
    REPEATED_STEP = "repeated_step"  # of trees made before LOOP: the second appearance of a step failed its path
    LOOP = "loop"
    INVALID_SCORE = "invalid_score"
    NO_SCORE = "no_score"
    CONTEXT_FULL = "context_full"
    OUT_OF_TOKENS = "out_of_tokens"
    TOO_LONG = "too_long"
    DEAD_END = "dead_end"
    DUPLICATE = "duplicate"
    OUTRANKED = "outranked"
    NOT_RESAMPLED = "not_resampled"
    SUPERSEDED = "superseded"
    SEARCH_ENDED = "search_ended"
    ANCESTOR_REJECTED = "ancestor_rejected"
    REWRITTEN = "rewritten"
    NOT_BETTER = "not_better"
    NOTHING_WRONG = "nothing_wrong"  # has no text: the critique of the version that it was to replace finds nothing
    ASKED_BEFORE = "asked_before"
    NOTHING_TO_ASK = "nothing_to_ask"
    NO_PASSAGES = "no_passages"  # nothing was found
    LOOK_UP_FAILED = "look_up_failed"
    UNKNOWN_SOURCE = "unknown_source"
    MISQUOTED = "misquoted"
    VOTE = "vote"  # a sample or a completion that only counts as a vote


class StopKind(StrEnum):
    """Kind of a search's end: its own, a limit of the budget, an error, or cancellation by its caller."""

    COMPLETE = "complete"
    BUDGET = "budget"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class StopReason:
    """Why a search ended.

    Attributes:
        kind: How it ended.
        detail: The limit that was reached (BUDGET) or the error's message (FAILED); "" for the other kinds.
    """

    kind: StopKind
    detail: str = ""

    def __str__(self) -> str:
        """Return the sentence of JSON outputs and stores: "complete", "budget: LIMIT" or "failed: MESSAGE"."""
        return f"{self.kind}: {self.detail}" if self.detail else str(self.kind)

    @property
    def failed(self) -> bool:
        """Tell whether an error ended the search."""
        return self.kind is StopKind.FAILED


COMPLETE = StopReason(StopKind.COMPLETE)
"""The search came to its own end."""
CANCELLED = StopReason(StopKind.CANCELLED)
"""The caller gave the search up."""


def failed(detail: str) -> StopReason:
    """Return the reason of a search that an error ended."""
    return StopReason(StopKind.FAILED, detail)


def out_of_budget(limit: str) -> StopReason:
    """Return the reason of a search that reached a limit, such as "teacher_tokens"."""
    return StopReason(StopKind.BUDGET, limit)
