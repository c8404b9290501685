"""Tables of numbers in words: English, Spanish, German, French and Hindi; Latin letters stand without accents.

English words are those of words.py. ``number_words.py`` reads numbers with these tables.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from hintree.grade.words import ONES, ORDINALS, SCALES, TENS

Joint = Callable[[int, int], bool]
"""Tells whether a word may join the number before it and the number after it, as "y" joins 30 and 1."""


@dataclass(frozen=True, slots=True)
class Numerals:
    """Words for numbers of one language.

    Attributes:
        value: Number that a word stands for; None for any other word.
        joints: Words inside of a number, such as "y".
        atomic: Numbers below 100 are one word.
        english: Words that are English words too, or prices; read in texts of this language only.
        ordinal: Endings of the last word of an ordinal, or whole words.
        no_number: Words before "hundred" that make it a percentage.
    """

    value: Callable[[str], int | None]
    joints: Mapping[str, Joint] = field(default_factory=dict)
    atomic: bool = False
    english: frozenset[str] = frozenset()
    ordinal: tuple[str, ...] = ()
    no_number: Mapping[str, str] = field(default_factory=dict)


def without_accents(text: str) -> str:
    """Return Latin letters without their accents, and all other characters as they are."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", re.sub(r"(?<=[a-z])[\u0300-\u036f]+", "", parts, flags=re.IGNORECASE))


@lru_cache(maxsize=4096)
def folded(word: str) -> str:
    """Return a word in lower case, without accents, and with one spelling of Hindi's nasal sign."""
    return without_accents(word.casefold()).replace("\u0901", "\u0902").replace("\u093c", "")


def counted(words: str, start: int = 1, step: int = 1) -> dict[str, int]:
    """Return words in the order of their numbers; a slash separates words for the same number."""
    return {
        word: start + step * n for n, choices in enumerate(words.split()) for word in choices.split("/") if word != "-"
    }


ENGLISH = ONES | TENS | {word: n for word, n in SCALES.items() if n >= 100 and len(word) > 2}
SPANISH = (
    counted("uno/un/una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis")
    | counted(
        "diecisiete dieciocho diecinueve veinte veintiuno/veintiun/veintiuna veintidos veintitres veinticuatro", 17
    )
    | counted("veinticinco veintiseis veintisiete veintiocho veintinueve", 25)
    | counted("treinta cuarenta cincuenta sesenta setenta ochenta noventa cien/ciento", 30, 10)
    | counted("doscientos/doscientas trescientos/trescientas cuatrocientos/cuatrocientas", 200, 100)
    | counted("quinientos/quinientas seiscientos/seiscientas setecientos/setecientas", 500, 100)
    | counted("ochocientos/ochocientas novecientos/novecientas mil", 800, 100)
    | {"millon": 10**6, "millones": 10**6, "billon": 10**12, "billones": 10**12}
)
FRENCH = (
    counted("un/une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize")
    | counted("vingt/vingts trente quarante cinquante soixante septante huitante/octante nonante cent/cents", 20, 10)
    | {"mille": 1000, "million": 10**6, "millions": 10**6, "milliard": 10**9, "milliards": 10**9}
)
HINDI = (
    counted("एक दो तीन चार पांच छह/छः/छे/छ सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह/पन्द्रह सोलह सत्रह अठारह/अट्ठारह उन्नीस बीस")
    | counted("इक्कीस बाईस/बाइस तेईस/तेइस चौबीस पच्चीस छब्बीस सत्ताईस/सत्ताइस अट्ठाईस/अट्ठाइस/अठ्ठाईस उनतीस/उन्तीस तीस", 21)
    | counted(
        "इकतीस/इकत्तीस/इकतिस बत्तीस तैंतीस/तेतीस/तैतीस चौंतीस/चौतीस पैंतीस/पैतीस छत्तीस सैंतीस/सैतीस अड़तीस उनतालीस/उन्तालीस चालीस", 31
    )
    | counted(
        "इकतालीस बयालीस/बियालीस तैंतालीस/तिरतालीस चौवालीस/चवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास/उन्चास पचास", 41
    )
    | counted("इक्यावन बावन तिरपन/तिरेपन चौवन/चौअन पचपन छप्पन सत्तावन अट्ठावन/अठावन उनसठ साठ", 51)
    | counted("इकसठ बासठ तिरसठ/तिरेसठ चौंसठ/चौसठ पैंसठ/पैसठ छियासठ सड़सठ/सरसठ अड़सठ उनहत्तर/उनत्तर सत्तर", 61)
    | counted("इकहत्तर/इकत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर/पिचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी/उनासी अस्सी", 71)
    | counted("इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी/अठासी नवासी नब्बे", 81)
    | counted("इक्यानवे/इक्यानबे बानवे/बानबे तिरानवे/तिरानबे चौरानवे/चौरानबे पचानवे/पंचानवे/पचानबे/पंचानबे", 91)
    | counted("छियानवे/छियानबे सत्तानवे/सत्तानबे अट्ठानवे/अट्ठानबे/अठानवे निन्यानवे/निन्यानबे सौ", 96)
    | {"हजार": 1000, "लाख": 10**5, "करोड": 10**7, "अरब": 10**9}
)
HINDI = {word.replace("\u093c", ""): n for word, n in HINDI.items()}
"""Without the dot below a letter (nukta), which many leave out."""

UNITS = counted("ein/eins/eine zwei/zwo drei vier funf sechs sieben acht neun")
BELOW_100 = (
    UNITS
    | counted("zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn", 10)
    | counted("zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig", 20, 10)
)
BELOW_100 |= {f"{unit}und{ten}": BELOW_100[ten] + n for unit, n in UNITS.items() for ten in list(BELOW_100)[-8:]}
BELOW_1000 = BELOW_100 | {
    f"{unit}hundert{joint}{rest}": 100 * n + k
    for unit, n in {"": 1, **UNITS}.items()
    for rest, k in {"": 0, **BELOW_100}.items()
    for joint in (("", "und") if rest else ("",))
}
GERMAN_SCALES = {"million": 10**6, "millionen": 10**6, "milliarde": 10**9, "milliarden": 10**9}


@lru_cache(maxsize=4096)
def german(word: str) -> int | None:
    """Return the number of a German word below a million, which is written without blanks, or of "Millionen"."""
    word = word.replace("fuenf", "funf").replace("zwoelf", "zwolf")
    if word in BELOW_1000 or word in GERMAN_SCALES:
        return BELOW_1000.get(word) or GERMAN_SCALES[word]
    head, thousand, tail = word.partition("tausend")
    tail = tail if tail in BELOW_1000 else tail.removeprefix("und")
    if not thousand or (head and head not in BELOW_1000) or (tail and tail not in BELOW_1000):
        return None
    return 1000 * BELOW_1000.get(head, 1) + BELOW_1000.get(tail, 0)


NUMERALS = {
    "en": Numerals(ENGLISH.get, {"and": lambda before, _: before % 100 == 0}, ordinal=tuple(ORDINALS)),
    "es": Numerals(
        SPANISH.get,
        {"y": lambda before, after: before % 100 >= 30 and after < 10},
        english=frozenset({"once", "quince", "mil"}),
        no_number={"ciento": "por"},
    ),
    "de": Numerals(german, atomic=True, english=frozenset({"elf"})),
    "fr": Numerals(
        FRENCH.get,
        {"et": lambda before, after: before % 100 >= 20 and after in (1, 11)},
        english=frozenset({"cent", "cents", "seize", "mille"}),
        ordinal=("ieme", "iemes"),
        no_number={"cent": "pour"},
    ),
    "hi": Numerals(HINDI.get, atomic=True),
}
"""Tables by code of the language."""
PARTS = {
    "en": counted("half/twice/double/pair third/thrice/triple quarter", 2) | {"dozen": 12},
    "es": counted("mitad/medio/media/doble/par tercio/tercera/triple cuarto/cuarta", 2) | {"docena": 12},
    "de": counted("halfte/halb/halbe/halben/doppelt/doppelte/zweimal/paar drittel/dreimal/dreifache viertel", 2)
    | {"dutzend": 12},
    "fr": counted("moitie/demi/demie/double/paire tiers/triple quart", 2) | {"douzaine": 12},
    "hi": counted("आधा/आधे/आधी/दोगुना/दोगुने/दोगुनी/दुगुना/जोडी तिगुना/तिहाई चौथाई", 2) | {"दर्जन": 12},
}
"""Words that, in a problem or a step, state a number which a hint may then use."""
DOZENS = frozenset("dozen docena docenas dutzend douzaine douzaines दर्जन".split())
"""Words that stand for 12, and multiply a number before them by 12."""
FRACTIONS = {
    "en": counted("half/halves third/thirds quarter/quarters", 2),
    "es": counted("- tercio/tercios cuarto/cuartos quinto/quintos sexto/sextos septimo/septimos octavo/octavos", 2),
    "de": counted("halbe/halben/halfte drittel viertel", 2),
    "fr": counted("demi/demis/demie tiers quart/quarts", 2),
    "hi": counted("आधा/आधे/आधी तिहाई चौथाई", 2),
}
"""Words that divide the number before them, beside ordinals: "three quarters"."""
ORDINAL_WORDS = {
    "en": ORDINALS
    | counted("eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth", 11)
    | counted("twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth hundredth", 20, 10)
    | {"thousandth": 1000},
    "es": counted("decimo/decima undecimo/undecima duodecimo/duodecima", 10)
    | counted("vigesimo/vigesima trigesimo/trigesima cuadragesimo/cuadragesima quincuagesimo/quincuagesima", 20, 10),
    "de": counted("- - dritte/dritter/dritten", 1),
    "fr": {"cinquieme": 5, "neuvieme": 9},
}
"""Ordinals that are not formed by an ending."""
ORDINAL_ENDS = {
    "de": re.compile(r"s?te[nmrs]?$|s?tel$"),
    "fr": re.compile(r"e?iemes?$"),
    "hi": re.compile("व(?:ां|ीं|ें|े)$"),
}
"""Endings that make an ordinal, and in German a fraction, of a number."""


@lru_cache(maxsize=4096)
def ordinal_value(code: str, word: str) -> int | None:
    """Return the number of an ordinal of a language, such as 35 for "fünfunddreißigste"; None for any other word.

    >>> ordinal_value("en", "twentieths"), ordinal_value("fr", "douzieme"), ordinal_value("de", "zwanzigster")
    (20, 12, 20)
    """
    table = ORDINAL_WORDS.get(code, {})
    if (known := table.get(word) or table.get(word.removesuffix("s"))) is not None or code not in ORDINAL_ENDS:
        return known
    stem, ends = ORDINAL_ENDS[code].subn("", word)
    if not ends:
        return None
    value = NUMERALS[code].value
    return value(stem) or value(stem + "e")
