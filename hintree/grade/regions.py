r"""Regions of the real line: "1 < x < 2", "(1, 2)", "\{x : 1 < x < 2\}" and "x > 1 and x < 2" are one region."""

import re
from dataclasses import dataclass
from itertools import pairwise

from hintree.grade.numbers import read_number
from hintree.grade.structure import CLOSE, PIECE, brackets, split

INFINITE = r"\infty"
SIGNS = {"<": (False, True), ">": (False, False), "\\le": (True, True), "\\ge": (True, False)}
"""Signs of order: whether the end belongs to the region, and whether the greater side is on the right."""
ABSOLUTE = re.compile(r"\| ?(?P<variable>[a-zA-Z]) ?(?:(?P<sign>[-+]) ?(?P<shift>[^|]{1,40}))?\|")
"""A distance from a point: "|x - 3|"."""
VARIABLE = re.compile(r"[a-zA-Z](?: ?_ ?\{?\w{1,4}\}?)?|\\(?:theta|alpha|beta|lambda|mu|phi)|[a-z]\([a-z]\)")
BUILDER = re.compile(
    r"(?P<variable>[a-zA-Z]) ?(?:\\in ?(?:\\mathbb ?\{?R\}?|R))? ?(?:\||:|;|such that) ?(?P<condition>.+)|.*",
    re.DOTALL,
)
MEMBER = re.compile(r"(?P<variable>[a-zA-Z]) ?\\in ?(?![a-zA-Z])(?P<region>.+)", re.DOTALL)
REALS = re.compile(
    r"(?:[a-z] ?\\in ?)?(?:\\mathbb ?\{? ?R ?\}?|\\R)|all real numbers?|all reals|any real number|all real values?",
    re.IGNORECASE,
)
BOUND = re.compile(
    r"(?P<before>at least|at most|no (?:less|fewer|more) than|more than|less than|fewer than|greater than|up to) (?P<first>[-$]?\d[^ ]{0,40})"  # noqa: E501
    r"|(?P<last>[-$]?\d[^ ]{0,40}) (?P<after>or (?:more|less|fewer|greater|above|over))",
    re.IGNORECASE,
)
WITHOUT = re.compile(r"\\mathbb ?\{? ?R ?\}? ?(?:\\setminus|\\backslash|-) ?(?P<points>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval with its ends as texts, each closed or open."""

    low: str
    high: str
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Region:
    """A union of intervals, and the variable that it is stated for, "" if none is named."""

    variable: str
    intervals: tuple[Interval, ...]


def read_region(text: str) -> Region | None:
    """Return the region that an answer is; None if it is none. A pair in brackets counts as an interval."""
    text = text.strip()
    if bound := BOUND.fullmatch(text):
        return bounded(bound)
    if REALS.fullmatch(text):
        return Region("", (Interval(f"-{INFINITE}", INFINITE, False, False),))
    opening, closing, inside = brackets(text)
    if opening in ("\\{", "{"):
        match = BUILDER.fullmatch(inside)
        return read_region(match["condition"]) if match and match["condition"] else None
    if (match := MEMBER.fullmatch(text)) and (region := read_region(match["region"])):
        return Region(match["variable"], region.intervals)
    if match := WITHOUT.fullmatch(text):
        _, _, points = brackets(match["points"])
        return Region("", around(split(points)))
    parts = split_words(text, ("\\cup", "or"))
    if len(parts) > 1:
        regions = [read_region(part) for part in parts]
        return united([region for region in regions if region]) if all(regions) else None
    if opening:
        ends = split(inside)
        return Region("", (Interval(ends[0], ends[1], opening == "[", closing == "]"),)) if len(ends) == 2 else None
    parts = split_words(text, ("and", "\\cap", ","))
    if len(parts) == 2:
        left, right = map(read_relation, parts)
        return met(left, right) if left and right else None
    return read_relation(text)


def bounded(match: re.Match[str]) -> Region:
    """Return the region of "at least 5" or "5 or more"."""
    words = (match["before"] or match["after"]).lower()
    end = match["first"] or match["last"]
    closed = not words.endswith("than") or words.startswith("no")
    upper = words in ("at most", "or less", "or fewer", "no more than", "less than", "fewer than", "up to")
    interval = Interval(f"-{INFINITE}", end, False, closed) if upper else Interval(end, INFINITE, closed, False)
    return Region("", (interval,))


def read_relation(text: str) -> Region | None:
    """Return the region of one chain of relations."""
    sides, signs = relation(text)
    if not signs or not all(sides):
        return None
    if signs == ["\\ne"] and VARIABLE.fullmatch(sides[0]):
        return Region(sides[0], around([sides[1]]))
    if len(signs) == 1 and signs[0] in SIGNS and (region := read_distance(sides[0], sides[1], signs[0])):
        return region
    if any(sign not in SIGNS for sign in signs) or len({SIGNS[sign][1] for sign in signs}) > 1:
        return None
    if not SIGNS[signs[0]][1]:
        sides, signs = (
            sides[::-1],
            [sign.translate(str.maketrans("><", "<>")).replace("\\ge", "\\le") for sign in signs[::-1]],
        )
    middle = {2: 0 if VARIABLE.fullmatch(sides[0]) else 1, 3: 1}.get(len(sides))
    if middle is None or not VARIABLE.fullmatch(sides[middle]):
        return None
    closed = [SIGNS[sign][0] for sign in signs]
    low, high = (sides[0] if middle else f"-{INFINITE}"), (sides[-1] if middle < len(sides) - 1 else INFINITE)
    return Region(
        sides[middle],
        (Interval(low, high, bool(middle) and closed[0], middle < len(sides) - 1 and closed[-1]),),
    )


def read_distance(left: str, right: str, sign: str) -> Region | None:
    """Return the region of "|x - 3| < 2" or "2 > |x - 3|"; None if neither side is a distance."""
    closed, below = SIGNS[sign]
    match, radius = ABSOLUTE.fullmatch(left), right
    if match is None:
        match, radius, below = ABSOLUTE.fullmatch(right), left, not below
    if match is None:
        return None
    centre = (("" if match["sign"] == "-" else "-") + match["shift"].strip()) if match["sign"] else "0"
    middle, width = read_number(centre), read_number(radius)
    if middle is not None and width is not None:
        low, high = str(middle - width), str(middle + width)
    else:
        before = "" if centre == "0" else centre
        low, high = f"{before}-({radius})", f"{before}+({radius})" if before else radius
    if below:
        return Region(match["variable"], (Interval(low, high, closed, closed),))
    ends = (Interval(f"-{INFINITE}", low, False, closed), Interval(high, INFINITE, closed, False))
    return Region(match["variable"], ends)


def relation(text: str) -> tuple[list[str], list[str]]:
    """Return the sides of a chain of relations and the signs between them."""
    sides, signs = [""], []
    depth = 0
    for piece in PIECE.finditer(text):
        part = piece[0]
        depth += (part in CLOSE) - (part in CLOSE.values())
        if depth == 0 and part in (*SIGNS, "\\ne", "="):
            signs.append(part)
            sides.append("")
        else:
            sides[-1] += part
    return [side.strip() for side in sides], signs


def split_words(text: str, words: tuple[str, ...]) -> list[str]:
    """Return the parts of a text between words outside brackets."""
    parts, depth = [""], 0
    for piece in PIECE.finditer(text):
        part = piece[0]
        depth += (part in CLOSE) - (part in CLOSE.values())
        if depth == 0 and part in words:
            parts.append("")
        else:
            parts[-1] += part
    return [part.strip() for part in parts]


def around(points: list[str]) -> tuple[Interval, ...]:
    """Return the intervals of all reals but some points, which are in ascending order."""
    ends = [f"-{INFINITE}", *points, INFINITE]
    return tuple(Interval(low, high, False, False) for low, high in pairwise(ends))


def united(regions: list[Region]) -> Region | None:
    """Return the union of regions of one variable."""
    names = {region.variable for region in regions} - {""}
    intervals = tuple(interval for region in regions for interval in region.intervals)
    return Region("".join(names), intervals) if len(names) < 2 else None


def met(left: Region, right: Region) -> Region | None:
    """Return the common part of a region that is bounded below and one that is bounded above."""
    if left.variable != right.variable or len(left.intervals) != 1 or len(right.intervals) != 1:
        return None
    (a,), (b,) = left.intervals, right.intervals
    if a.low == f"-{INFINITE}":
        a, b = b, a
    if a.high != INFINITE or b.low != f"-{INFINITE}" or a.low == b.low:
        return None
    return Region(left.variable, (Interval(a.low, b.high, a.low_closed, b.high_closed),))


def surely(text: str) -> bool:
    """Return whether an answer can only be a region, not a point or a set of numbers."""
    if (
        any(sign in text for sign in ("<", ">", "\\le", "\\ge", "\\ne", "\\cup", "\\infty", "\\mathbb"))
        or REALS.fullmatch(text)
        or MEMBER.match(text)
    ):
        return True
    opening, closing, _ = brackets(text)
    return opening + closing in ("(]", "[)") or BOUND.fullmatch(text) is not None
