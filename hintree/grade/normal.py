r"""Answers in one spelling of LaTeX: "2½" becomes "2 \frac{1}{2}", "1,000" becomes "1000", "√2" becomes "\sqrt{2}"."""

import re
import unicodedata

from hintree.grade.stated import boxed

SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
SUB = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
SYMBOLS = {
    "\u2212": "-",
    "\u2044": "/",
    "\u2215": "/",
    "\u00f7": "/",
    "\u00d7": r"\times ",
    "\u00b7": r"\cdot ",
    "\u22c5": r"\cdot ",
    "\u00b1": r"\pm ",
    "\u00b0": r"^\circ ",
    "\u03c0": r"\pi ",
    "\u221e": r"\infty ",
    "\u2264": r"\le ",
    "\u2265": r"\ge ",
    "\u2260": r"\ne ",
    "\u222a": r"\cup ",
    "\u2229": r"\cap ",
    "\u2205": r"\emptyset ",
    "\u2019": "'",
}
COMMAND = r"(?![a-zA-Z])"  # a LaTeX command ends where its letters end
LATEX = [
    (r"\\\(|\\\)|\\\[|\\\]|\$\$|^\$(?=.*[^\\]\$$)|(?<!\\)\$$", ""),
    (rf"\\(?:left|right|displaystyle|limits|[bB]igg?[lr]?){COMMAND}", ""),
    (r"\\(?:text|textbf|textit|mathrm|mathbf|mbox|operatorname)\s*\{([^{}]*)\}", r" \1 "),
    (rf"\\[dtc]frac{COMMAND}", r"\\frac"),
    (r"\\frac\s*(\d)\s*(\d)", r"\\frac{\1}{\2}"),
    (r"\\sqrt\s*(\d)", r"\\sqrt{\1}"),
    (r"(?<=\d)(?:\{,\}|,?\\[,!:; ])(?=\d{3}(?!\d))", ""),
    (r"\{,\}", ","),
    (rf"\\[,;:! ]|~|\\q?quad{COMMAND}", " "),
    (r"\\([%$])", r"\1"),
]
"""How LaTeX is made plain, in this order."""
PLAIN = [
    (r"\u221a\s*(\d+(?:\.\d+)?|[a-z]|\([^()]*\))", r"\\sqrt{\1}"),
    (r"\*\*", "^"),
    (r"(?<![\\a-zA-Z])pi(?![a-zA-Z])", r"\\pi "),
    (r"(?<![\\a-zA-Z])infinity(?![a-zA-Z])", r"\\infty "),
    (r"(?<![\w.])(\d+\.?\d*|\.\d+)[eE]([+-]?\d{1,9})(?![\w.])", r"\1 \\times 10^{\2}"),
    (r"(?<=[^a-zA-Z\\])\s+(?:and|or)\s+(?=[^a-zA-Z])", ", "),
    (r"^\(([A-Z])\)$", r"\1"),
    (r"\s+", " "),
]
"""How plain text is made LaTeX, in this order."""
MIXED = re.compile(r"(?<![\w.,/^}\\])(\d+)(?:\s+(\d+)\s*/\s*(\d+)|\s*\\frac\{(\d+)\}\{(\d+)\})(?![\w./])")
REPEATING = re.compile(r"(\d+)\.(\d*)\\overline\{(\d+)\}")
GROUPED = re.compile(r"(?<![\w.,/^{])\d{1,3}(?:(?:,\d{3})+|(?: \d{3})+)(?![\d,]| \d)")


def normal(text: str) -> str:
    """An answer in one spelling; equal spellings are equal answers, and others may be."""
    inner = boxed(text)
    text = ascii_digits(text if inner is None else inner).strip()
    for pattern, spelling in LATEX:
        text = re.sub(pattern, spelling, text)
    text = re.sub(r"[.,;]+$", "", text.strip())
    if not text.startswith(("(", "[", "{", "\\{")):  # there, commas separate
        text = GROUPED.sub(lambda m: re.sub("[, ]", "", m[0]), text)
    for pattern, spelling in PLAIN:
        text = re.sub(pattern, spelling, text.strip())
    return MIXED.sub(mixed, REPEATING.sub(repeating, text)).strip()


def mixed(match: re.Match[str]) -> str:
    """A whole number beside a proper fraction is their sum; beside another fraction it is left as it is."""
    whole, above, below = match[1], match[2] or match[4], match[3] or match[5]
    return rf"({whole}+\frac{{{above}}}{{{below}}})" if int(above) < int(below) else match[0]


def repeating(match: re.Match[str]) -> str:
    """A decimal whose last digits repeat for ever, as a fraction."""
    before, after, period = match[1], match[2], match[3]
    above = int(before + after + period) - int(before + after)
    return rf"\frac{{{above}}}{{{'9' * len(period)}{'0' * len(after)}}}"


def ascii_digits(text: str) -> str:
    """NFKC with exponents and fractions kept apart from the digits before them; no invisible characters are left."""
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+", lambda m: "^{" + m[0].translate(SUPER) + "}", text)
    text = re.sub("[₀₁₂₃₄₅₆₇₈₉]+", lambda m: "_{" + m[0].translate(SUB) + "}", text)
    text = re.sub("[¼-¾⅐-⅞]", lambda m: " " + unicodedata.normalize("NFKC", m[0]), text)
    return "".join(ascii_digit(c) for c in unicodedata.normalize("NFKC", text))


def ascii_digit(c: str) -> str:
    """One character: ASCII for a digit of any script or a symbol, "" for an invisible one."""
    if c.isascii() and c.isprintable():
        return c
    if c.isspace():
        return " "
    if unicodedata.category(c) in ("Cc", "Cf", "Cs"):
        return ""
    return SYMBOLS.get(c) or str(unicodedata.decimal(c, c))
