"""Remarks about a row's fields that look as if they mattered, and that its case does not hold."""

import re
from collections.abc import Iterator

from hintree.data.case import is_empty
from hintree.data.names import CHOICES, STORY, Row

MEDIA = re.compile(r"(.*_)?(image|images|imgs?|pictures?|figures?|diagrams?|audio|video)(_.*)?")
IN_TEXT = re.compile(r"<image[ _]?\d{0,3}>|!\[[^\]\n]{0,200}\]\(|<img\b", re.IGNORECASE)
"""An image inside the text of a question."""
ADVICE = ("instruction", "instructions", "system", "system_prompt", "unit")
"""Other fields that may change the answer."""
NOT_THERE = ("none", "nan", "null", "false", "no", "0", "[]")


LETTER = re.compile(r"\(?([A-J])\)?\.?")
OTHER = re.compile(r"(?<![A-Za-z])[BC](?![A-Za-z])")
"""A mark of an option, or another letter of which the answer may be one."""


def remarks(row: Row, question: str, reference: str, choices: tuple[str, ...]) -> Iterator[str]:
    """Yield what a case leaves out of its row, each remark a few words that do not depend on the row's values."""
    yield from row.left_out
    for name, value in row.unused():
        if is_empty(value) or value is False:
            continue
        if isinstance(value, str) and value.strip().lower() in NOT_THERE:
            continue
        if MEDIA.fullmatch(name) or name in STORY or name in CHOICES or name in ADVICE:
            yield f"the field {name[:30]} is left out"
    if LETTER.fullmatch(reference) and not choices and not OTHER.search(question):
        yield "the answer is a letter, but no options are found"
    if IN_TEXT.search(question):
        yield "an image in the question is left out"
