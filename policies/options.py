"""Hints that name an option of multiple choice as the right one, or as a wrong one: "choose (B)", "rule out A."."""

import re

LETTER = r"(?:\([A-J]\)|(?<![A-Za-z])[A-J](?![\w'\u2019]))"
NOUNS = (
    r"(?i:(?:the |la |le |el |die |den |correct |right |option |choice |answer |letter |opción |letra |réponse |lettre "
    r"|antwort |विकल्प |उत्तर ){0,4})"
)
VERBS = (
    r"(?:\b(?i:choose|pick|select|mark|tick|circle|go with|go for|elige|escoge|marca|wähle|nimm|choisis|coche) "
    r"|[选選][择擇]? ?)"
)
MUST = r"\b(?i:it|answer|choice|option|result) (?i:is|must be|should be|has to be|can only be) "
END = r"(?=\s*(?:[.!;\u3002\uff01\u0964]|$)|,? (?i:since|because|please|then|denn|porque|car)\b)"
"""Matches the text after the letter of an option: "choose B." names one, "choose B as the origin" does not."""
BEST = r"(?i:looks|seems|appears|is|must be) (?:the )?(?i:best|right|correct|likely|most likely)\b"
OUT = r"\b(?i:eliminate|rule out|exclude|discard|cross out) (?i:options? |choices? |answers? )?"
RIGHT = r"(?i:correct\w?|right|richtig\w?|bonne|juste|answer)(?! ?-?\w{0,20}angle| of)"
NAMED = re.compile(
    rf"{VERBS}{NOUNS}{LETTER}{END}|{MUST}{NOUNS}{LETTER}{END}"
    rf"|{LETTER} (?i:is|must be|ist|es|est)(?i: the| la| le| die)? {RIGHT}|{LETTER} सही"
    rf"|^\W*{LETTER}\W*$|\b(?i:correct|right|answer|option|choice|result)\s*:\W*{LETTER}{END}"
    rf"|{VERBS}{NOUNS}\(?[a-j]\)?{END}|\b(?i:option|choice|answer) {LETTER} {BEST}"
    rf"|{OUT}{LETTER}(?:(?:, | and | or |, and |, or ){LETTER})*{END}"
    r"|\b(?i:(?:first|second|third|fourth|fifth|last) (?:option|choice) (?:is (?:correct|right|the answer)|fits|works))"
)


def names_option(text: str) -> bool:
    """Tell whether a text names an option as the right one, by its letter or its place, or rules options out.

    >>> names_option("Pick (B)."), names_option("option C is correct"), names_option("choose B as the origin")
    (True, True, False)
    """
    return NAMED.search(text) is not None
