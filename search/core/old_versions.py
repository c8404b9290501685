"""Trees and recordings of older versions: the only place where facts are read out of sentences.

Up to version 3 of the tree's JSON, and in recordings made before version 4, a hint's kind was its label, and why a node
was rejected stood only in ``reason``.
"""

import re
from collections.abc import Mapping
from typing import Any

from hintree.search.core.endings import Rejection
from hintree.search.core.hints import LABELS, Hint, HintKind

REASONS = (
    (r"empty step", Rejection.EMPTY_STEP),
    (r"repeated step", Rejection.REPEATED_STEP),
    (r"the same (step|\d+ steps), \d+ times in a row|a loop from its beginning on", Rejection.LOOP),
    (r"\d+ tokens without an end", Rejection.OUT_OF_TOKENS),
    (r"score .* is not a number in \[0, 1\]", Rejection.INVALID_SCORE),
    (r"no score: .*", Rejection.NO_SCORE),
    (r"nothing fits after it: .*", Rejection.CONTEXT_FULL),
    (r"longer than \d+ steps", Rejection.TOO_LONG),
    (r"no way on from here", Rejection.DEAD_END),
    (r"same as step \d+", Rejection.DUPLICATE),
    (r"not among the best|not the best of (its subtree|the samples)", Rejection.OUTRANKED),
    (r"not drawn again", Rejection.NOT_RESAMPLED),
    (r"steps \d+ and \d+ agree", Rejection.SUPERSEDED),
    (r"\d+ beams have ended", Rejection.SEARCH_ENDED),
    (r"after step \d+, which is rejected", Rejection.ANCESTOR_REJECTED),
    (r"(.*; )?rewritten as step \d+", Rejection.REWRITTEN),
    (r"not better than step \d+", Rejection.NOT_BETTER),
    (r"the critique finds nothing wrong", Rejection.NOTHING_WRONG),
    (r"asks what (step \d+ asks|the problem asks)", Rejection.ASKED_BEFORE),
    (r"nothing left to ask", Rejection.NOTHING_TO_ASK),
    (r"a vote: .*|completes the solution from \d+% of its words", Rejection.VOTE),
    (r"nothing was found", Rejection.NO_PASSAGES),
    (r"look-up failed: .*", Rejection.LOOK_UP_FAILED),
    (r"cites .*, which was not looked up", Rejection.UNKNOWN_SOURCE),
    (r"quotes what does not stand in .*", Rejection.MISQUOTED),
)
"""Sentences of versions 1 to 3, as patterns, with what they say; kinds that came later are among them."""
DUPLICATE = re.compile(r"same as step (\d{1,18})")
REPLACED = re.compile(r"rewritten as step (\d{1,18})$")


def upgrade_row(row: Mapping[str, Any], version: int) -> dict[str, Any]:
    """Return a node's row of version 1, 2 or 3 as one of version 4.

    Raises:
        KeyError: A field of that version is missing.
        TypeError: A hint or a reason is not a text.
    """
    reason, status, hint = row["reason"], row["status"], read_hint(row["hint"])
    because = next((kind for pattern, kind in REASONS if re.fullmatch(pattern, reason, re.DOTALL)), None)
    duplicate = DUPLICATE.fullmatch(reason) if status == "pruned" else None
    replaced = REPLACED.search(reason) if status == "rejected" else None
    return {
        **row,
        "index": row["index"] if version > 1 else 0,
        "hint": hint.text if hint else None,
        "hint_kind": hint.kind.value if hint else None,
        "rejected_because": because.value if because else None,
        "duplicate_of": int(duplicate[1]) if duplicate else None,
        "replaced_by": int(replaced[1]) if replaced else None,
    }


def read_hint(line: str | None) -> Hint | None:
    """Return the hint that an old file holds as one line, with its kind as a label."""
    if line is None:
        return None
    for kind in (HintKind.PLAN, HintKind.STRATEGY):
        if line.startswith(LABELS[kind]):
            return Hint(line.removeprefix(LABELS[kind]), kind)
    return Hint(line)
