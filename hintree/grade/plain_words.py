"""Answers in words: which texts are words and no formulas, which mean that there is no solution, and prefixes."""

import re

SPACES = re.compile(r"(?<!\w) | (?!\w)")
RUN = re.compile(r"\\[a-zA-Z]+|[^\W\d_]+")
FORMULA = re.compile(r"[\d=<>^{}()|+*/\\]")
FUNCTIONS = frozenset("sin cos tan cot sec csc log ln exp sqrt pi max min gcd lcm det mod arcsin arccos arctan".split())
ABOUT = re.compile(
    r"(?:about|approximately|approx\.?|around|roughly|circa|ca\.|exactly|nearly|almost|only|just|\\approx|\\sim|\\simeq|~|="
    r"|simply|(?:a )?total(?: of|:)|it is|it's|that is) ?(?=\S)"
    r"|(?:(?:in|on|at|after|by|during|around) )?(?:the year )(?=\d{3,4}\Z)"
    r"|(?:in|on|at|after) (?=\$?\d|noon\b|midnight\b|(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|(?:january|february|march"  # noqa: E501
    r"|april|may|june|july|august|september|october|november|december)\b)",
    re.IGNORECASE,
)
"""Words before a number that do not change it."""
ABOUT_AFTER = re.compile(r" ?\(?(?:approximately|approx\.?|in total|altogether|or so|exactly)\)?$", re.IGNORECASE)
NOTHING = frozenset(
    r"""no solution|no solutions|no real solution|no real solutions|there is no solution|\emptyset
    |there are no solutions
    |there are no real solutions|there is no real solution|no such number|no such numbers|no such value|no such values
    |empty set|the empty set|none|no real roots|no real root|no roots|does not exist|dne|no such integer
    |no such integers|no values|no value|not possible|impossible|no integer solutions|\{\}|{}|\{ \}|\phi""".replace(
        "\n", ""
    )
    .replace("    ", "")
    .split("|")
)
ENDLESS = re.compile(r"(?:there are )?(?:infinitely many|infinite)(?: (?:real )?solutions)?", re.IGNORECASE)
UNDEFINED = frozenset(
    ("does not exist", "dne", "undefined", "not defined", "limit does not exist", "the limit does not exist")
)
ARTICLE = re.compile(r"(?:the|a|an) (?=\S)", re.IGNORECASE)
LIMITS = frozenset(r"\infty +\infty".split())


def same_words(left: str, right: str) -> bool:
    """Return whether two spellings differ only in case, in spaces that separate nothing, and in an article."""
    if left == right:
        return True
    return folded(left) == folded(right)


def folded(text: str) -> str:
    """Return a text without case, an article, and spaces that separate nothing; LaTeX commands keep their case."""
    if "\\" not in text:
        text = ARTICLE.sub("", text, count=1) if text[:4].lower().startswith(("the ", "a ", "an ")) else text
        return SPACES.sub("", fold_case(text))
    return SPACES.sub("", text)


def fold_case(text: str) -> str:
    """Return words in lower case; formulas, in which case means something, as they are."""
    return text if FORMULA.search(text) and not is_words(text) else text.casefold()


def is_words(text: str) -> bool:
    """Return whether a text is in words, which algebra would misread as products of letters."""
    if len(text) > 3 and text.isalpha():
        return True
    runs = [run for run in RUN.findall(text) if run[0] != "\\"]
    long = [run for run in runs if len(run) > 1 and run.lower() not in FUNCTIONS]
    if not long:
        return False
    if not FORMULA.search(text):
        return True
    return any(len(run) > 2 for run in long)


def is_nothing(text: str) -> bool:
    """Return whether an answer says that there is no solution."""
    return " ".join(text.lower().split()).strip(" .") in NOTHING if len(text) < 50 else False


def is_endless(text: str) -> bool:
    """Return whether an answer says that there are infinitely many solutions."""
    return ENDLESS.fullmatch(text) is not None


def is_undefined(text: str) -> bool:
    """Return whether an answer says that a value is not defined."""
    return text.lower().strip(" .") in UNDEFINED


def without_about(text: str) -> str:
    """Return an answer without "about" and the like; a decimal that is meant to be near stays as it is."""
    match = ABOUT.match(text)
    if match:
        text = text[match.end() :].lstrip()
    return ABOUT_AFTER.sub("", text)
