"""Finality: text after a statement that takes it back, or that goes on with the solution."""

import re

from hintree.grade.languages import LANGUAGES

START = r"(?:(?<=[.!?\n\u3002\uff01\uff1f\u0964\u2014\u2026])|(?<=[.!?\n*>] )|(?<=[.!?]\n)|(?<=, )|(?<=- )|(?<=\u2014 )|(?<=\.\"))"  # noqa: E501
LATIN = [wait for language in LANGUAGES for wait in language.waits if wait.isascii() or not wait[0].isascii()]
RETRACTED = re.compile(
    rf"{START}[*_(\"' ]{{0,3}}(?:{'|'.join(dict.fromkeys(LATIN))})(?![\w'])(?! of\b| for\b| time\b| one\b| other\b| more\b)",  # noqa: E501
    re.IGNORECASE,
)
"""A sentence that starts by taking back what was stated."""
SOFT = re.compile(
    r"(?:let me|let's|let us|i'll|i will|i should|i need to|we should|we need to|now,? (?:let me|let's|we|i))"
    r" (?:just |quickly |also )?(?:double[- ]?check|verify|check|confirm|validate|re-?verify|make sure|see if)",
    re.IGNORECASE,
)
"""A promise to check; it takes a statement back only while the check is still to come."""
FOLLOWED = re.compile(r"[\d=]|[.!?]\s|\n")
"""A sign that a check follows its promise: a number, or a second sentence."""
GOES_ON = re.compile(
    r"(?:now\b|next\b(?! (?:item|one|question|problem|line|page|time)\b)|then\b|"
    r"we (?:still|now|also|then|next) |let['\u2019]s |let us |"
    r"for (?:the )?(?:part|second|third|next)\b|"
    r"part \(?[b-z2-9]\b|step \d|after that\b|second(?:ly)?,|third(?:ly)?,|to find |we need to |it remains)",
    re.IGNORECASE,
)
"""A sentence that goes on with the solution."""
CHECKS = re.compile(
    r"(?:(?:so|now|then|next|finally|first|lastly),? )?"
    r"(?:(?:we|i)(?: can| could| will| should|'ll)?|let(?:['\u2019]s| us| me)|to) "
    r"(?:now |just |quickly |also |briefly )?"
    r"(?:double[- ]?check|re-?check|verify|check|confirm|validate|test|recap|review|summari[sz]e|"
    r"break (?:it|this|that) down|walk through|go (?:over|through)|see (?:how|why|if|that)|look at (?:how|why)|"
    r"understand|show|demonstrate|elaborate)\b",
    re.IGNORECASE,
)
"""A sentence that checks or tells once more what was stated."""
CLOSES = re.compile(
    r"(?:(?:and|so|now|then|with that|thus),? )?"
    r"(?:(?:we|i)(?: are|['\u2019]re|['\u2019]m| am| have|['\u2019]ve)|(?:it|that|this|everything)(?: is|['\u2019]s)"
    r"|the (?:problem|solution|question|task|exercise) (?:is|has been)) (?:now |all |fully |finally )?"
    r"(?:done|finished|complete[d]?|solved|answered|over)(?! (?:with )?(?:the )?(?:part|step|case|first|half|one)\b)",
    re.IGNORECASE,
)
"""A sentence that ends the solution."""
EXPLAINS = re.compile(
    r"\b(?:expla(?:nation|in|ining)|reason(?:ing)?|justification|because|rationale|here(?:'s| is) (?:how|why|the)|solution|"  # noqa: E501
    r"working|details|derivation|proof|to see (?:why|this)|calculation)\b",
    re.IGNORECASE,
)
DENIED = re.compile(
    r"[\s$*.)\\]{0,6}(?:is|was|would be|can't be|cannot be|isn't|seems|looks) (?:clearly |obviously |therefore )?"
    r"(?:wrong|incorrect|not|impossible|too|an error|a mistake)\b",
    re.IGNORECASE,
)
"""A sentence that goes on after a box and denies it."""
SENTENCE = re.compile(r"(?<=[.!?\u3002\uff01\uff1f\u0964])\s+|\n+")
MOST = 400
"""Sentences after a statement that are looked at."""


def retraction(text: str) -> int:
    """Return the end of the last sentence start that takes back what stands before it; 0 if there is none."""
    last = 0
    for match in RETRACTED.finditer(text):
        last = match.end()
    return last


def promised(tail: str) -> bool:
    """Return whether a text ends with the promise of a check that does not follow."""
    match = next(reversed(list(SOFT.finditer(tail))), None)
    if match is None:
        return False
    rest = tail[match.end() :].strip(" .:!\n*")
    return len(rest) < 25 and not FOLLOWED.search(rest)


def goes_on(tail: str) -> bool:
    """Return whether the sentences after a statement go on with the solution, rather than explain the statement."""
    for sentence in SENTENCE.split(tail.strip(" .\n*"), maxsplit=MOST)[:MOST]:
        words = sentence.lstrip(" *#_->")
        if EXPLAINS.search(words[:60]) or CHECKS.match(words):
            return False
        if GOES_ON.match(words) and not CLOSES.match(words):
            return True
    return False
