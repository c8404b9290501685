"""Events of a growing tree, from which a viewer replays the search without showing what was still to come."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, get_args

from hintree.errors import UsageError

EventKind = Literal["request", "step", "score", "status"]


class Event(NamedTuple):
    """One event of a search.

    kind: "request" (one or more were sent), "step" (a step was added), "score" or "status" (one of a step changed).
    node: Id of the step; of requests the id of the step that the first one is about.
    more: Role and number of requests; status and reason; () for the other kinds.
    """

    kind: EventKind
    node: int
    more: tuple[str, str | int] | tuple[()] = ()


def events_to_list(events: Sequence[Event]) -> list[list[Any]]:
    """Return plain data for JSON: kind, node and more of each event."""
    return [[event.kind, event.node, list(event.more)] for event in events]


def events_from_list(rows: Any, size: int) -> list[Event]:
    """Return the events of ``events_to_list``'s data for a tree of ``size`` nodes.

    Raises:
        UsageError: The data is not a list of such events.
    """
    if not isinstance(rows, list):
        raise UsageError("events must be a list")
    return [read_event(row, size) for row in rows]


def read_event(row: Any, size: int) -> Event:
    """Return one event. Raises UsageError if it is none."""
    if isinstance(row, list) and len(row) == 3 and row[0] in get_args(EventKind) and isinstance(row[2], list):
        kind, node, more = row
        second = {"request": int, "status": str}.get(kind)
        fits = more == [] if second is None else [type(part) for part in more] == [str, second]
        if type(node) is int and 0 <= node < size and fits:
            return Event(kind, node, tuple(more))
    raise UsageError(f"events: {str(row)[:60]!r} is no event of this tree")
