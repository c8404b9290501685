"""Multiple choice: the letter that an answer names, by itself, with the option's text, or as the option's text."""

import re
from collections.abc import Mapping, Sequence
from string import ascii_uppercase

from hintree.grade.clean import clean
from hintree.grade.compare import compare
from hintree.grade.normal import normal
from hintree.grade.verdict import Verdict

Choices = Sequence[str] | Mapping[str, str]
"""Options in the order A, B, C, ..., or by letter."""
LONGEST = 100
"""Characters of an answer and of an option that are compared by value."""
OPTION_WORDS = (
    r"(?:(?:the|an?|la|le|el|il|die|der|das|l['\u2019]) ?)?(?:correct |correcta |richtige )?"
    r"(?:(?:option|choice|answer|letter|opci[\u00f3o]n|op\u00e7\u00e3o|opzione|r\u00e9ponse|respuesta|alternativa|antwort|\u9009\u9879|\u9078\u9805"
    r"|\u0432\u0430\u0440\u0438\u0430\u043d\u0442)s? ?(?:is )?:? ?)?"
)
NAMED = re.compile(
    rf"{OPTION_WORDS}"
    r"(?:\((?P<round>[A-Za-z])\)|\[(?P<square>[A-Z])\]|(?P<bare>[A-Z]))(?P<rest>$|[.):,\uff1a]? ?.*)",
    re.IGNORECASE | re.DOTALL,
)
ALONE = re.compile(rf"{OPTION_WORDS}\(?([A-J])\)?[.):]?", re.IGNORECASE)
FONT = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathit|mathsf|mbox|bf|bold) ?\{([^{}]{0,200})\}")
OPTION = re.compile(r"\(?([A-J]|[a-j](?=\) ))(?:\)|[.:)](?=\s))\s?(?=\S)")


def options(choices: Choices) -> dict[str, str]:
    """Return the options by letter."""
    if isinstance(choices, Mapping):
        return {str(letter).strip().upper(): str(text) for letter, text in choices.items()}
    return dict(zip(ascii_uppercase, map(str, choices), strict=False))


def lists_options(question: str, choices: Sequence[str]) -> bool:
    """Return True if a question already lists these options after their letters."""
    flat = "".join(question.split())
    at = 0
    for letter, choice in zip(ascii_uppercase, choices, strict=False):
        bare = "".join(choice.split())
        places = [flat.find(f"{letter}{mark}{bare}", at) for mark in ").:"]
        found = [place for place in places if place >= 0]
        if not found:
            return False
        at = min(found) + 2 + len(bare)
    return True


def letter_of(answer: str, choices: Choices) -> str | None:
    """Return the letter that an answer names among options, or None.

    A letter that is followed by the text of another option names none.
    """
    known = options(choices)
    texts = {folded(text): letter for letter, text in reversed(known.items())}
    if (whole := texts.get(folded(answer))) is not None:
        return whole
    match = NAMED.fullmatch(plain(answer))
    if match is None:
        return by_value(answer, known)
    letter = match["round"] or match["square"] or match["bare"]
    if letter.islower() and match["bare"] is not None and match["rest"]:
        return None
    letter, rest = letter.upper(), match["rest"]
    if letter not in known or (match["bare"] and rest[:1] not in ("", ".", ")", ":", ",", "\uff1a")):
        return None
    other = texts.get(folded(rest.lstrip(".):,\uff1a ")))
    return letter if other in (None, letter) else None


def by_value(answer: str, known: Mapping[str, str]) -> str | None:
    """Return the letter of the only option that equals an answer without algebra: "5.0" names the option "5"."""
    if len(answer) > LONGEST or not any(c.isdigit() for c in answer):
        return None
    value = normal(answer)
    equal = [
        letter
        for letter, text in known.items()
        if len(text) <= LONGEST and compare(normal(text), value, lambda *_: Verdict.WRONG) is Verdict.RIGHT
    ]
    return equal[0] if len(equal) == 1 else None


def folded(text: str) -> str:
    """Return the text of an option without case, markup and spaces."""
    return "".join(without_label(text).casefold().replace("\\", "").split())


def plain(text: str) -> str:
    r"""Return a text clean and without fonts: "\textbf{(C)}\ 12" is "(C) 12"."""
    text = clean(text)
    return clean(FONT.sub(r"\1 ", text).replace("\\ ", " ")) if "\\" in text else text


def without_label(text: str) -> str:
    """Return an option without the letter that it may start with."""
    text = plain(text)
    match = OPTION.match(text)
    return text[match.end() :] if match and match.end() < len(text) else text


def bare_letter(answer: str) -> str | None:
    """Return the letter of "C", "(C)", "C." or "C) 12" where the options are not known; None for anything else."""
    text = plain(answer)
    if (alone := ALONE.fullmatch(text)) and (alone[1].isupper() or len(text) > 1):
        return alone[1].upper()
    match = OPTION.match(text)
    several = match is not None and text[match.end() :].lower().startswith(("and ", "or ", "&", ","))
    return match[1].upper() if match and not several else None
