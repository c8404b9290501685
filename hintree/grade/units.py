"""Units: what stands around the number of an answer.

The policy: a unit that only one side has is ignored ("72" is "72 clips"). Units on both sides must be the same; they
are compared by name, in singular, and never converted ("10 cm" is not "10 m", and "100 cm" is not "1 m"). The base of a
number counts as a unit (2516_8), and so do degrees and currencies. A percentage is its number or a hundredth of it.
"""

import re

NAMES = {
    "$": "dollar usd buck",
    "€": "euro eur",
    "£": "gbp",
    "cent": "¢",
    "%": "percent",
    "°": "degree deg",
    "mm": "millimeter millimetre",
    "cm": "centimeter centimetre",
    "m": "meter metre",
    "km": "kilometer kilometre",
    "in": "inch inche",
    "ft": "foot feet",
    "yd": "yard",
    "mi": "mile",
    "mg": "milligram",
    "g": "gram",
    "kg": "kilogram",
    "lb": "pound",
    "oz": "ounce",
    "ml": "milliliter millilitre",
    "l": "liter litre",
    "s": "second sec",
    "min": "minute",
    "h": "hour hr",
    "mph": "",
    "am": "a.m",
    "pm": "p.m",
}
"""The names of units that have several."""
NAME = {other: name for name, others in NAMES.items() for other in (name, *others.split())}
SYMBOL = r"mm|cm|km|kg|mg|ml|ft|in|lb|oz|mph|[mgslh]"
POWER = r"(?:\s*\^\s*\{?[23]\}?)?"
BEFORE = re.compile(r"([-+]?)\s*(?:US)?([$€£])\s*(.+)")
AFTER = re.compile(
    rf"(?P<value>.*[\d)}}])\s*(?:(?P<sign>%|\^\s*\{{?\s*\\circ\s*\}}?|[$€£¢])|_\{{?(?P<base>\d+)\}}?"
    rf"|(?P<symbol>(?:{SYMBOL}){POWER}(?:/(?:{SYMBOL}){POWER})?)|\s(?P<words>[a-zA-Z]{{2}}[^\d\\]*{POWER}))"
)
BARE = re.compile(r"(?:\\[a-zA-Z]+|[^a-zA-Z])+")


def split_unit(text: str) -> tuple[str, str]:
    """The number of an answer in its normal spelling, and its unit by name, "" if there is none.

    >>> split_unit("72 clips were sold"), split_unit("$5"), split_unit("10 square feet"), split_unit("2x")
    (('72', 'clip'), ('5', '$'), ('10', 'ft^2'), ('2x', ''))
    """
    if before := BEFORE.fullmatch(text):
        return before[1] + before[3], before[2]
    after = AFTER.fullmatch(text)
    if after is None or not BARE.fullmatch(after["value"]) or text.startswith("\\begin"):
        return text, ""
    if after["base"]:
        return (after["value"], f"base {after['base']}") if after["value"].isdigit() else (text, "")
    sign = after["sign"] and ("°" if "circ" in after["sign"] else after["sign"])
    return after["value"].strip(), named(sign or after["symbol"] or after["words"])


def named(unit: str) -> str:
    """The name of a unit: its first word in singular, with the power it is raised to."""
    power = re.search(r"\^\s*\{?([23])", unit)
    words = re.sub(r"\^\s*\{?[23]\}?", "", unit).lower().split()
    if words[0] in ("square", "sq", "cubic") and len(words) > 1:
        return f"{singular(words[1])}^{2 if words[0] != 'cubic' else 3}"
    return singular(words[0]) + (f"^{power[1]}" if power else "")


def singular(word: str) -> str:
    """A word without its plural ending, or the symbol that stands for it."""
    word = word.strip(".,;")
    stem = word[:-1] if word.endswith("s") and len(word) > 2 else word
    return NAME.get(word) or NAME.get(stem) or stem
