"""Generated pairs: the same value in another spelling must be right, and a near miss wrong."""

import random
from fractions import Fraction

from hintree.grade import Verdict, grade

NOUNS = ("apples", "dollars", "meters", "students", "boxes", "cm")
WORDS = ("blue whale", "Monday", "New York", "triangle", "Evelyn", "increasing")


def integer(draw):
    value = draw.randint(-(10**6), 10**6)
    miss = value + draw.choice([1, -1, 10, 100]) if draw.random() < 0.7 else value * 10 + 1
    spellings = [
        str(value),
        f"{value:,}",
        f"{value}.0",
        f"${value}$",
        f"**{value}**",
        f"\\boxed{{{value}}}",
        f"{value}.",
    ]
    spellings += [f"{value:,}".replace(",", "{,}"), f"{value} {draw.choice(NOUNS)}", f"x = {value}", f"about {value}"]
    return str(value), draw.choice(spellings), draw.choice([str(miss), f"{miss:,}", f"x = {miss}", f"{value} million"])


def fraction(draw):
    value = Fraction(draw.randint(1, 99), draw.randint(2, 99))
    k = draw.randint(2, 5)
    a, b = value.numerator, value.denominator
    spellings = [
        f"{a}/{b}",
        f"\\frac{{{a}}}{{{b}}}",
        f"\\dfrac{{{a * k}}}{{{b * k}}}",
        f"{a * k}/{b * k}",
        f"{a} / {b}",
    ]
    if value > 1 and b > 1:
        spellings += [f"{a // b} {a % b}/{b}", f"{a // b}\\frac{{{a % b}}}{{{b}}}"]
    return (
        f"\\frac{{{a}}}{{{b}}}",
        draw.choice(spellings),
        draw.choice([f"{a + 1}/{b}", f"{a}/{b + 1}", f"\\frac{{{a}}}{{{b * 2}}}"]),
    )


def decimal(draw):
    value = draw.randint(1, 10**5) / 100
    text = f"{value:.2f}"
    spellings = [
        text,
        f"{value:.3f}",
        f"{value:,.2f}",
        f"${text}",
        f"{text} dollars",
        text.replace(".", ","),
        f"{value:e}",
    ]
    return text, draw.choice(spellings), draw.choice([f"{value + 0.01:.2f}", f"{value * 10:.2f}", f"-{text}"])


def listed(draw):
    values = draw.sample(range(-50, 50), 3)
    shuffled = draw.sample(values, 3)
    reference = ", ".join(map(str, values))
    spellings = [
        ", ".join(map(str, shuffled)),
        "\\{" + ",".join(map(str, shuffled)) + "\\}",
        f"{values[1]}, {values[0]} and {values[2]}",
    ]
    return (
        reference,
        draw.choice(spellings),
        draw.choice([", ".join(map(str, values[:2])), f"{values[0]}, {values[1]}, {values[2] + 100}"]),
    )


def point(draw):
    a, b = draw.sample(range(-50, 50), 2)
    spellings = [f"({a},{b})", f"\\left( {a}, {b} \\right)", f"(x, y) = ({a}, {b})", f"({a}.0, {2 * b}/2)"]
    return (
        f"({a}, {b})",
        draw.choice(spellings),
        draw.choice([f"({b}, {a})", f"{b}, {a}", f"({a}, {b + 1})", f"[{a}, {b}]"]),
    )


def interval(draw):
    a, b = sorted(draw.sample(range(-50, 50), 2))
    spellings = [f"{a} < x \\le {b}", f"({a},{b}]", f"\\{{x \\mid {a} < x \\leq {b}\\}}", f"x \\in ({a}, {b}]"]
    return f"({a}, {b}]", draw.choice(spellings), draw.choice([f"[{a}, {b})", f"({a}, {b})", f"{a} < x \\le {b + 1}"])


def matrix(draw):
    a, b, c, d = (draw.randint(-20, 20) for _ in range(4))
    d += d in (a, b, c)
    b += b == c
    reference = f"\\begin{{pmatrix}} {a} & {b} \\\\ {c} & {d} \\end{{pmatrix}}"
    spellings = [
        f"\\begin{{bmatrix}}{a}&{b}\\\\{c}&{d}\\end{{bmatrix}}",
        f"[[{a}, {b}], [{c}, {d}]]",
        reference.replace("\\\\ ", "\\\\[2pt] "),
    ]
    misses = [reference.replace(f"{a} & {b}", f"{a} & {b + 1}"), f"[[{a}, {c}], [{b}, {d}]]"]
    return reference, draw.choice(spellings), draw.choice(misses)


def line(draw):
    a, b, c = draw.randint(2, 9), draw.randint(2, 9), draw.randint(1, 30)
    spellings = [f"{b}y + {a}x = {c}", f"{2 * a}x+{2 * b}y={2 * c}", f"{a}x + {b}y - {c} = 0", f"{c} = {a}x + {b}y"]
    return f"{a}x+{b}y={c}", draw.choice(spellings), draw.choice([f"{a}x+{b}y={c + 1}", f"{a}x-{b}y={c}", str(c)])


def date(draw):
    year, month, day = draw.randint(1950, 2030), draw.randint(1, 12), draw.randint(1, 28)
    name = "January February March April May June July August September October November December".split()[month - 1]
    spellings = [f"{name} {day}, {year}", f"{day} {name} {year}", f"{name[:3]} {day}, {year}", f"{year}/{month}/{day}"]
    return (
        f"{year}-{month:02}-{day:02}",
        draw.choice(spellings),
        draw.choice([f"{name} {day + 1}, {year}", f"{day} {name} {year + 1}", str(year)]),
    )


def word(draw):
    text = draw.choice(WORDS)
    other = draw.choice([w for w in WORDS if w != text])
    return (
        text,
        draw.choice([text.upper(), f"\\text{{{text}}}", f'"{text}"', f"**{text}**", f"the {text}", f"{text}."]),
        other,
    )


def quantity(draw):
    hours, minutes = draw.randint(1, 9), draw.randint(1, 59)
    total = 60 * hours + minutes
    spellings = [
        f"{hours} hours and {minutes} minutes",
        f"{hours} h {minutes} min",
        f"{hours} hours, {minutes} minutes",
    ]
    return (
        f"{total} minutes",
        draw.choice(spellings),
        draw.choice([f"{hours} hours", f"{total + 1} minutes", f"{total} hours"]),
    )


def root(draw):
    a, b = draw.randint(2, 9), draw.choice([2, 3, 5, 7])
    spellings = [f"\\sqrt{{{a * a * b}}}", f"{a}√{b}", f"{a} \\cdot \\sqrt{{{b}}}", f"{a}sqrt({b})"]
    return (
        f"{a}\\sqrt{{{b}}}",
        draw.choice(spellings),
        draw.choice([f"{a + 1}\\sqrt{{{b}}}", f"{b}\\sqrt{{{a + 10}}}", str(a * b)]),
    )


KINDS = [integer, fraction, decimal, listed, point, interval, matrix, date, word, quantity] * 10 + [line, root] * 2
PAIRS = 1000


def test_98_percent_of_respellings_are_right_and_of_near_misses_wrong():
    draw = random.Random(25)
    cases = [draw.choice(KINDS)(draw) for _ in range(PAIRS)]
    rejected = [(a, b) for a, b, _ in cases if grade(a, b) is not Verdict.RIGHT]
    accepted = [(a, c) for a, _, c in cases if grade(a, c) is not Verdict.WRONG]
    assert len(rejected) <= 0.02 * PAIRS, rejected
    assert len(accepted) <= 0.02 * PAIRS, accepted
