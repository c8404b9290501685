"""Find the stop text or stop pattern that ends a generated text."""

import re
from functools import lru_cache
from typing import NamedTuple

from hintree.models.base import GenerationRequest


class Ending(NamedTuple):
    """Where a text ends.

    kept: Characters of the text before its end: up to a stop text, or with the match of a pattern.
    end: Characters up to the end of the stop text or match.
    stop: The stop text; "" for a pattern.
    """

    kept: int
    end: int
    stop: str


def find_ending(text: str, request: GenerationRequest, start: int = 0) -> Ending | None:
    """Return the first stop text or match of the stop pattern that ends after ``start`` characters; None if none does.

    Of several that begin at one place, the longest stop text counts. A stop text of blanks at the very beginning ends
    nothing unless the request says that the text may be blank.
    """
    found, first = [], 0 if request.may_be_blank else len(text) - len(text.lstrip())
    for stop in request.stop:
        at = text.find(stop, max(0, start - len(stop) + 1, first if stop.isspace() else 0))
        if at >= 0:
            found.append((at, -len(stop), Ending(at, at + len(stop), stop)))
    if request.stop_pattern:
        for match in compiled(request.stop_pattern).finditer(text):
            if match.end() > start and match.end() > match.start():
                found.append((match.start(), 0, Ending(match.end(), match.end(), "")))
                break
    return min(found)[2] if found else None


@lru_cache(maxsize=64)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the compiled pattern, cached."""
    return re.compile(pattern)
