"""Final answers: finding one in a text, and writing equal ones alike.

Only what a vote needs; text is read with regular expressions and never evaluated.
"""

import re
from fractions import Fraction

SAID = re.compile(
    r"(?:final answer|answer)\s*(?:is|:)\s*\$?\s*([^\n]+?)\s*\$?\s*(?:\.\s|\.?$)", re.IGNORECASE | re.MULTILINE
)
HASHES = re.compile(r"####\s*(\S[^\n]*)")
NUMBER = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d+(?:\.\d+)?(?:/\d+)?|[-+]?\.\d+")
LONGEST = 4096
"""Characters that are searched, from the end of the text."""


def find_answer(text: str) -> str | None:
    r"""The final answer that a step states, in canonical form: \boxed{}, "#### X" or "The answer is X"; else None."""
    text = text[-LONGEST:].strip()
    found = boxed(text)
    if found is None:
        matches = HASHES.findall(text) or SAID.findall(text)
        found = matches[-1] if matches else None
    return canonical(found) if found else None


def boxed(text: str) -> str | None:
    r"""Content of the last \boxed{...}; None if there is none, or if its braces are not balanced.

    A step that was cut within its last box states no answer yet, whatever an earlier box holds; a whole text of
    somebody else does (hintree/grade/stated.py).
    """
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    depth = 0
    for i in range(start + 6, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return text[start + 7 : i]
    return None


def canonical(answer: str) -> str:
    r"""One spelling for answers that are the same number; other answers in lower case with single spaces.

    Case means something in LaTeX, where it stays.

    >>> canonical("1,250.0"), canonical("$ 3/6"), canonical(" Blue  Whale."), canonical(r"\mathbb{R}")
    ('1250', '1/2', 'blue whale', '\\mathbb{R}')
    """
    text = answer.strip().strip("$").replace("\u2212", "-").strip()
    text = text[:-1].rstrip() if text.endswith(".") else text
    if NUMBER.fullmatch(text) and len(text) <= 100:
        head, _, below = text.replace(",", "").partition("/")
        if not below or int(below):
            return str(Fraction(head) / int(below or 1))
    return " ".join((text if "\\" in text else text.lower()).split())
