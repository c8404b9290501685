r"""Answers in one spelling of LaTeX: "2½" becomes "(2+\frac{1}{2})", "1,000" becomes "1000", "√2" becomes "\sqrt{2}".

Every pattern is linear: white space is collapsed first, numbers are matched possessively from their first digit.
"""

import re
import unicodedata

from hintree.grade.clean import clean

ROW = "\x1e"
"""A line break of LaTeX, while other backslashes are read."""
SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
SUB = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
SYMBOLS = {
    "\u2212": "-",
    "\u2013": "-",
    "\u2044": "/",
    "\u2215": "/",
    "\u00f7": "/",
    "\u00d7": r"\times ",
    "\u00b7": r"\cdot ",
    "\u22c5": r"\cdot ",
    "\u2219": r"\cdot ",
    "\u00b1": r"\pm ",
    "\u00b0": r"^\circ ",
    "\u03c0": r"\pi ",
    "\u221e": r"\infty ",
    "\u2264": r"\le ",
    "\u2265": r"\ge ",
    "\u2a7d": r"\le ",
    "\u2a7e": r"\ge ",
    "\u2260": r"\ne ",
    "\u222a": r"\cup ",
    "\u2229": r"\cap ",
    "\u2208": r"\in ",
    "\u2205": r"\emptyset ",
    "\u211d": r"\mathbb{R}",
    "\u2124": r"\mathbb{Z}",
    "\u2019": "'",
    "\u2032": "'",
    "\u2033": '"',
    "\u27e8": "(",
    "\u27e9": ")",
    "\u3008": "(",
    "\u3009": ")",
    "\u2248": r"\approx ",
    "\u2026": "...",
    "\u03b8": r"\theta ",
    "\u03b1": r"\alpha ",
    "\u03b2": r"\beta ",
    "\u2190": " ",
}
COMMAND = r"(?![a-zA-Z])"  # a LaTeX command ends where its letters end
FONTS = (
    "text|textbf|textit|textrm|textsf|texttt|mathrm|mathbf|mathit|mathsf|mbox|operatorname|boldsymbol|bm|emph|underline"
)
LATEX = [
    (r"\\\\ ?(?:\[[^\[\]]{0,12}\])?", ROW),
    (r"\\(?:hline|nonumber|notag)", ""),
    (r"\\\(|\\\)|\\\[|\\\]|\$\$", ""),
    (rf"\\(?:left|right)\.|\\(?:left|right|displaystyle|textstyle|limits|nolimits|middle|[bB]igg?[lrm]?){COMMAND}", ""),
    (r"\\lbrace(?![a-zA-Z])", r"\\{"),
    (r"\\rbrace(?![a-zA-Z])", r"\\}"),
    (r"\\langle(?![a-zA-Z]) ?", "("),
    (r" ?\\rangle(?![a-zA-Z])", ")"),
    (r"\\(?:lvert|rvert|vert|mid)(?![a-zA-Z])", "|"),
    (rf"\\(?:{FONTS}) ?\{{([^{{}}]*)\}}", r" \1 "),
    (rf"\\(?:{FONTS}) ?\{{([^{{}}]*)\}}", r" \1 "),  # once more, for a font inside a font
    (rf"\\[dtc]frac{COMMAND}", r"\\frac"),
    (r"(?<=\d) ?\\frac ?\{ ?([a-z]{2,12}|m(?= ?\} ?\{ ?s ?\})) ?\} ?\{ ?([a-z]{1,12}) ?\}", r" \1/\2"),
    (r"\{ ?([^{}\\]{1,40}) ?\\choose ?([^{}\\]{1,40})\}", r"\\binom{\1}{\2}"),
    (r"\A([^{}\\]{1,40}?) ?\\choose ?([^{}\\]{1,40})\Z", r"\\binom{\1}{\2}"),
    (r"\\frac ?(\d) ?(\d)", r"\\frac{\1}{\2}"),
    (r"\\frac ?(\d) ?\{", r"\\frac{\1}{"),
    (r"(\\frac\{[^{}]*\}) ?(\d)", r"\1{\2}"),
    (r"\\sqrt ?(\d)", r"\\sqrt{\1}"),
    (r"(?<=\d)(?:\{,\}|,? ?\\[,!:; ] ?)(?=\d{3}(?!\d))", ""),
    (r"\{,\}", ","),
    (r"\{\.\}", "."),
    (rf"\\[,;:!> ]|~|\\q?quad{COMMAND}|\\(?:thinspace|enspace|space){COMMAND}", " "),
    (r"\\([%$#&])(?![a-zA-Z])", r"\1"),
    (rf"\\(?:leqslant|leq|leqq){COMMAND}", r"\\le "),
    (rf"\\(?:geqslant|geq|geqq){COMMAND}", r"\\ge "),
    (rf"\\neq{COMMAND}", r"\\ne "),
    (rf"\\(?:gt){COMMAND}", ">"),
    (rf"\\(?:lt){COMMAND}", "<"),
    (rf"\\(?:varnothing|O){COMMAND}", r"\\emptyset "),
    (rf"\\(?:colon){COMMAND}", ":"),
    (rf"\\(?:dots|ldots|cdots){COMMAND}", "..."),
    (rf"\\(?:degree|degrees){COMMAND}", r"^\\circ "),
    (r"\\bar(?= ?\{\d)|\\dot(?= ?\{\d)|\\overline(?= ?\{)", r"\\overline"),
    (rf"\\(?:euro){COMMAND}", "\u20ac"),
    (rf"\\(?:pounds){COMMAND}", "\u00a3"),
]
"""Replacements that make LaTeX plain, in this order."""
PLAIN = [
    (r"\u221a ?(\d++(?:\.\d++)?|[a-z]|\([^()]*\))", r"\\sqrt{\1}"),
    (r"\*\*", "^"),
    (r"^ ?< ?([^<>=|]{1,200},[^<>=|]{1,200}) ?> ?$", r"(\1)"),
    (r"<=|=<", r"\\le "),
    (r">=|=>", r"\\ge "),
    (r"!=|<>", r"\\ne "),
    (r"(?<![\\a-zA-Z])pi(?![a-zA-Z])", r"\\pi "),
    (r"(?<![\\a-zA-Z])(?:infinity|inf|oo)(?![a-zA-Z])", r"\\infty "),
    (r"(?<![\\a-zA-Z])(?:negative|minus) (?=\\infty)", "-"),
    (r"(?<![\\a-zA-Z])(?:positive|plus) (?=\\infty)", ""),
    (r"(?<=[\d%]) (?:per|por|pour) (?:cento?|ciento)(?![a-z])", " percent"),
    (r"(?<![\\a-zA-Z])sqrt ?\(([^()]*)\)", r"\\sqrt{\1}"),
    (r"(?<![\\a-zA-Z])cbrt ?\(([^()]*)\)", r"\\sqrt[3]{\1}"),
    (r"(?<![\\a-zA-Z])(sin|cos|tan|cot|sec|csc|arcsin|arccos|arctan|ln|log|exp)(?=[ (\\^_\d])", r"\\\1"),
    (r"(?<![\w.])(\d++(?:\.\d*+)?|\.\d++)[eE]([+-]?\d{1,9})(?![\w.])", r"\1 \\times 10^{\2}"),
    (r"(?<=[\d.]) ?[xX*] ?(?=10 ?\^)", r" \\times "),
    (r"(?<=\d)[\u2019'](?=\d{3}(?!\d))", ""),
    (r"(?<=\d) ?(?:R|r|rem\.?|(?:with )?(?:a )?remainder(?: of)?) ?(?=\d)", " R "),
    (r" +", " "),
]
"""Replacements that make plain text LaTeX, in this order."""
COMPILED = [(re.compile(pattern), spelling) for pattern, spelling in (*LATEX, *PLAIN)]
COMPLEX = re.compile(r"[\\\u221a*<>=!^'a-zA-Z_~{]")
"""Characters without which a spelling is changed by neither list."""
MIXED = re.compile(
    r"(?<![\w.,/^}\\])(\d{1,12}+)(?: ?\+? (\d{1,12}+) ?/ ?(\d{1,12}+)| ?\\frac\{(\d{1,12}+)\}\{(\d{1,12}+)\})(?![\w./])"
)
REPEATING = re.compile(r"(?<![\d.])(\d{0,30})\.(\d{0,30}) ?(?:\\overline ?\{ ?(\d{1,30}) ?\}|\((\d{1,30})\)(?![\d(]))")
ENDLESS = re.compile(r"(?<![\d.])(\d{1,30}+)\.(\d{3,60})\.\.\.")
GROUPED = re.compile(
    r"(?<![\w.,/^{])\d{1,3}(?:(?:,\d{3})++|(?: \d{3})++|(?:_\d{3})++|(?:,\d{2}(?!\d))++,\d{3})(?!\d|,\d| \d|_)"
)
EUROPEAN = re.compile(r"(?<![\w.,])\d{1,3}(?:(?:\.\d{3}){2,}(?:,\d++)?|(?:\.\d{3})++,\d++|(?: \d{3})++,\d++)(?![\w.,])")
"""Numbers whose commas can only be decimal ones, with points or blanks between thousands."""
UNIT = re.compile("[\u2080-\u2089]+")
EXPONENT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+")
VULGAR = re.compile("[¼-¾⅐-⅞↉]")
INLINE = re.compile(r"(?<!\\)\$(?! )([^$\n]{1,200}+)(?<![ \\])\$(?!\d)")
"""A formula between dollar signs inside an answer, "$n = 2$ and $n = 5$"; not the money of "$5 and $6"."""
DOLLARS = re.compile(r"^\$(?=[^$]{0,1000}[^\\$]\$$)|(?<![\\$\d])\$$")


def normal(text: str) -> str:
    """Return an answer in one spelling; equal spellings are equal answers, and others may be."""
    text = " ".join(ascii_text(clean(text)).split())
    if "$" in text:
        text = DOLLARS.sub("", INLINE.sub(r"\1", text) if text.count("$") > 2 else text)
    if COMPLEX.search(text):
        for pattern, spelling in COMPILED:
            text = pattern.sub(spelling, text)
        text = text.strip()
    text = grouped(text.rstrip(",;") if text.endswith("...") else text.rstrip(".,;"))
    if not text.isdigit():
        text = MIXED.sub(mixed, ENDLESS.sub(endless, REPEATING.sub(repeating, text)))
    return text.strip()


def grouped(text: str) -> str:
    """Return a text without separators between thousands; in brackets, commas separate elements."""
    if text.startswith(("(", "[", "{", "\\{")) and "," in text:
        return text
    if "," in text or " " in text or "_" in text:
        text = GROUPED.sub(lambda m: m[0].replace(",", "").replace(" ", "").replace("_", ""), text)
    if "." in text or "," in text:
        text = EUROPEAN.sub(lambda m: m[0].replace(".", "").replace(" ", "").replace(",", "."), text)
    return text


def mixed(match: re.Match[str]) -> str:
    """Return a whole number beside a proper fraction as their sum; beside another fraction it is left as it is."""
    whole, above, below = match[1], match[2] or match[4], match[3] or match[5]
    return rf"({whole}+\frac{{{above}}}{{{below}}})" if int(above) < int(below) else match[0]


def repeating(match: re.Match[str]) -> str:
    """Return a decimal whose last digits repeat for ever as a fraction."""
    return ratio(match[1] or "0", match[2], match[3] or match[4])


def ratio(before: str, after: str, period: str) -> str:
    """Return the fraction with these digits before the point, after it, and repeating for ever."""
    above = int(before + after + period) - int(before + after)
    return rf"\frac{{{above}}}{{{'9' * len(period)}{'0' * len(after)}}}"


def endless(match: re.Match[str]) -> str:
    """Return "0.1666..." as a fraction: its last digits repeat if they stand there twice, or one of them thrice."""
    before, after = match[1], match[2]
    for size in range(1, len(after) // 2 + 1):
        period, times = after[-size:], 1
        while after.endswith(period * (times + 1)):
            times += 1
        if times >= (3 if size == 1 else 2):
            return ratio(before, after[: len(after) - size * times], period)
    return match[0]


def ascii_text(text: str) -> str:
    """Return NFKC with exponents and fractions kept apart from the digits before them, in ASCII where that is known."""
    if text.isascii():
        return text
    text = EXPONENT.sub(lambda m: "^{" + m[0].translate(SUPER) + "}", text)
    text = UNIT.sub(lambda m: "_{" + m[0].translate(SUB) + "}", text)
    text = VULGAR.sub(lambda m: " " + unicodedata.normalize("NFKC", m[0]), text)
    text = "".join(SYMBOLS.get(c, c) for c in text)
    return "".join(ascii_character(c) for c in unicodedata.normalize("NFKC", text))


def ascii_character(c: str) -> str:
    """Return ASCII for a digit of any script or a symbol, "" for an invisible character, else the character."""
    if c.isascii() and c.isprintable():
        return c
    if c.isspace():
        return " "
    if unicodedata.category(c) in ("Cc", "Cf", "Cs"):
        return ""
    return SYMBOLS.get(c) or str(unicodedata.decimal(c, c))
