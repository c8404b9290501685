"""Citations: the spans of a step that quote or name a retrieved passage, and what is wrong with them.

A citation is the id of a passage in brackets, ``[p7]``, or a quotation with the id behind or before it, as in
``"a dozen is 12" [p7]``. A quotation stands in its passage character for character. Brackets without a quotation before
them count as a citation if they hold an id of a passage on the path, or what has the form of one: the same kinds of
characters in the same order. They may hold several ids, divided by commas.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hintree.search.core.actions import Passage, Yield, kind_of
from hintree.search.core.endings import Rejection

if TYPE_CHECKING:
    from hintree.search.core.tree import Node

MARK = re.compile(r"\[([^\[\]\n]{1,240})\]")
QUOTED = re.compile(r'"([^"]{1,4000})"|“([^“”]{1,4000})”|«([^«»]{1,4000})»|„([^„“”]{1,4000})[“”]|「([^「」]{1,4000})」')
"""Matches a quotation; the groups hold what stands inside its marks, for one pair of marks each."""
BEHIND = re.compile(r"[\s,;:(]{0,4}(?:(?:see|cf\.|from) )?")
"""Matches what may stand between a quotation and the id behind it."""
BEFORE = re.compile(r"[\s,;:).]{0,4}(?:\w{1,20}[\s,:]{1,3}){0,2}")
"""Matches what may stand between an id and its quotation, where that has no id behind it: "[p7] says that"."""
FORMS = ((re.compile(r"[^\W\d_]+"), "a"), (re.compile(r"\d+"), "0"))
"""Kinds of characters of an id's form."""
Broken = tuple[Rejection, str]
Span = tuple[int, int]
"""First character, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A part of a step that cites a passage.

    Attributes:
        id: Id of the passage.
        start, end: Characters of the step's text: of the quotation inside its marks, else of the id in its brackets.
        at: First character of the quotation in the passage; None for an id without a quotation.
    """

    id: str
    start: int
    end: int
    at: int | None = None


def citations_of(node: "Node") -> tuple[tuple[Citation, ...], Broken | None]:
    """Return the sound citations of a node, and the first fault: an unknown id, or a quotation that is not literal.

    Beside parts of the solution, notes on passages and new wordings of the question are read, too.
    """
    kind = kind_of(node)
    if "[" not in node.step.text or not (kind.in_solution or kind in (Yield.NOTES, Yield.QUESTION)):
        return (), None
    known = {one.id: one for above in node.path() for one in above.passages}
    return read_citations(node.step.text, known) if known else ((), None)


def read_citations(text: str, passages: Mapping[str, Passage]) -> tuple[tuple[Citation, ...], Broken | None]:
    """Return the sound citations in a text in order, and its first fault, None without one.

    Args:
        text: Text of a step.
        passages: The passages on its path by id, at least one.
    """
    found: list[Citation] = []
    broken: Broken | None = None
    forms = {form_of(name) for name in passages}
    for mark, behind, before in quoted_marks(text):
        names, quote = names_in(mark, passages), behind or before
        if not behind and not any(name in passages or form_of(name) in forms for name, _, _ in names):
            continue  # an interval, or words of the step's own
        for name, start, end in names:
            if name not in passages:
                broken = broken or (Rejection.UNKNOWN_SOURCE, f"cites {name!r}, which was not looked up")
            elif quote is None:
                found.append(Citation(name, start, end))
            elif (at := passages[name].text.find(text[slice(*quote)])) < 0:
                broken = broken or (Rejection.MISQUOTED, f"quotes what does not stand in {name!r}")
            else:
                found.append(Citation(name, *quote, at))
    return tuple(found), broken


def quoted_marks(text: str) -> list[tuple[re.Match[str], Span | None, Span | None]]:
    """Return the brackets of a text, each with the quotation that it is behind, and the one that it is before."""
    quotes = [quote.span(quote.lastindex or 0) for quote in QUOTED.finditer(text)]
    starts = [start for start, _ in quotes]
    near: list[tuple[re.Match[str], Span | None, Span | None]] = []
    for mark in MARK.finditer(text):  # only the quotations next to the brackets can be theirs
        left, right = bisect_right(starts, mark.start()) - 1, bisect_left(starts, mark.end())
        last = quotes[left] if left >= 0 else None
        following = quotes[right] if right < len(quotes) else None
        if last and mark.start() < last[1]:
            continue  # inside a quotation
        behind = last if last and BEHIND.fullmatch(text, last[1] + 1, mark.start()) else None
        before = following if following and BEFORE.fullmatch(text, mark.end(), following[0] - 1) else None
        near.append((mark, behind, before))
    taken = {behind for _, behind, _ in near}
    return [(mark, behind, None if before in taken else before) for mark, behind, before in near]


def names_in(mark: re.Match[str], passages: Mapping[str, Passage]) -> list[tuple[str, int, int]]:
    """Return the ids in brackets, each with the first and last character that it is linked from.

    A single id is linked with its brackets.
    """
    if mark[1].strip() in passages or not re.search("[,;]", mark[1]):
        return [(mark[1].strip(), mark.start(), mark.end())]
    parts = re.finditer(r"[^,;\s](?:[^,;]*[^,;\s])?", mark[1])
    return [(part[0], mark.start(1) + part.start(), mark.start(1) + part.end()) for part in parts]


def source_of(node: "Node", citation: Citation) -> "Node":
    """Return the node on the path that looked up the passage of a sound citation; the last of several."""
    return next(above for above in reversed(node.path()) if any(one.id == citation.id for one in above.passages))


def form_of(name: str) -> str:
    """Return the form of an id: letters and digits by their kind."""
    for pattern, kind in FORMS:
        name = pattern.sub(kind, name)
    return name


def passages_of(path: Sequence["Node"]) -> list[Passage]:
    """Return the passages that were looked up on a path, each id once, in order."""
    return list({one.id: one for node in path for one in node.passages}.values())
