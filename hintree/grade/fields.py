"""Answers in tags, JSON fields, and lines that start with "####" or "A:"."""

import json
import re
from collections.abc import Iterator

from hintree.grade.clean import clean
from hintree.grade.values import value as stated_value

TAGS = ("answer", "final_answer", "final-answer", "solution")
TAG = re.compile(rf"[<\[](/?)(?:{'|'.join(TAGS)})[>\]]", re.IGNORECASE)
FIELD = re.compile(
    r"[\"'](?:final[ _-]?answer|answer|result|respuesta|\u7b54\u6848)[\"'] {0,4}: {0,4}"
    r"(?P<value>\"(?:[^\"\\\n]|\\.){0,2000}\"|'[^'\n]{0,2000}'|\[[^\[\]\n]{0,2000}\]|[-+\w.%/]{1,80})",
    re.IGNORECASE,
)
HASHES = re.compile(r"(?m)^[ \t>*]{0,8}#### ?(?P<value>[^\n]{1,600})|(?<![#\n])#### ?(?P<inline>[^#\n][^\n]{0,600})")
LINE = re.compile(
    r"(?m)^[ \t>*#]{0,8}(?:(?:A|Ans|ANS)[* ]{0,3}[:.]|[aA](?:ns|NS)[* ]{0,3}[:=])[* ]{0,3}(?P<value>\S[^\n]{0,600})"
)
MATH = re.compile(
    r"(?:[-+\u00b1\u2248~]? ?(?:US|Rs\.? ?)?[$\u20ac\u00a3\u20b9\u00a5]?[-+]?\.?\d|[$\\(\[{\u221a\u03c0\u221e-]|[a-z](?:_\w)? ?[=<>^])"  # noqa: E501
)
LONGEST_OPEN = 200
"""Characters after a tag that is not closed."""
NUMBERED = re.compile(r"\d{1,3}[.):] +[^\W\d_]")
HEADINGS = frozenset(
    "step steps part case conclusion summary solution verification verify calculate calculation calculations "
    "calculating find finding determine determining compute computing list understanding understand final given "
    "analysis analyze let setup set define identify problem question explanation approach method results answer "
    "thus therefore total next first second third example note check checking reasoning consider evaluate "
    "simplify solve solving write substitute apply using use introduction overview now interpret plan combine add "
    "subtract multiply divide".split()
)
TITLES = frozenset(
    "context background information details data facts assumption assumptions goal objective strategy formula formulas "
    "equation equations expression variables definition definitions notation area perimeter volume cost costs price "
    "prices profit revenue time distance speed rate ratio discount tax sum difference product breakdown process proof "
    "remarks remark notes tips answers output code python hint hints work working logic reason rationale justification "
    "discussion outcome end finally lastly secondly firstly simplification substitution computation evaluation "
    "comparison test requirements constraints examples input options alternative interpretation observations "
    "insight".split()
)
"""Words that are a heading where nothing else stands in a text."""


def tagged(text: str) -> Iterator[str]:
    """Yield what answer tags hold, the last first; the last of all may be open, if an answer alone follows it."""
    found: list[str] = []
    opened: re.Match[str] | None = None
    for tag in TAG.finditer(text):
        if not tag[1]:
            opened = tag
        elif opened is not None:
            found.append(text[opened.end() : tag.start()])
            opened = None
    if opened is not None and "solution" not in opened[0].lower() and (rest := open_value(text, opened)):
        found.append(rest)
    return reversed(found)


def open_value(text: str, tag: re.Match[str]) -> str | None:
    """Return the answer after a tag whose closing tag ended the output; None for a sentence, also one about the tag."""
    rest = text[tag.end() : tag.end() + LONGEST_OPEN].strip()
    before = text[: tag.start()].rpartition("\n")[2].strip()
    alone = not before or before.endswith((":", "**"))
    if len(rest) == LONGEST_OPEN or "\n" in rest or not (alone or MATH.match(rest)):
        return None
    return stated_value(rest.rstrip("."), "", label=True, last=True)


def fields(text: str) -> Iterator[str]:
    """Yield the values of JSON fields that are named "answer", the last first."""
    for match in reversed(list(FIELD.finditer(text))):
        value = match["value"]
        if value.startswith("["):
            try:
                items = json.loads(value)
            except ValueError:
                continue
            yield ", ".join(str(item) for item in items)
        elif value[0] == '"':
            try:
                yield str(json.loads(value))
            except ValueError:
                yield value[1:-1]
        elif value != "null" and value != "None":
            yield value[1:-1] if value[0] == "'" else value


def hashed(text: str) -> Iterator[str]:
    """Yield what follows "####" where it is an answer and not a heading, the last first."""
    matches = list(HASHES.finditer(text))
    for match in reversed(matches):
        value = clean(match["value"] or match["inline"])
        before, after = text[: match.start()].strip(), text[match.end() :].strip()
        if value and not is_heading(value, alone=not before, followed=bool(after)):
            yield value


def is_heading(value: str, *, alone: bool, followed: bool) -> bool:
    """Return whether the text after "####" is a heading.

    Args:
        value: The text, clean.
        alone: Whether nothing stands before it.
        followed: Whether something stands after it.
    """
    words = value.lower().replace(":", " ").split()
    if NUMBERED.match(value) or any(word.strip(".,*()") in HEADINGS for word in words):
        return True
    if MATH.match(value):
        return len(words) > 10 and "\\" not in value
    return (
        (alone and (len(words) > 1 or words[0].strip(".") in TITLES))
        or followed
        or len(words) > 4
        or (any(c.isdigit() for c in value) and not value[0].isascii())
    )


def lines(text: str) -> Iterator[str]:
    """Yield the value of a line "A: 18" if it is the last line."""
    matches = list(LINE.finditer(text))
    if matches and not text[matches[-1].end() :].strip():
        yield matches[-1]["value"]
