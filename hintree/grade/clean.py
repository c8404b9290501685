r"""One clean spelling of what was found: no markup, quotes or trailing punctuation, and digits in ASCII.

Decimals, fractions, case and units stay as they were written; equality is the grader's business.
"""

import re
import unicodedata

from hintree.grade.boxes import boxes, final_boxes
from hintree.grade.visible import TOKENS

EMPHASIS = re.compile(
    r"(?<![\w)\]}])\*\*|\*\*(?![\w(\\\[{-])|(?<!\w)__(?=\S)|(?<=\S)__(?!\w)|`"
    r"|(?<![=\w])==(?=[^\s=])|(?<=[^\s=])==(?![=\w])|~~[^~\n]{1,80}~~ ?(?=[^\s~.,;])"
)
"""Markup of bold, code and highlights, and text that is struck out before another; ``2**3`` is a power."""
HTML = re.compile(r"</?(?:b|i|u|em|strong|code|mark|span|p|div|h[1-6]|font|center)(?: [^<>\n]{0,80})?>", re.IGNORECASE)
PAIRS = (
    ("$$", "$$"),
    ("$", "$"),
    ("\\(", "\\)"),
    ("\\[", "\\]"),
    ('"', '"'),
    ("'", "'"),
    ("\u201c", "\u201d"),
    ("\u2018", "\u2019"),
    ("\u00ab", "\u00bb"),
    ("\u300c", "\u300d"),
    ("\u300e", "\u300f"),
    ("\u201e", "\u201c"),
    ("\u201e", "\u201d"),
    ("***", "***"),
    ("**", "**"),
    ("*", "*"),
    ("__", "__"),
    ("_", "_"),
    ("~~", "~~"),
    ("==", "=="),
    ("<b>", "</b>"),
    ("<u>", "</u>"),
    ("<i>", "</i>"),
    ("<strong>", "</strong>"),
    ("<em>", "</em>"),
    ("<code>", "</code>"),
)
"""Signs that may stand around an answer without meaning."""
WRAP = re.compile(
    r"\\(?:text|textbf|textit|textrm|textsf|texttt|mathrm|mathbf|mathit|mathsf|mbox|bold|boldsymbol|bm|underline|emph"
    r"|underbrace|boxed|fbox|displaystyle|large|Large|huge|Huge|color\{[a-z]{1,20}\}|textcolor\{[a-z]{1,20}\})\{"
)
LEAD = re.compile(r"(?:[\s:\uff1a=*#`\u2192]|\\(?:displaystyle|quad|qquad|[,;:!> ])(?![a-zA-Z]))+")
TRAIL = re.compile(r"[\s.\u3002!\uff01;\uff1b,\uff0c\u3001\u0964\u0965\u061b\u06d4:\uff1a\ufe12*`~\u2026]")
LABEL = re.compile(
    r"\A(?:\\(?:text|textbf|mathrm)\{)?(?:the )?(?:final )?answer ?(?:[:=]|is:?(?= )) ?\}? ?", re.IGNORECASE
)
"""A label inside a box: ``\\boxed{\\text{Answer: } 65}``."""
SMILE = re.compile(r"(?<=\S) [:;]-?[)D]\Z")
HASHES = re.compile(r" ?#{2,6}\Z|(?<=\S) #\Z")
"""Signs that close a heading of Markdown."""
DECIMAL = re.compile(r"\.\d{1,60}\Z")
DIGIT = re.compile(r"[^\x00-\x7f]")
BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
SIGNS = {
    "\uff0e": ".",
    "\u066b": ".",
    "\u066c": ",",
    "\uff0c": ",",
    "\uff0d": "-",
    "\u2212": "-",
    "\uff0b": "+",
    "\uff0f": "/",
    "\uff05": "%",
    "\u066a": "%",
    "\uff04": "$",
    "\uff08": "(",
    "\uff09": ")",
}
INVISIBLE = ("Cc", "Cf", "Cs")


def clean(text: str) -> str:
    r"""Return an answer without what does not belong to it; "" if nothing is left.

    >>> clean("**18**."), clean(r"\text{Blue Whale}"), clean("$1,250.0$."), clean("\u09ea\u09e8\u0964")
    ('18', 'Blue Whale', '1,250.0', '42')
    """
    if "<" in text:
        text = TOKENS.sub(" ", BREAK.sub(" ", text))
    text = " ".join(ascii_signs(text.replace("&nbsp;", " ")).split())
    if "nswer" in text[:24]:
        text = LABEL.sub("", text, count=1)
    for _ in range(8):
        before = text
        text = unwrapped(trimmed(text))
        if text == before:
            break
    return text


def ascii_signs(text: str) -> str:
    """Return a text with the digits of all scripts and full-width signs in ASCII, without invisible characters."""
    return text if text.isascii() and text.isprintable() else DIGIT.sub(ascii_sign, text.replace("\x00", ""))


def ascii_sign(match: re.Match[str]) -> str:
    """Return one character in ASCII if it is a digit or a full-width sign, "" if it is invisible, else itself."""
    c = match[0]
    if unicodedata.category(c) == "Nd":
        return str(unicodedata.decimal(c))
    if c in SIGNS:
        return SIGNS[c]
    return "" if unicodedata.category(c) in INVISIBLE else c


def trimmed(text: str) -> str:
    """Return a text without leading and trailing punctuation; a decimal point, a factorial and dots of "..." stay."""
    if lead := LEAD.match(text):
        text = text[lead.end() :]
    end = len(text)
    while end and TRAIL.match(text, end - 1):
        if text[end - 1] == "!" and end > 1 and (text[end - 2].isdigit() or text[end - 2] in "n)!"):
            break
        dots = 1 if text[end - 1] == "\u2026" else 3 if text.endswith("...", 0, end) else 0
        if dots and DECIMAL.search(text, max(0, end - dots - 61), end - dots):
            break
        if text.endswith("\\", 0, end - 1):
            end -= 1
        end -= 1
    text = text[:end]
    text = HASHES.sub("", text) if text.endswith("#") else text
    text = SMILE.sub("", text) if text.endswith((")", "D")) else text
    if text.endswith((")", "]", "}")) and unopened(text):
        text = text[:-1].rstrip()
    if text.endswith(" |") and text.count("|") % 2:
        text = text[:-2]
    while text.endswith(("\\", "\\quad", "\\qquad")) and not text.endswith("\\\\"):
        text = text[: text.rindex("\\")].rstrip()
    return text


def unopened(text: str) -> bool:
    """Return whether the last bracket of a text was opened before the text, as in "12)" of "(Answer: 12)"."""
    if text.endswith(("\\}", "\\)", "\\]")) or text.startswith("]") or len(text) < 3:
        return False
    return sum(map(text.count, ")]}")) > sum(map(text.count, "([{"))


def unwrapped(text: str) -> str:
    """Return what stands inside a pair of quotes, dollar signs, emphasis, or a LaTeX command that only sets a font."""
    for left, right in PAIRS:
        inside = text[len(left) : -len(right)]
        if text.startswith(left) and text.endswith(right) and inside and left not in inside and right not in inside:
            return text if left == "$" and not inside.strip() else inside.strip()
    if (wrap := WRAP.match(text)) and (close := closing(text, wrap.end())) == len(text) - 1:
        return text[wrap.end() : close].strip()
    if text.startswith("{") and closing(text, 1) == len(text) - 1 and "," not in text:
        return text[1:-1].strip()
    if "oxed" in text[:8] and (found := boxes(text)):
        return ", ".join(final_boxes(text, found))
    return text


def closing(text: str, start: int) -> int:
    """Return the position of the brace that closes the one before ``start``; -1 if none does."""
    depth, i = 1, start
    while i < len(text):
        if text[i] == "\\":
            i += 1
        elif text[i] in "{}":
            depth += 1 if text[i] == "{" else -1
            if not depth:
                return i
        i += 1
    return -1


def without_emphasis(text: str) -> str:
    """Return a text without the signs of bold and code, and without tags of HTML that set a font."""
    return EMPHASIS.sub("", HTML.sub("", text) if "<" in text else text)
