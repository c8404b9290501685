"""Citations: the spans of a step that quote or name a retrieved passage, and what is wrong with them.

A citation is the id of a passage in brackets, ``[p7]``, or a quotation with the id after it, ``"a dozen is 12" [p7]``.
A quotation stands in its passage character for character. Brackets without a quotation count as a citation if they hold
an id of a passage on the path, or what has the form of one: the same kinds of characters in the same order.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hintree.search.core.actions import Passage, kind_of
from hintree.search.core.endings import Rejection

if TYPE_CHECKING:
    from hintree.search.core.tree import Node

MARK = re.compile(r"\[([^\[\]\n]{1,120})\]")
QUOTED = re.compile(r"[\"“«„]([^\"“”«»„\n]{1,1000})[\"”»“]\s{0,3}\Z")
LONGEST_QUOTE = 1010
"""Characters before a mark in which its quotation stands."""
FORMS = ((re.compile(r"[^\W\d_]+"), "a"), (re.compile(r"\d+"), "0"))
"""Kinds of characters of an id's form."""
Broken = tuple[Rejection, str]


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
    """Return the sound citations of a node, and the first fault: an unknown id, or a quotation that is not literal."""
    if "[" not in node.step.text or not kind_of(node).in_solution:
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
    for mark in MARK.finditer(text):
        name = mark[1].strip()
        start = max(0, mark.start() - LONGEST_QUOTE)
        quote = QUOTED.search(text[start : mark.start()])
        if name not in passages:
            if quote or form_of(name) in forms:
                broken = broken or (Rejection.UNKNOWN_SOURCE, f"cites {name!r}, which was not looked up")
        elif quote is None:
            found.append(Citation(name, mark.start(), mark.end()))
        elif (at := passages[name].text.find(quote[1])) < 0:
            broken = broken or (Rejection.MISQUOTED, f"quotes what does not stand in {name!r}")
        else:
            found.append(Citation(name, start + quote.start(1), start + quote.end(1), at))
    return tuple(found), broken


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
