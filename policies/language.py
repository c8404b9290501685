"""Language of a question: by its script for Chinese and Hindi, by its function words for Spanish, German and French."""

import re
from collections import Counter

from hintree.errors import UsageError
from hintree.grade.numerals import without_accents

LANGUAGES = ("zh", "es", "de", "fr", "hi")
"""Codes (ISO 639-1) of the languages that have a shipped protocol of the same name."""
AUTO = "auto"
USUAL = "en"
"""Code of the language of the usual protocols."""
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
KANA = re.compile(r"[\u3041-\u30ff]")
DEVANAGARI = re.compile(r"[\u0900-\u0963\u0970-\u097f]+")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]{2,}")
COMMAND = re.compile(r"\\[A-Za-z]+")
"""Matches a command of LaTeX, such as "\\le", which is no French word."""
WORD = re.compile(r"(?:qu|[ldn])'(?=\w)|[^\W\d_]{2,}")
"""Matches an elided French word or a word of several letters; one letter is often the name of a variable."""
LONGEST = 20_000
"""Characters of a text that are read."""
FUNCTION_WORDS = {
    "en": "the of and is are how many much what which an in to each has have if does do for with at by that from it "
    "was were will be he she they his her their than more all some",
    "es": "el la los las de que en un una cuanto cuanta cuantos cuantas es son tiene tienen si por con para del al se "
    "cada mas su sus entre hay cual como cuando calcula halla resuelve encuentra dia dias",
    "de": "der die das und ein eine einen einer eines wie viel viele vieler ist sind hat haben mit von fur nach zu zum "
    "zur jeder jede jedes jeden wenn was nicht er sie es den dem des im auf pro insgesamt berechne bestimme mal welche "
    "gleichung zahl zahlen",
    "fr": "le la les des du de et est une un combien que qui dans pour avec il elle ils elles sur chaque quel quelle "
    "au aux son sa ses par plus sont ont font si en fois calcule calculer trouve trouver determiner ou chacun l' d' "
    "qu' n' resous resoudre",
    "pt": "os as um uma quantos quantas quanto nao de que do da dos das em com para tem sao cada mais ele ela por no",
    "it": "il lo gli di che un una quanti quante quanto con per sono ha hanno nel della del dei ogni al la ne le si "
    "l' d'",
    "nl": "de het een en hoeveel van is zijn heeft hebben in met voor elke hij zij dat per hun er als op te",
    "ca": "el la els les de que en un una quants quantes es te per amb cada mes del dels al quant hi ha si l' d' n'",
}
"""Frequent words, without accents. Those without a protocol keep a text in a like language from being taken for one."""
SETS = {code: frozenset(words.split()) for code, words in FUNCTION_WORDS.items()}
LEAST = 2
"""Fewest function words of a language in its texts."""


def language_of(text: str) -> str:
    """Return the language of a text: "zh", "es", "de", "fr", "hi", or "" for any other and where it is not clear.

    A script decides if there are at least as many Chinese characters, or words in Devanagari, as words in Latin
    letters. Else the language with the most function words decides, if no other has as many.

    >>> language_of("他有多少个苹果"), language_of("Wie viele Äpfel hat sie?"), language_of("How many apples?")
    ('zh', 'de', '')
    """
    text = COMMAND.sub(" ", text[:LONGEST]).replace("\u2019", "'")
    latin = len(LATIN.findall(text))
    han, hindi = len(HAN.findall(text)), len(DEVANAGARI.findall(text))
    if max(han, hindi) >= max(latin, 1):
        return "hi" if hindi >= han else "" if KANA.search(text) else "zh"
    words = [without_accents(word.casefold()) for word in WORD.findall(text)]
    (first, most), (_, second) = Counter(
        {code: sum(word in known for word in words) for code, known in SETS.items()}
    ).most_common(2)
    return first if first in LANGUAGES and most >= LEAST and most > second else ""


def protocol_for(language: str, question: str) -> str | None:
    """Return the name of the protocol of a language; None for the usual one.

    Args:
        language: A code of ``LANGUAGES``, "en", or "auto" for the language of the question.
        question: Text of the question.

    Raises:
        UsageError: The language is none of these.
    """
    if language == AUTO:
        return language_of(question) or None
    if language not in (*LANGUAGES, USUAL):
        raise UsageError(f"language {language!r} is not one of {', '.join((AUTO, USUAL, *LANGUAGES))}")
    return language if language != USUAL else None
