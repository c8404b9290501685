r"""The final answer of a free text: \boxed{}, "#### 72", "The answer is 72".

What a step states while a search runs is found by policies/answers.py, which is stricter: there, a wrong find would end
a path. This file is also for whole texts of others, and loads in a moment, since every worker loads it.
"""

import re

LONGEST = 4096
"""Characters that are searched, from the end of the text."""
HASHES = re.compile(r"####[ \t]*(\S[^\n]*)")
SAID = re.compile(r"answer\b[*\s]*(?:is\b|[:=])[*\s:=]*", re.IGNORECASE)
SPAN = re.compile(r"\$(?P<math>[^$\n]*[^$\s])\$(?!\d)|(?P<line>.+?)(?:[.!](?:\s|$)|\*\*|$)", re.MULTILINE)


def extract(text: str) -> str | None:
    r"""What the last \boxed{...} holds; else what follows the last "####"; else the last "answer is" or "answer:".

    That is a formula between dollar signs, or goes to the end of the sentence; None if the text states no answer. Only
    the last 4,096 characters are searched. What is found is as it was written, not yet in one spelling.

    >>> extract(r"So it is \boxed{\frac{1}{2}}."), extract("48/2 = 24\n#### 72"), extract("The answer is: $5$. Done.")
    ('\\frac{1}{2}', '72', '5')
    """
    text = text[-LONGEST:]
    if (inner := boxed(text)) is not None:
        return inner.strip() or None
    if hashes := HASHES.findall(text):
        return str(hashes[-1]).strip()
    said = [match.end() for match in SAID.finditer(text)]
    span = SPAN.match(text, said[-1]) if said else None
    return (span["math"] or span["line"]).strip() or None if span else None


def boxed(text: str) -> str | None:
    r"""What the last \boxed{...} with balanced braces holds; None if there is none."""
    open_at: list[int] = []
    last: tuple[int, int] | None = None
    for match in re.finditer(r"\\[{}]|[{}]", text):
        if match[0] == "{":
            open_at.append(match.end())
        elif match[0] == "}" and open_at:
            start = open_at.pop()
            if text.endswith("\\boxed{", 0, start) and (last is None or start > last[0]):
                last = (start, match.start())
    return text[slice(*last)] if last else None
