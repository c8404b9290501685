r"""Numbers that a text states: in digits, in words, as ordinals, Roman numerals, fractions and percentages.

Every number has *readings*: spellings of its value, of which two numbers that are equal share one. So "75 %", "0.75",
"three quarters" and "\frac{3}{4}" all have the reading "3/4".
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from fractions import Fraction
from itertools import chain
from typing import NamedTuple

from hintree.grade.number_words import (
    CHINESE_FRACTION,
    chinese_value,
    dozens,
    multiplier_after,
    ordinals,
    parts,
    scale_after,
    spelled,
)

NUMBER = re.compile(r"\d{1,3}(?:(?:,|\{,\}|\\,)\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+")
SEPARATORS = re.compile(r"[,{}\\]")
COMMA_NUMBER = re.compile(r"\d{1,3}(?:[. ]\d{3})+(?:,\d+)?(?!\d)|(?<![\d,])\d+,\d+(?![,\d])|" + NUMBER.pattern)
"""Matches a number as it is written where a comma precedes the decimals: 1.250,5 or 1 250,5."""
INDIAN_NUMBER = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?(?!\d)|" + NUMBER.pattern)
"""Matches a number in which lakhs and crores stand apart: 1,00,000."""
PATTERNS = {"es": COMMA_NUMBER, "de": COMMA_NUMBER, "fr": COMMA_NUMBER, "hi": INDIAN_NUMBER}
LABEL = re.compile(r"\((\d+)\)")
FRACTION = re.compile(
    r"\\[dtc]?frac ?(?:\{ ?(?P<above>\d{1,30}) ?\}|(?P<a>\d)) ?(?:\{ ?(?P<below>\d{1,30}) ?\}|(?P<b>\d))"
    r"|(?<![\d/.])(?P<left>\d{1,30}) ?[/\u2044\u2215] ?(?P<right>\d{1,30})(?![\d/])"
)
"""Matches a fraction of whole numbers in LaTeX or with a slash."""
ROMAN = re.compile(r"\b(?=[IVXLCDM]*[IVX])(?=\w{2})M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})\b")
"""Matches a Roman numeral of two letters or more with an I, V or X; "CD" is a segment more often than 400."""
TITLE = re.compile(
    r"(?:^\W*|[A-Z]\w* |\b(?:part|step|case|equation|fact|statement|option|condition|rule|and|or|to)s? |,\s?|\()$"
)
"""Matches the end of a text after which a Roman numeral may only count parts."""
ROMAN_DIGITS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
PERCENT = re.compile(r" ?(?:\\?%|per ?cent\b|por ciento\b|prozent\b|pour ?cent\b|प्रतिशत)", re.IGNORECASE)
LONGEST = 30
"""Digits of a number whose value is computed."""


class Mention(NamedTuple):
    """A number in a text.

    Attributes:
        start, end: Where it stands.
        readings: Spellings of its value; of a label also "(5)".
        parts: Readings of the numbers that it is made of, such as 3 and 4 of "3/4" and 2 and 12 of "two dozen".
        small: True for a word or a Roman numeral below ten, which counts things more often than it states a value.
        ordinal: True for an ordinal in words, which points to a place more often than it states a value.
    """

    start: int
    end: int
    readings: frozenset[str]
    parts: tuple[frozenset[str], ...] = ()
    small: bool = False
    ordinal: bool = False

    def within(self, known: Collection[str]) -> bool:
        """Tell whether the value, or each number that it is made of, is among the known readings."""
        of_parts = bool(self.parts) and all(not part.isdisjoint(known) for part in self.parts)
        return of_parts or not self.readings.isdisjoint(known)


def mentions(text: str, languages: Collection[str]) -> list[Mention]:
    """Return the labels and numbers of a text in Unicode's normal form NFKC, in order, none within another."""
    labels = [Mention(m.start(), m.end(), label_readings(m[1])) for m in LABEL.finditer(text)]
    numbers = chain(in_digits(text, languages), in_words(text, languages), fractions(text), romans(text))
    found: list[Mention] = []
    for one in sorted([*labels, *numbers], key=lambda one: (one.start, -one.end)):
        if not found or one.start >= found[-1].end:
            found.append(one)
    return found


def stated(text: str, languages: Collection[str]) -> set[str]:
    """Return the readings of all numbers that a text states, also of "half", "twice" and "dozen", without labels."""
    readings = {reading for found in mentions(text, languages) for reading in chain(found.readings, *found.parts)}
    readings = {reading for reading in readings if reading[0] != "("}
    readings |= {one_spelling(number) for number in NUMBER.findall(text)}  # the 3 of "3 million" too
    for number in parts(text, languages):
        readings |= {str(number), f"1/{number}"}
    return readings


def in_digits(text: str, languages: Collection[str]) -> Iterator[Mention]:
    """Yield the numbers in digits, with a word of scale, a part or a percent sign after them ("3 million", "3 %")."""
    pattern = next((PATTERNS[code] for code in sorted(languages) if code in PATTERNS), NUMBER)
    for match in pattern.finditer(text):
        plain = NUMBER.fullmatch(match[0]) or pattern is INDIAN_NUMBER
        spellings = {one_spelling(match[0])} if plain else set()
        if pattern is COMMA_NUMBER:
            spellings.add(one_spelling(match[0].replace(".", "").replace(" ", "").replace(",", ".")))
        if len(match[0]) > LONGEST:
            yield Mention(match.start(), match.end(), frozenset(spellings))
        else:
            factor, end = scale_after(text, match.end())
            found = with_factor(text, match.start(), end, {Fraction(spelling) * factor for spelling in spellings})
            yield found if factor > 1 or found.parts else found._replace(readings=found.readings | spellings)


def in_words(text: str, languages: Collection[str]) -> Iterator[Mention]:
    """Yield the numbers in words, with what follows them as in digits, ordinals from ten on, and Chinese fractions."""
    for number in spelled(text, languages):
        found = with_factor(text, number.start, number.end, {Fraction(number.value)})
        one_part = number.value <= 1 and "12" not in found.readings  # "one quarter", but not "one dozen"
        yield found._replace(small=one_part if found.parts else number.value < 10)
    for number in dozens(text):
        yield of_values(number.start, number.end, {Fraction(number.value)})
    for number in ordinals(text, languages):
        if number.value >= 10:
            yield of_values(number.start, number.end, {Fraction(number.value)})._replace(ordinal=True)
    for match in CHINESE_FRACTION.finditer(text):
        below, above = (int(part) if part.isdecimal() else chinese_value(part) for part in match.groups())
        yield fraction(match, above, below)


def with_factor(text: str, start: int, end: int, values: set[Fraction]) -> Mention:
    """Return a number with the word after it that multiplies or divides it, or with its percent sign."""
    factor, end = multiplier_after(text, end, max(values))
    if factor != 1:
        of_factor = readings_of({factor, 1 / factor} if factor < 1 else {factor})
        return of_values(start, end, {value * factor for value in values}, (readings_of(values), of_factor))
    if percent := PERCENT.match(text, end):
        return of_values(start, percent.end(), values | {value / 100 for value in values})
    return of_values(start, end, values)


def fractions(text: str) -> Iterator[Mention]:
    """Yield the fractions in LaTeX or with a slash."""
    for match in FRACTION.finditer(text):
        above = match["above"] or match["a"] or match["left"]
        below = match["below"] or match["b"] or match["right"]
        yield fraction(match, int(above), int(below))


def fraction(match: re.Match[str], above: int, below: int) -> Mention:
    """Return the mention of a fraction; one by 0 has no value of its own."""
    values = {Fraction(above, below)} if below else set()
    return of_values(
        match.start(), match.end(), values, (readings_of({Fraction(above)}), readings_of({Fraction(below)}))
    )


def romans(text: str) -> Iterator[Mention]:
    """Yield the Roman numerals; those below ten are small after a word that may be their title: "Part II"."""
    for match in ROMAN.finditer(text):
        digits = [ROMAN_DIGITS[letter] for letter in match[0]]
        value = sum(-n if n < max(digits[i:]) else n for i, n in enumerate(digits))
        title = TITLE.search(text, max(0, match.start() - 20), match.start()) is not None
        yield of_values(match.start(), match.end(), {Fraction(value)})._replace(small=value < 10 and title)


def of_values(start: int, end: int, values: Collection[Fraction], parts: tuple[frozenset[str], ...] = ()) -> Mention:
    """Return the mention of a number with these possible values."""
    return Mention(start, end, readings_of(values), parts)


def readings_of(values: Collection[Fraction]) -> frozenset[str]:
    """Return the reading of each value: "25" or "3/4"."""
    return frozenset(map(str, values))


def label_readings(label: str) -> frozenset[str]:
    """Return the readings of a label, as a label and as a number."""
    number = one_spelling(label)
    return frozenset({number, f"({number})"})


def one_spelling(number: str) -> str:
    """Remove separators of thousands and insignificant zeros; digits of all scripts become ASCII.

    The text is not converted to a number, so its length does not matter.
    """
    if not number.isascii():
        number = "".join(str(unicodedata.decimal(c, c)) for c in number)
    whole, _, rest = SEPARATORS.sub("", number).partition(".")
    whole, rest = whole.lstrip("0") or "0", rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole
