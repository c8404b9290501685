"""Citations: the spans of a step that quote or name a retrieved passage, and what is wrong with them.

A citation is the id of a passage in brackets, ``[p7]``, or a quotation with the id behind or before it, as in
``"a dozen is 12" [p7]``. A quotation stands in its passage character for character. Brackets without a quotation before
them count as a citation if they hold an id of a passage on the path, or what has the form of one: the same kinds of
characters in the same order. Bare numbers have not, as [0, 1] is an interval. Brackets may hold several ids, divided by
commas.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hintree.search.core.actions import Passage, Yield, kind_of
from hintree.search.core.endings import Rejection
from hintree.search.core.quotations import Quotations, Span

if TYPE_CHECKING:
    from hintree.search.core.tree import Node

MARK = re.compile(r"\[([^\[\]\n]{1,240})\]")
BEHIND = re.compile(
    r"[*_\s,;:\u2013\u2014-]{0,6}(?:\((?:[\w.]{1,20}[\s,:]{1,3}){0,3}"
    r"|(?:(?:see|cf\.|from|in|by|source|passage|document|according to)[\s:]{1,2}){0,2})"
)
"""Matches what may stand between a quotation and the id behind it, such as "(passage" or a dash."""
BEFORE = re.compile(r"[*_\s,;:).\u2013\u2014-]{0,6}(?:\w{1,20}[\s,:]{1,3}){0,2}")
"""Matches what may stand between an id and its quotation, where that has no id behind it: "[p7] says that"."""
NUMBERS = frozenset({"0", "-0", "0.0"})
"""Forms of bare numbers."""
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
    forms = {form_of(name) for name in passages} - NUMBERS
    for mark, behind, before in quoted_marks(text):
        names, quote = names_in(mark, passages), behind or before
        named = [name in passages or form_of(name) in forms for name, _, _ in names]
        numbers = all(form_of(name) in NUMBERS for name, _, _ in names)
        if not behind and not (all(named) if numbers else any(named)):
            continue  # an interval, or words of the step's own
        for name, start, end in names:
            if name not in passages:
                broken = broken or (Rejection.UNKNOWN_SOURCE, f"cites {name!r}, which was not looked up")
            elif quote is None:
                found.append(Citation(name, start, end))
            elif (at := passages[name].text.find(text[slice(*quote)])) < 0 or quote[0] == quote[1]:
                broken = broken or (Rejection.MISQUOTED, f"quotes what does not stand in {name!r}")
            else:
                found.append(Citation(name, *quote, at))
    return tuple(found), broken


def quoted_marks(text: str) -> list[tuple[re.Match[str], Span | None, Span | None]]:
    """Return the brackets of a text, each with the quotation that it is behind, and the one that it is before."""
    quotes, near = Quotations(text), []
    for mark in MARK.finditer(text):  # only the quotations next to the brackets can be theirs
        last, following = quotes.before(mark.start()), quotes.after(mark.end())
        if quotes.around(mark.start()):
            continue
        behind = last.inside if last and BEHIND.fullmatch(text, last.whole[1], mark.start()) else None
        before = following.inside if following and BEFORE.fullmatch(text, mark.end(), following.whole[0]) else None
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
