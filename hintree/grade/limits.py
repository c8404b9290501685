"""Limits on the work of algebra that are read off an answer's text, so that they are the same on every machine."""

import math
import re

LONGEST = 400
"""Characters of a formula."""
DEEPEST = 24
"""Nested brackets."""
COMMANDS = 80
"""LaTeX commands."""
EXPONENT = 1000
"""Largest exponent that is a number."""
FACTORIAL = 300
"""Largest number whose factorial, or binomial coefficient, is computed."""
DIGITS = 400
"""Digits of a number."""
NUMBER = re.compile(r"\d{1,600}")
BIG = re.compile(r"((?<!\d)\d{1,600}+|[)}]) ?!")
CHOOSE = re.compile(r"\\(?:[dt]?binom|sum|prod|pmod)(?![a-z])")
HEAVY = re.compile(r"\\(?:int|iint|oint|sum|prod|lim)(?![a-z])")


def too_much(text: str) -> bool:
    """Return whether a formula is longer, deeper, or larger in its powers and factorials than what is computed."""
    if len(text) > LONGEST or text.count("\\") > COMMANDS or depth(text) > DEEPEST:
        return True
    numbers = NUMBER.findall(text)
    if any(len(number) > DIGITS for number in numbers):
        return True
    largest = max(map(int, numbers), default=0)
    if CHOOSE.search(text) and largest > EXPONENT:
        return True
    if HEAVY.search(text) and ("\\int" in text or text.count("!") or ("^" in text and largest > 100)):
        return True
    for match in BIG.finditer(text):
        if match[1] in ")}" or int(match[1]) > FACTORIAL or text[match.end() : match.end() + 1] == "!":
            return True
    return powers(text) > math.log10(EXPONENT * 1.0001)


def depth(text: str) -> int:
    """Return the most brackets that are open at once."""
    now = most = 0
    for c in text:
        if c in "([{":
            now += 1
            most = max(most, now)
        elif c in ")]}":
            now -= 1
    return most


def powers(text: str, level: int = 0) -> float:
    """Return the logarithm (base 10) of a bound on the numbers in the exponents; infinity if they nest deep."""
    worst, i = -math.inf, 0
    while (i := text.find("^", i)) >= 0:
        exponent, i = argument(text, i + 1)
        if "\\circ" in exponent:
            continue
        if level >= 2:
            return math.inf
        inner = powers(exponent, level + 1)
        numbers = [int(number) for number in NUMBER.findall(exponent)]
        size = sum(math.log10(number) for number in numbers if number > 1)
        if inner > -math.inf:
            size = max(numbers, default=1) and math.log10(max(2, *numbers, 2)) * 10 ** min(inner, 6)
        worst = max(worst, size)
    return worst


def argument(text: str, start: int) -> tuple[str, int]:
    """Return the exponent that starts here, with the powers chained to it, and its end."""
    while text[start : start + 1] == " ":
        start += 1
    end = group_end(text, start)
    while text[end : end + 1] == "^":
        end = group_end(text, end + 1)
    return text[start:end], end


def group_end(text: str, start: int) -> int:
    """Return the end of the group in brackets, the number, or the sign that starts here."""
    if text[start : start + 1] in ("-", "+"):
        start += 1
    if text[start : start + 1] in ("{", "("):
        open_brackets = 0
        for i in range(start, len(text)):
            open_brackets += text[i] in "{("
            open_brackets -= text[i] in "})"
            if not open_brackets:
                return i + 1
        return len(text)
    if match := NUMBER.match(text, start):
        return match.end()
    return start + 1
