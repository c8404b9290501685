"""Units: what stands around the number of an answer.

The policy: a unit that only one side has is ignored ("72" is "72 clips"). Units on both sides must be of one kind;
those of time, length, area, mass, volume and money are converted ("90 minutes" is "1.5 hours"), others must have a word
in common. The base of a number counts as a unit (2516_8), and so do degrees and currencies. A percentage is its number
or a hundredth of it. Words of range or part ("5 or more", "5 out of 7") are no units.
"""

import re
from fractions import Fraction

from hintree.grade.scales import RANGE
from hintree.grade.unit_tables import NAME, NAMES, SIZE

LETTERS = "mm|cm|km|kg|mg|ml|mL|ft|in|lb|oz|mph|min|hr|Hz|Pa|mol|[mgslhLNJWVAKCF\u03a9]"
SYMBOL = re.compile(rf"(?:{LETTERS})(?: ?\^ ?\{{?-?\d\}}?)?(?:/(?:{LETTERS})(?: ?\^ ?\{{?\d\}}?)?)?")
LOOSE = frozenset("N J W V A K C F L Ω".split())
"""Symbols that count as units only after a space: "5N" is a product."""
POWER = re.compile(r" ?\^ ?\{?([23])\}?")
BASE = re.compile(
    r"\(?([0-9A-Fa-f]{1,60}+)\)? ?(?:_ ?\{? ?(\d{1,2}|[a-z]{3,8}) ?\}?|,? \(?(?:in )?base[ -](\d{1,2}|[a-z]{3,8})\)?)"
)
BASES = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9"}
BASES |= {"ten": "10", "eleven": "11", "twelve": "12", "sixteen": "16"}
BEFORE = re.compile(
    r"([-+]?) ?(?:US|AU?|CA?|NZ|HK|S|R|MX|AR)?(?P<unit>[$\u20ac\u00a3\u20b9\u00a5]|(?:Rs\.?|INR|USD|EUR|GBP|JPY|CNY|RMB|Rupees)(?![a-zA-Z])) ?(?P<value>[^ ].*)",  # noqa: E501
    re.DOTALL,
)
SIGN = re.compile(r" ?(?:%|\^ ?\{? ?\\circ ?\}?(?: ?[CF])?|[$\u20ac\u00a3\u00a2\u20b9\u00a5])(?: |$)")
COUNTER = re.compile(r"[\u0400-\u04ff\u0590-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
"""A unit of one character, as "\u500b" of "31\u500b"."""
TRIG = re.compile(r"\\(?:arc)?(?:sin|cos|tan|cot|sec|csc)(?![a-z])")
TOKEN = re.compile(r"\\[a-zA-Z]+ ?|\\.|[^\W\d_]+(?:\.[a-z](?![a-z]))?|.", re.DOTALL)
FUNCTIONS = frozenset(
    "sin cos tan cot sec csc log ln exp max min gcd lcm deg det mod sqrt arcsin arccos arctan lim".split()
)
SCALE = re.compile(r"(?:\}|\\circ|\u00b0| |degrees?) ?([CF])(?:elsius|ahrenheit)?\Z", re.IGNORECASE)
"""The scale of a temperature."""
NO_UNIT = frozenset(
    "or of out at plus minus over divided to through and squared cubed factorial percentages from between than "
    "mod choose if when other hundred thousand million billion trillion dozen halves thirds quarters half third "
    "quarter is equals equal as tens ones scores bc bce".split()
)
"""First words after a number that make another value of it, and no unit."""
FILLERS = frozenset("more of the a an total in all per each were was are is sold left remaining other".split())


def split_unit(text: str) -> tuple[str, str]:
    """Return the number of an answer in its normal spelling, and its unit by name, "" if there is none.

    >>> split_unit("72 clips were sold"), split_unit("$5"), split_unit("10 square feet"), split_unit("2x")
    (('72', 'clip'), ('5', '$'), ('10', 'ft^2'), ('2x', ''))
    """
    value, words = cut(text)
    return value, named(words) if words else ""


def cut(text: str) -> tuple[str, str]:
    """Return the value of an answer, and the words of its unit as they were written."""
    if before := BEFORE.fullmatch(text):
        value, words = cut(before["value"]) if before["value"][0] in "-+.0123456789\\({" else (text, "")
        if value != text and before["unit"] not in words:
            words = before["unit"] + (" " + words if words.startswith(("per ", "a ", "/", "an ", "each")) else "")
        return (before[1] + value, words) if value != text else (text, "")
    if base := BASE.fullmatch(text):
        number = base[2] or base[3]
        if BASES.get(number, number).isdigit():
            return base[1].upper(), f"base {BASES.get(number, number)}"
    if text.startswith("\\begin") or "=" in text or RANGE.search(text):
        return text, ""
    return cut_words(text)


def cut_words(text: str) -> tuple[str, str]:
    """Return the value of an answer and the words after it, read from the left: the first word ends the value."""
    depth, digits = 0, False
    for token in TOKEN.finditer(text):
        part, start = token[0], token.start()
        if part in ("(", "{", "["):
            if part == "(" and depth == 0 and digits and (words := in_round(text, start)):
                return text[:start].strip(), words
            depth += 1
        elif part in (")", "}", "]"):
            depth -= 1
        elif part[0].isdigit() or part.strip() in ("\\pi", "\\sqrt", "\\frac"):
            digits = True
        elif depth == 0 and digits and (words := unit_at(text, start, part)):
            return text[:start].strip(), words
        elif depth == 0 and len(part) > 1 and part[0].isalpha() and part.lower() not in FUNCTIONS:
            break
    return text, ""


def unit_at(text: str, start: int, part: str) -> str:
    """Return the words of the unit that starts here and goes to the end, "" if none does."""
    rest = text[start:]
    if TRIG.search(text[:start]) and "\\circ" in rest[:12]:
        return ""
    if SIGN.match(rest) and not rest[1:2].isdigit():
        if rest.rstrip() in ("$", "%") or not any(c.isdigit() for c in rest):
            return rest.strip()
        return ""
    if not part[0].isalpha() and part[0] not in "\u00b0'\"/":
        return ""
    spaced = text[start - 1 : start] == " "
    if SYMBOL.fullmatch(rest):
        return rest if spaced or part not in LOOSE else ""
    if len(part) < 2 and part != "/" and not COUNTER.match(part):
        return "" if part not in ("'", '"') else {"'": "ft", '"': "in"}[part] if len(rest.strip()) == 1 else ""
    first = part.lower()
    shared = first == "of" and ("/" in text[:start] or "\\frac" in text[:start])  # "1/2 of the cake"
    if (
        first in FUNCTIONS - {"min"}
        or (first in NO_UNIT and not shared)
        or (len(part) < 2 and not spaced and part.isascii())
    ):
        return ""
    if any(c.isdigit() for c in POWER.sub("", rest)) or any(c in rest for c in "\\=<>,"):
        return ""
    if rest[-5:-1] == " of " or " or " in f" {rest} " or " less" in f" {rest}" or " as many" in rest:
        return ""
    if part == "/" and not rest[1:].strip().isalpha():
        return ""
    return rest.strip()


def in_round(text: str, start: int) -> str:
    """Return the words of a unit in round brackets at the end, "apples" of "9 (apples)"."""
    inside = text[start + 1 : -1]
    words = inside.strip()
    plain = len(words) > 1 and all(c.isalpha() or c == " " for c in words)
    return words if plain and text.endswith(")") and words.lower() not in FUNCTIONS else ""


def named(unit: str) -> str:
    """Return the name of a unit: its first word in singular, with the power it is raised to and what it is per."""
    power = POWER.search(unit)
    words = POWER.sub("", unit).replace("/", " per ").split()
    while len(words) > 1 and words[0].lower() in FILLERS:
        words = words[1:]
    if not words:
        return ""
    if words[0] == "base":
        return unit
    if words[0].startswith("^") or words[0] == "\u00b0" or singular(words[0]) == "°":
        scale = SCALE.search(unit)
        return "°" + scale[1].upper() if scale else "°"
    if words[0].lower() in ("square", "sq", "sq.", "cubic", "cu", "squared") and len(words) > 1:
        head, words = f"{singular(words[1])}^{3 if words[0].lower().startswith('cu') else 2}", words[1:]
    else:
        head = singular(words[0]) + (f"^{power[1]}" if power else "")
    if len(words) > 2 and words[1] in ("per", "a", "an") and singular(words[2]) in NAMES:
        return f"{head}/{singular(words[2])}"
    return head


def singular(word: str) -> str:
    """Return a word without its plural ending, or the symbol that stands for it."""
    plain = word.strip(".,;")
    if plain in NAME:
        return NAME[plain]
    lower = plain.lower()
    stem = lower[:-1] if lower.endswith("s") and len(lower) > 2 else lower
    return NAME.get(lower) or NAME.get(stem) or stem


def content(words: str) -> set[str]:
    """Return the words of a unit that tell what is counted, in singular."""
    found = {
        singular(word) for word in words.replace("/", " ").split() if len(word) > 1 and word.lower() not in FILLERS
    }
    return found or {named(words)}


def ratio(left: str, right: str) -> Fraction | None:
    """Return how many of the right unit are one of the left; None if they are of different kinds.

    Args:
        left: The words of one unit.
        right: The words of the other.
    """
    a, b = named(left), named(right)
    if a == b:
        return Fraction(1)
    if a.partition("/")[0] == b.partition("/")[0] and "" in (a.partition("/")[2], b.partition("/")[2]):
        return Fraction(1)
    if a[:1] == b[:1] == "°":
        return Fraction(1) if "°" in (a, b) else None
    if {a, b} == {"£", "lb"} and "pound" in f"{left} {right}".lower():  # "20 pounds" may be money
        return Fraction(1)
    if a in SIZE and b in SIZE:
        return SIZE[a][1] / SIZE[b][1] if SIZE[a][0] == SIZE[b][0] else None
    known = set(NAMES) | {f"{n}^{p}" for n in NAMES for p in (2, 3)}
    if a in known or b in known or "/" in a or "/" in b or "base" in a or "base" in b:
        powers = {a.partition("^")[2], b.partition("^")[2]}
        some = "unit" in (a, b) or ("unit" in (a.partition("^")[0], b.partition("^")[0]) and len(powers) == 1)
        return Fraction(1) if some else None
    return Fraction(1) if content(left) & content(right) else None
