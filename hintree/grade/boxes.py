r"""Boxes: ``\boxed{31}``, ``\boxed 31``, ``\fbox{31}``, also where JSON has read ``\b`` as a backspace."""

import re
from dataclasses import dataclass

TOKEN = re.compile(r"(?P<box>(?:\\boxed|\\fbox|\\framebox|\x08oxed)(?![a-zA-Z])[ \t]?)|\\.|[{}]", re.DOTALL)
BARE = re.compile(r"[-+]?(?:\\[a-zA-Z]{1,20}(?:\{[^{}\n]{0,60}\}){0,2}|[\w.,/%^]{1,60})")
"""An argument without braces."""
MOST = 50
"""Boxes of one sentence."""
ENDS = re.compile(r"[.!?][\"')\]*$]{0,4}(?=\s)|[\u3002\uff01\uff1f\u0964\u0965]|\n[ \t]*\n")
"""Where a sentence ends."""
CORRECTED = re.compile(
    r"\b(?:wait|no|actually|rather|instead|sorry|correction|oops|hmm)\b|\bnot [\s$*]{0,4}$", re.IGNORECASE
)
"""Words between two boxes of a sentence, after which only the later one counts."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box with its content, from the backslash to the closing brace."""

    start: int
    end: int
    content: str


def boxes(text: str) -> list[Box] | None:
    r"""Return all outermost boxes in order; None if the last one is cut, so that its content is not known.

    Only braces without a backslash count, so ``\boxed{\{1, 2\}}`` is one box.
    """
    found: list[Box] = []
    stack: list[int] = []  # starts of open boxes, -1 for other braces
    pending: tuple[int, int] | None = None  # start of a box whose brace must follow at this position
    outer = 0  # boxes that are open
    for token in TOKEN.finditer(text):
        if pending is not None and not (token[0] == "{" and token.start() == pending[1]):
            add_bare(found, text, *pending)
            pending = None
        if token["box"] is not None:
            if not outer:
                pending = (token.start(), token.end())
        elif token[0] == "{":
            stack.append(pending[0] if pending else -1)
            outer += pending is not None
            pending = None
        elif token[0] == "}" and stack and (start := stack.pop()) >= 0:
            outer -= 1
            inside = text[start : token.start()]
            found.append(Box(start, token.end(), inside[inside.index("{") + 1 :]))
    if pending is not None:
        add_bare(found, text, *pending)
    return None if outer else found


def add_bare(found: list[Box], text: str, start: int, end: int) -> None:
    r"""Add a box without braces, such as ``\boxed 31``."""
    if match := BARE.match(text, end):
        found.append(Box(start, match.end(), match[0].rstrip(".,")))


def final_boxes(text: str, all_boxes: list[Box]) -> list[str]:
    """Return what the boxes of the last sentence with a box hold, each once, without those that it corrects."""
    full = [box for box in all_boxes if box.content.strip(" ~$\\,;")]
    if not full:
        return []
    kept = [full[-1]]
    for box in reversed(full[-MOST:-1]):
        between = text[box.end : kept[-1].start]
        if len(between) > 300 or ENDS.search(between) or CORRECTED.search(between):
            break
        kept.append(box)
    contents = [unwrapped(box.content.strip()) for box in reversed(kept)]
    return list(dict.fromkeys(contents))


def unwrapped(content: str) -> str:
    r"""Return the content of boxes that stand inside a box, ``\boxed{\boxed{5}}``."""
    for _ in range(4):
        inner = boxes(content) if "oxed" in content or "box" in content else None
        if not inner:
            break
        content = inner[-1].content.strip()
    return content
