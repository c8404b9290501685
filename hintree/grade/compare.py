"""Comparing an answer with a reference: what needs no algebra is decided here, the rest is asked of a worker."""

import re
from collections.abc import Callable

from hintree.grade import dates, lists
from hintree.grade.alternatives import first_spelling
from hintree.grade.equations import Equation, is_function, letters, read_equation
from hintree.grade.numbers import read_number, same_number
from hintree.grade.plain_words import is_endless, is_nothing, is_undefined, is_words, same_words, without_about
from hintree.grade.quantities import money, read_ratio, single, total
from hintree.grade.regions import Interval, Region, read_region, surely
from hintree.grade.scales import in_digits
from hintree.grade.structure import brackets, read_items
from hintree.grade.units import cut, named, ratio
from hintree.grade.verdict import Verdict, all_of, any_of
from hintree.grade.words import PLACE, is_ordinal, spelled

Ask = Callable[[str, str, str], Verdict]
"""Asks a worker: the kind of question ("value" or "equation"), the reference and the answer."""
NEVER = ("", "nan")
"""Answers that equal nothing, not even themselves."""
DEEPEST = 6
"""Lists in lists that are read."""
DECIMAL_COMMA = re.compile(r"([-+]?\d{1,15}),(\d{1,15})")
HEX = re.compile(r"0x([0-9a-fA-F]{1,16})")
RIGHT, WRONG = Verdict.RIGHT, Verdict.WRONG


def compare(reference: str, answer: str, ask: Ask, depth: int = 0) -> Verdict:
    """Return the verdict on an answer; both are in normal spelling."""
    if reference.casefold() in NEVER or answer.casefold() in NEVER:
        return WRONG
    if same_words(reference, answer):
        return RIGHT
    if (is_nothing(reference) and is_nothing(answer)) or (is_undefined(reference) and is_undefined(answer)):
        return RIGHT
    if is_endless(reference) and is_endless(answer):
        return Verdict.of("many" in f"{reference} {answer}".lower())
    a, b = read_number(reference), read_number(answer)
    if a is not None and b is not None:
        return Verdict.of(same_number(a, b))
    if depth > DEEPEST:
        return Verdict.UNGRADED
    reference, answer = without_about(reference), without_about(answer)
    if is_place(reference, answer) or is_place(answer, reference):
        return WRONG
    reference, answer = first_spelling(in_digits(spelled(reference))), first_spelling(in_digits(spelled(answer)))
    for decide in (by_date, by_ratio, by_quantity):
        if (verdict := decide(reference, answer)) is not None:
            return verdict
    if is_nothing(reference) or is_nothing(answer):
        return WRONG
    return by_structure(*decimal_commas(reference, answer), ask, depth)


def is_place(place: str, other: str) -> bool:
    """Return whether one answer is a place in an order, "second", and the other a quantity, "2 seconds"."""
    return is_ordinal(place) and not PLACE.match(other) and bool(cut(other)[1])


def by_date(reference: str, answer: str) -> Verdict | None:
    """Return the verdict on dates and times of day; None if neither is one."""
    a, b = dates.read_date(reference), dates.read_date(answer)
    if a or b:
        return Verdict.of(a == b)
    left, right = dates.read_time(reference), dates.read_time(answer)
    if left and right:
        return Verdict.of(dates.same_time(left, right))
    if not left and not right:
        return None
    clock, other = (reference, answer) if left else (answer, reference)
    if read_ratio(other) is not None and read_ratio(clock) is not None:
        return None
    if total(other) is not None and ":" in clock:
        return WRONG
    number = read_number(other)
    hour, minute, *_ = left or right or (0, 0)
    return Verdict.of(":" not in clock and minute == 0 and number is not None and number % 12 == hour % 12)


def by_ratio(reference: str, answer: str) -> Verdict | None:
    """Return the verdict on ratios; None if neither is one."""
    a, b = read_ratio(reference), read_ratio(answer)
    if a is None and b is None:
        return None
    terms = [
        [read_number(term) for term in side] if side else [read_number(whole)]
        for side, whole in ((a, reference), (b, answer))
    ]
    left, right = terms
    if any(term is None for term in left + right):
        if a is None or b is None:
            return None if "to" in f"{reference} {answer}".split() else WRONG
        return Verdict.of(len(a) == len(b) and all(map(same_words, a, b)))
    if a is None or b is None:
        many, one = (left, right) if a else (right, left)
        fraction = "/" in (answer if a else reference) or "frac" in (answer if a else reference)
        clock = dates.read_time(reference if a else answer)
        return Verdict.of(len(many) == 2 and bool(many[1]) and fraction and not clock and many[0] == many[1] * one[0])  # type: ignore[operator]
    if len(left) != len(right):
        return WRONG
    if dates.read_time(reference) or dates.read_time(answer):
        return Verdict.of(left == right)
    return Verdict.of(all(x * right[0] == y * left[0] for x, y in zip(left, right, strict=True)))  # type: ignore[operator]


def by_quantity(reference: str, answer: str) -> Verdict | None:
    """Return the verdict on compound quantities, as "3 hours and 20 minutes"; None if neither is one."""
    a, b = total(reference), total(answer)
    if a is None and b is None:
        return None
    return Verdict.of((a or single(reference) or money(reference)) == (b or single(answer) or money(answer)))


def decimal_commas(reference: str, answer: str) -> tuple[str, str]:
    """Return both answers, with a decimal comma as a point where the other side is no list."""
    if "," in reference + answer:
        a, b = DECIMAL_COMMA.fullmatch(cut(reference)[0]), DECIMAL_COMMA.fullmatch(cut(answer)[0])
        if a and (b or "," not in answer) and (not b or a[1] == "0") and lists.read(answer) is None:
            reference = reference.replace(",", ".")
        if b and ("," not in reference) and (not a or b[1] == "0") and lists.read(reference) is None:
            answer = answer.replace(",", ".")
    return reference, answer


def by_structure(reference: str, answer: str, ask: Ask, depth: int) -> Verdict:
    """Return the verdict on regions, lists and equations, else on single values."""
    if surely(reference) or surely(answer):
        a, b = read_region(reference), read_region(answer)
        if a is not None and b is not None:
            return same_region(a, b, ask, depth)
    left, right = lists.read(reference), lists.read(answer)
    if left is not None or right is not None:
        return lists.compare(left, right, reference, answer, lambda x, y: compare(x, y, ask, depth + 1))
    x, y = read_equation(reference), read_equation(answer)
    if x is not None or y is not None:
        return by_equation(x, y, reference, answer, ask, depth)
    return by_value(reference, answer, ask)


def same_region(a: Region, b: Region, ask: Ask, depth: int) -> Verdict:
    """Return the verdict on two regions of the real line."""
    if len(a.intervals) != len(b.intervals) or (a.variable and b.variable and a.variable != b.variable):
        return WRONG

    def same(x: Interval, y: Interval) -> Verdict:
        if (x.low_closed, x.high_closed) != (y.low_closed, y.high_closed):
            return WRONG
        ends = ((x.low, y.low), (x.high, y.high))
        return all_of(compare(plain_end(low), plain_end(high), ask, depth + 1) for low, high in ends)

    return all_of(any_of(same(x, y) for y in b.intervals) for x in a.intervals)


def plain_end(text: str) -> str:
    """Return the end of an interval with infinity in one spelling."""
    return text.replace("+\\infty", "\\infty").replace("- \\infty", "-\\infty").strip()


def by_equation(x: Equation | None, y: Equation | None, reference: str, answer: str, ask: Ask, depth: int) -> Verdict:
    """Return the verdict on an equation and another, or on an equation and a value."""
    if x is None or y is None:
        equation, value = (x, answer) if x else (y, reference)
        if equation is None or not equation.unknown:
            return WRONG
        pair = (equation.right, value) if x else (value, equation.right)
        return compare(*pair, ask, depth + 1)
    if x.unknown and y.unknown:
        named_alike = same_words(x.unknown, y.unknown) or x.unknown.lower() == y.unknown.lower()
        function = is_function(x.unknown) != is_function(y.unknown) and "y" in (x.unknown, y.unknown)
        if named_alike or function or (is_words(x.unknown) and is_words(y.unknown)):
            return compare(x.right, y.right, ask, depth + 1)
    if not letters(x.text) or not letters(y.text):
        return all_of(compare(a, b, ask, depth + 1) for a, b in ((x.left, y.left), (x.right, y.right)))
    if letters(x.text) != letters(y.text):
        return WRONG
    return ask("equation", x.text, y.text)


def by_value(reference: str, answer: str, ask: Ask) -> Verdict:
    """Return the verdict on two single values, each with or without a unit."""
    (left, unit), (right, other) = without_brackets(cut(reference)), without_brackets(cut(answer))
    names = named(unit), named(other)
    if sorted(names) == ["rad", "°"]:
        turned = [
            rf"\frac{{({value}) \pi}}{{180}}" if name == "°" else value
            for value, name in zip((left, right), names, strict=True)
        ]
        return ask("value", *turned)
    scale = ratio(unit, other) if unit and other else None
    if unit and other and scale is None:
        return WRONG
    bare = not unit and named(other) == "%"  # "3" is not "3%", but a reference "50%" may ask for "50"
    pairs = [] if bare else [(left, right)]
    if not other and named(unit) == "%":
        pairs.append((rf"\frac{{{left}}}{{100}}", right))
    if bare:
        pairs.append((left, rf"\frac{{{right}}}{{100}}"))
    if not other and named(unit) == "°" and "\\pi" in right:
        pairs.append((rf"\frac{{{left} \pi}}{{180}}", right))
    if not unit and named(other) == "°" and "\\pi" in left:
        pairs.append((left, rf"\frac{{{right} \pi}}{{180}}"))
    rest = []
    for a, b in pairs:
        x, y = read_number(hexadecimal(a)), read_number(hexadecimal(b))
        if x is not None and y is not None:
            if same_number(x * (scale or 1), y):
                return RIGHT
        elif same_words(a, b) and scale in (None, 1):
            return RIGHT
        elif scale in (None, 1) and not is_words(a) and not is_words(b) and not opaque(a) and not opaque(b):
            rest.append((a, b))
    return any_of(ask("value", a, b) for a, b in rest)


def without_brackets(pair: tuple[str, str]) -> tuple[str, str]:
    """Return a value without round brackets around a plain number, and its unit."""
    opening, closing, inside = brackets(pair[0])
    return (inside, pair[1]) if opening + closing == "()" and read_number(inside) is not None else pair


def hexadecimal(text: str) -> str:
    """Return a hexadecimal number "0x1F" in base ten, other texts as they are."""
    match = HEX.fullmatch(text)
    return str(int(match[1], 16)) if match else text


SIDE_BY_SIDE = re.compile(r"(?<![\d_.^])\d{1,20} (?:[a-wyz]{1,3} )?\d")


def opaque(text: str) -> bool:
    """Return whether algebra would misread a text: numbers side by side, a list, a time, no letter or digit at all."""
    return (
        bool(SIDE_BY_SIDE.search(text))
        or ":" in text
        or not any(c.isalnum() for c in text)
        or read_items(text) is not None
    )
