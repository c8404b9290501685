"""Read numbers in words, in six languages: "twenty-five", "treinta y uno", "einunddreißig", "इकतीस", "三十一"."""

import re
from collections.abc import Collection, Iterator
from fractions import Fraction
from typing import NamedTuple

from hintree.grade.numerals import (
    DOZENS,
    ENGLISH,
    FRACTIONS,
    NUMERALS,
    PARTS,
    Numerals,
    folded,
    ordinal_value,
)

WORD = re.compile(r"[\u0900-\u0963\u0970-\u097f]+|[^\W\d_]+")
GAP = re.compile(r"[-\s\u2010\u2011]")
"""Matches what may stand between two words of a number."""
DIGITS = {
    digit: n
    for n, digits in enumerate("零〇 一壹 二贰貳两兩 三叁參 四肆 五伍 六陆陸 七柒 八捌 九玖".split())
    for digit in digits
}
TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
CHINESE = re.compile(f"第?[{''.join([*DIGITS, *TENS, *MYRIADS])}]+")
"""Matches a Chinese number, or an ordinal, which begins with 第."""
IDIOM = re.compile("(?<=[数數几幾])十|十(?=[几幾多来來余餘足字]|分(?![钟鐘之]))")
"""Matches a ten in words such as "very" (十分) and "dozens" (数十)."""
CHINESE_SIGNS = f"[{''.join([*DIGITS, *TENS, *MYRIADS])}]"
CHINESE_PART = f"((?<!{CHINESE_SIGNS}){CHINESE_SIGNS}{{1,20}}+|(?<!\\d)\\d{{1,9}}+)"
CHINESE_FRACTION = re.compile(f"{CHINESE_PART}分之{CHINESE_PART}")
"""Matches a fraction, whose denominator stands first: 四分之三 is 3/4, 百分之二十五 is 25 %."""
CHINESE_PARTS = {"半": 2, "双": 2, "雙": 2, "加倍": 2, "翻倍": 2, "一打": 12}
DOZEN = re.compile(
    r"(half (?:a )?dozen|media docena|halbe[sn]? dutzend|demi-douzaine|आध[ाेी] दर्जन|半打)"
    r"|\b(?:dozen|docena|dutzend|douzaine)\b|दर्जन",
    re.IGNORECASE,
)
"""Matches half a dozen, as a group, or a dozen; "dozens" states no number."""
LONGEST = 60
"""Characters of a Chinese number that is read."""
LONGEST_WORD = 80
"""Characters of a word that is read."""


class Spelled(NamedTuple):
    """A number in words: where it stands in a text, and its value."""

    start: int
    end: int
    value: int


class Word(NamedTuple):
    """A word of a text: where it stands, and its letters in one spelling."""

    start: int
    end: int
    folded: str


def spelled(text: str, languages: Collection[str]) -> list[Spelled]:
    """Return the numbers that a text states in words, in the order in which they stand.

    A number of several words is one ("two hundred and five"); ordinals are none.

    Args:
        text: Text in Unicode's normal form NFKC.
        languages: Codes of the languages of the text. Words that are English too, such as "once" (11), are read as
            numbers in a text of their language, or inside a number ("dos mil").
    """
    found = list(chinese(text))
    tokens = words_of(text)
    for code, numerals in NUMERALS.items():
        i = 0
        while i < len(tokens):
            if numerals.value(tokens[i].folded) is None:  # as most words
                i += 1
                continue
            value, end, ordinal = phrase(text, tokens, i, numerals, native=code in languages)
            if value is not None and not ordinal:
                found.append(Spelled(tokens[i].start, tokens[end - 1].end, value))
            i = max(end, i + 1)
    return without_overlaps(found)


def ordinals(text: str, languages: Collection[str]) -> list[Spelled]:
    """Return the ordinals that a text states in words, as ``spelled`` returns numbers: "twenty-fifth", 第二十五.

    >>> [found.value for found in ordinals("the twenty-fifth day of the twelfth month", ["en"])]
    [25, 12]
    """
    found = [Spelled(m.start(), m.end(), chinese_value(m[0][1:])) for m in CHINESE.finditer(text) if m[0][0] == "第"]
    tokens = words_of(text)
    for code, numerals in NUMERALS.items():
        i = 0
        while i < len(tokens):
            value: int | None = 0
            end, ordinal = i + 1, True
            if numerals.value(tokens[i].folded) is not None:
                value, end, ordinal = phrase(text, tokens, i, numerals, native=code in languages)
            last = ordinal_value(code, tokens[end - 1].folded) if ordinal else None
            if last is not None:
                found.append(Spelled(tokens[i].start, tokens[end - 1].end, (value or 0) + last))
            i = max(end, i + 1)
    return without_overlaps(found)


def dozens(text: str) -> list[Spelled]:
    """Return 12 for every "dozen" of a text, and 6 for "half a dozen"."""
    return [Spelled(m.start(), m.end(), 6 if m[1] else 12) for m in DOZEN.finditer(text)]


def multiplier_after(text: str, end: int, number: Fraction) -> tuple[Fraction, int]:
    """Return (factor, end) of a word that multiplies or divides the number before it; (1, end) for none.

    >>> multiplier_after("two dozen", 3, Fraction(2)), multiplier_after("3 quarters", 1, Fraction(3))
    ((Fraction(12, 1), 9), (Fraction(1, 4), 10))
    """
    if text[end : end + 1] == "打":
        return Fraction(12), end + 1
    word = WORD.match(text, end + 1) if GAP.fullmatch(text, end, end + 1) else None
    if word is None or len(word[0]) > LONGEST:
        return Fraction(1), end
    name = folded(word[0])
    if name in DOZENS:
        return Fraction(12), word.end()
    for code, table in FRACTIONS.items():
        plural = code != "en" or number <= 1 or name.endswith("s")
        below = (table.get(name) or ordinal_value(code, name)) if plural else None
        if below is not None and below > 2 - (name in table):
            return Fraction(1, below), word.end()
    return Fraction(1), end


def words_of(text: str) -> list[Word]:
    """Return the words of a text; one that is longer than any number keeps no letters."""
    return [Word(m.start(), m.end(), folded(m[0]) if len(m[0]) <= LONGEST_WORD else "") for m in WORD.finditer(text)]


def without_overlaps(found: list[Spelled]) -> list[Spelled]:
    """Return the numbers in order, the longest one of those that overlap."""
    kept: list[Spelled] = []
    for one in sorted(set(found), key=lambda one: (one.start, -one.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def phrase(text: str, tokens: list[Word], i: int, numerals: Numerals, *, native: bool) -> tuple[int | None, int, bool]:
    """Return (value, end, ordinal) of the number that starts at a token; the value is None if none does."""
    total = group = 0
    end, k, joint = i, i, None
    while k < len(tokens) and (k == i or GAP.fullmatch(text, tokens[k - 1].end, tokens[k].start)):
        word = tokens[k].folded
        if k > i and joint is None and word in numerals.joints:
            joint, k = numerals.joints[word], k + 1
            continue
        own = native or word not in numerals.english or (k > i and tokens[i].folded not in ENGLISH)
        value = numerals.value(word) if own else None
        if k == i and value is not None and i and tokens[i - 1].folded == numerals.no_number.get(word):
            value = None
        if k > i and value is None and ends_ordinal(text, tokens, k, numerals):
            return total + group, k + 1, True
        if value is None or (joint and not joint(total + group, value)):
            break
        sums = added(total, group, value, numerals)
        if sums is None:
            break
        (total, group), joint, k = sums, None, k + 1
        end = k
    return (total + group if end > i else None), end, False


def ends_ordinal(text: str, tokens: list[Word], k: int, numerals: Numerals) -> bool:
    """Test if a word makes an ordinal of the number before it, as in "twenty-first" and "vingt et unième".

    Without a hyphen or a joint, an English word and a French plural do not: "trois cinquièmes" is a fraction.
    """
    word = tokens[k].folded
    tied = text[tokens[k - 1].end : tokens[k].start] == "-" or tokens[k - 1].folded in numerals.joints
    if numerals is NUMERALS["en"]:
        return word in numerals.ordinal and tied
    return bool(numerals.ordinal) and word.endswith(numerals.ordinal) and (tied or not word.endswith("s"))


def added(total: int, group: int, value: int, numerals: Numerals) -> tuple[int, int] | None:
    """Return (total of the scales, number before the next scale) with one more word; None if it begins another number.

    >>> added(2000, 5, 100, NUMERALS["en"]), added(0, 60, 12, NUMERALS["fr"]), added(0, 10, 5, NUMERALS["en"])
    ((2000, 500), (0, 72), None)
    """
    french = numerals is NUMERALS["fr"]
    if value in (1000, 10**5, 10**6, 10**7, 10**9, 10**12, 10**15):
        count = total + group if total < value else group
        count = count or (1 if value == 1000 else 0)
        return ((total if total >= value else 0) + count * value, 0) if count else None
    if value == 100 and 0 < group < 100 and numerals is not NUMERALS["es"]:
        return total, 100 * group
    if french and value == 20 and group % 100 == 4:
        return total, group + 76
    if french and 10 <= value < 20 and group % 100 in (60, 80):
        return total, group + value
    rest = total + group
    width = 100 if numerals.atomic and value < 100 else 10 ** len(str(value))
    unit_after_ten = group % 100 == 10 and not (french and 7 <= value <= 9)
    return None if rest % width or unit_after_ten else (total, group + value)


def chinese(text: str) -> Iterator[Spelled]:
    """Yield the numbers in Chinese characters; 第三 (the third) is none."""
    skipped = {m.start() for m in IDIOM.finditer(text)}
    for match in CHINESE.finditer(text):
        run = match[0].lstrip("".join([*TENS, *MYRIADS][2:])) if match[0][0] != "第" else ""
        start = match.end() - len(run)
        if not run or len(run) > LONGEST or (len(run) == 1 and start in skipped):
            continue
        if all(c in DIGITS for c in run) and (len(run) < 3 and not any(DIGITS[c] == 0 for c in run[1:])):
            for place, digit in enumerate(run, start):  # 三四 is "three or four"
                yield Spelled(place, place + 1, DIGITS[digit])
        else:
            yield Spelled(start, match.end(), chinese_value(run))


def chinese_value(run: str) -> int:
    """Return the value of a Chinese number: 三十一, 两万三千, 二〇二六, and 三百五 for 350.

    >>> [chinese_value(run) for run in ("三十一", "十二", "两万三千", "二〇二六", "三百五", "三百零五", "一亿二千万")]
    [31, 12, 23000, 2026, 350, 305, 120000000]
    """
    if all(c in DIGITS for c in run):
        return int("".join(str(DIGITS[c]) for c in run))
    total = section = 0
    digit, last = None, 1
    for c in run:
        if c in DIGITS:
            digit, last = (None, 1) if DIGITS[c] == 0 else (DIGITS[c], last)
        elif c in TENS:
            section, digit, last = section + (digit or 1) * TENS[c], None, TENS[c]
        else:
            section, last = section + (digit or 0), MYRIADS[c]
            total = (total + section) * last if total < last else total + section * last
            section, digit = 0, None
    return total + section + (digit or 0) * (last // 10 if last >= 100 else 1)


def parts(text: str, languages: Collection[str]) -> set[int]:
    """Return the numbers that words such as "half" and "dozen" stand for, in English and the given languages."""
    known = {word: n for code in ("en", *languages) for word, n in PARTS.get(code, {}).items()}
    words = {known[word.folded] for word in words_of(text) if word.folded in known}
    return words | {n for word, n in CHINESE_PARTS.items() if word in text}


def scale_after(text: str, end: int) -> tuple[int, int]:
    """Return (factor, end) of the words of scale after a number in digits, "3 million" and "3万"; (1, end) for none."""
    factor, place = 1, end + (text[end : end + 1] == " ")
    while (scale := (TENS | MYRIADS).get(text[place : place + 1], 1)) >= 100 and factor < 10**12:
        factor, place, end = factor * scale, place + 1, place + 1
    word = WORD.match(text, place) if factor == 1 else None
    for numerals in NUMERALS.values() if word and len(word[0]) < LONGEST else ():
        name = folded(word[0]) if word else ""
        value = numerals.value(name) or 1
        if word and value >= 100 and set(str(value)) == {"1", "0"} and name not in ("cent", "cents"):
            return value, word.end()
    return factor, end
