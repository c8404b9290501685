"""Small numbers and ordinals in words: "Ben has four" states a result, "the four steps" counts."""

import re
from collections.abc import Collection

from hintree.grade.numerals import folded
from hintree.policies.mentions import Mention

VERBS = {
    "": "= is are was were be equal equals to get got have had make leave costs has",
    "es": "= es son era da dan hay tiene tienen hace queda quedan resulta a",
    "de": "= ist sind war ergibt gibt hat haben macht bleibt bleiben verliert bekommt kostet gleich",
    "fr": "= est sont donne donnent a ont fait font reste restent egale egalent coute",
}
"""Words before a number that is a result, by language; "" is English and any other."""
VERB_SETS = {code: frozenset(words.split()) for code, words in VERBS.items()}
ADVERBS = frozenset("only about exactly just still now then back left noch solo encore".split())
ARTICLES = frozenset("the el la le der die das".split())
NO_VERBS = frozenset(
    "times plus minus this thus less unless always perhaps besides across towards its steps facts lines days parts "
    "cases numbers rows relations sentences".split()
)
"""English words in "s" before a number that are no verbs."""
COUNTED = frozenset(
    "step part case way thing article item number value quantity quantitie unknown fact relation people person "
    "equation condition side term group kind type operation price share digit variable question sentence sum product "
    "amount angle more less fewer other of time "
    "paso parte caso numero cantidad cantidade dato cosa precio mas de vece "
    "schritte schritt teile teil falle zahlen dinge fakten seiten mal mehr "
    "etape partie cas nombre chose fait cote plus fois "
    "चरण भाग संख्या संख्याएं तथ्य".split()
)
"""Words, without a plural "s", for things that a number only counts; also "more", "times" and "of them"."""
ENDS = frozenset("use reach find obtain yield total to with".split())
"""English words before a number that is a result where it ends the clause: "add them to reach seven."."""
CLAUSE_END = re.compile(r"\s*(?:[.,;!?)]|$)")
ALONE = re.compile(r"\W*")
"""Matches what stands before a number that is all that a hint says, as in "seven pens."."""
LONGEST_ALONE = 3
CHINESE_VERB = re.compile("(?:[是有剩得为給给了]|等于)$")
CHINESE_COUNTED = re.compile("个?(?:步|数|部分|条件|量|种)")
HINDI_VERB = re.compile(r"[^।?!]{0,40}(?:है|हैं|था|थे|होगा|होंगे|हुए)\s*(?:[।.]|$)")
WORD = re.compile(r"[^\W\d_][\w'\u0900-\u097f]*")
WINDOW = 60
"""Characters before and after a number that are read."""


def is_result(text: str, number: Mention, languages: Collection[str]) -> bool:
    """Tell whether a number in words follows a verb and counts no steps, things or sides, as in "Ben eats four slices".

    An ordinal may have an article before it: "it is the fiftieth". A number after a colon is a result, too ("Ben:
    seven"), as is one with which a hint of at most three words begins.
    """
    before, after = text[max(0, number.start - WINDOW) : number.start], text[number.end : number.end + WINDOW]
    if CHINESE_VERB.search(before):
        return number.ordinal or CHINESE_COUNTED.match(after) is None
    counted = WORD.match(after, 1) if after[:1] in (" ", "-") else None
    if counted and not number.ordinal and folded(counted[0]).removesuffix("s") in COUNTED:
        return False
    if "hi" in languages and HINDI_VERB.match(after):
        return True
    if not number.ordinal:
        alone = ALONE.fullmatch(text[: number.start]) is not None and len(text.split()) <= LONGEST_ALONE
        alone = alone and (number.readings != {"1"} or not after.strip(" ."))
        if alone or before.rstrip().endswith(":"):
            return True
    skipped = ADVERBS | ARTICLES if number.ordinal else ADVERBS
    words = [word for word in map(folded, before.replace("=", " = ").split()) if word not in skipped]
    if not words:
        return False
    ends = "" in languages and words[-1] in ENDS and CLAUSE_END.match(after) is not None
    return ends or is_verb(words[-1], languages)


def is_verb(word: str, languages: Collection[str]) -> bool:
    """Tell whether a word is one of the verbs of the languages; in English, most words in "s" are."""
    if any(word in VERB_SETS.get(code, VERB_SETS[""]) for code in languages):
        return True
    return "" in languages and word.isalpha() and len(word) > 3 and word.endswith("s") and word not in NO_VERBS
