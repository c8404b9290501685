"""The value of a phrase: the span that follows "the answer is", and whether it is an answer at all."""

import re

from hintree.grade.clean import clean
from hintree.grade.dates import read_date

LONGEST = 600
"""Characters of a value."""
ABBREVIATIONS = re.compile(
    r"(?:\b(?:Rs|[KTU]?Sh|[KTU]sh|Mr|Mrs|Ms|Dr|St|No|vs|approx|Prof|Jr|Sr|e\.g|i\.e|a\.m|p\.m|U\.S|Fig|Eq|ca|Inc|Ltd|Mt|sq|cu"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|\b[A-Z])$"
)
STOPS = re.compile(
    r"[.!?](?:[\"'\u201d)\]*$]{0,4})(?=\s|$)|[\u3002\uff01\uff1f\u0964\u0965\u061f\u06d4]|(?<=[\u3040-\u30ff\u4e00-\u9fff])\."
)
CLAUSE = re.compile(
    r",? (?:because|since|as|which|where|when|so|and (?:we|the|that|this|it|so|i|not)|that|who|therefore|thus|hence|not|"  # noqa: E501
    r"given|we|i|given that|considering|rather than|instead of|but not)\b| \((?:that is|i\.e\.|see|since|because|as|from|which)\b"  # noqa: E501
    r"| \((?!mod\b)(?=[^()\n]{0,30}[a-zA-Z]{3}[^()\n]{0,60} [^()\n]{0,60}\))"
    r"|;(?= ?[^\W\d_]{2})|[;\uff1b\uff0c]| [-\u2013\u2014]{1,2} (?=[^\W\d_]{2})|\u2014| \(?(?:option|choice) ",
    re.IGNORECASE,
)
"""Text that may follow a complete value in its sentence."""
CONDITION = re.compile(
    r"\b(?:if|unless|plus|minus|times|but|only|except|before|so far|for now|for (?:part|the (?:first|second|case))|"
    r"in (?:this|that|the first) (?:case|step|part)|for (?:this|that|each) (?:case|step|part)|would|could|might)\b",
    re.IGNORECASE,
)
NUMBER_WORD = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|half|negative|minus"
)
HEAD = re.compile(
    r"(?:about|approximately|around|roughly|exactly|only|just|simply|therefore|thus|then|also|now|indeed|actually|either|"
    rf"donc|also|por tanto|nearly|almost)?,? ?(?:[-+\u00b1\u2248~\u2212]? ?(?:US|Rs\.? ?|R|A|C|INR |USD |EUR |GBP )?[$\u20ac\u00a3\u20b9\u00a5]?"  # noqa: E501
    rf"[-+]?\.?\d|[$\\(\[{{|\u221a\u221e\u03c0\u00bc-\u00be\u2205]|(?:{NUMBER_WORD})\b|[a-zA-Z](?:_\{{?\w{{1,3}}\}}?)?"
    r"(?:\([a-z]\))? ?(?:[=<>\u2264\u2265^+*/-]|\\(?:in|le|ge|ne)))",
    re.IGNORECASE,
)
"""The start of a value in numbers or formulas."""
SENTENCE_WORDS = frozenset(
    "because since that which who whom when where if whether we i you it they he she there this these those to by as than "  # noqa: E501
    "let let's clear correct right wrong incorrect simple obvious unknown known found obtained unique reasonable verified "  # noqa: E501
    "consistent not going has have had do does did can could would should must will may might be been being also easy "
    "hard difficult ready complete done below above here follows follow easily calculated computed using following "
    "what how why first need find your our my shown provided true? based supposed expressed given similar different worth "  # noqa: E501
    "interesting surprising coming bit".split()
)
DETERMINER = re.compile(
    r"(?:an?|the|some|any|one of|at (?:least|most)|more|less|greater|fewer|between|just|simply)\b", re.IGNORECASE
)
NOUN = re.compile(
    r"\b(?:number|integer|value|sum|product|difference|quotient|ratio|multiple|factor|total|result|answer|one|same|amount|"
    r"quantity|fraction|decimal|formula|rule|average|remainder|than|and|expression|equation|option|choice)\b",
    re.IGNORECASE,
)
"""Words that describe an answer, "an even number", and do not state it."""
ARITHMETIC = re.compile(
    r"\A[-+]?(?:[\d$(]|\\d?frac\{)(?:[\d\s.,$()%*/+\u00d7\u00f7{}^-]|x(?= ?[\d$(])|\\(?:times|cdot|div|d?frac|left|right|,)(?![a-z])){0,200}="  # noqa: E501
    r"(?=[^=<>]{1,60}$)"
)
BOUND = re.compile(
    r"(?:at (?:least|most)|(?:more|less|greater|fewer|larger|smaller) than|no (?:more|less))\b", re.IGNORECASE
)
ONE_NUMBER = re.compile(r"(?<![a-zA-Z\d_.,/])[$\u20ac\u00a3]?-?\d[\d,]{0,20}(?:\.\d{1,12})?(?:/\d{1,12})?%?")
CLAUSE_WORDS = re.compile(
    r"(?:dans|en|sous|sur|tr\u00e8s|plus|aussi|muy|m\u00e1s|tan|sehr|so|im|in|auf|zu|em|na|muito|mais|nel|nella|molto|pi\u00f9|op|zeer"
    r"|\u0432|\u043d\u0430|\u043e\u0447\u0435\u043d\u044c)\b|[在如比很非]|まだ|とても",
    re.IGNORECASE,
)
VERB_ENDS = ("ません", "ます", "ない", "する", "した", "れる", "습니다", "세요")
"""Starts and ends of clauses in other languages."""
ABBREVIATED = re.compile(r"\d ?(?:ft|in|lbs?|oz|hrs?|mins?|yd|h)\Z")
ASIDE = re.compile(r"\A(?:\([a-zA-Z ]{3,40}\) (?=[-$\\\d])|, (?=[a-z]))")
"""A remark before a value: "(rounded) 9", or the comma of "is, of course, 9"."""
NAME = re.compile(r"[A-Z]|(?:yes|no|true|false)\b")
WORDS_AFTER = re.compile(r" ?[^\W\d_]{2}")
NOT_BUT = re.compile(r"\Anot [^,;]{1,40}?,? but (?:rather |instead )?(?=\S)", re.IGNORECASE)
"""The first part of "not 6 but 5"."""
DESCRIPTION = re.compile(
    r"\A(?:(?:une?|una|uno|uma?|eine?[nr]?|een) (?:.{0,40} )?(?:n[\u00fau]mero|entero|inteiro|nombre|entier|\w{0,12}zahl|getal|intero|val[oe]u?r|wert)\b"  # noqa: E501
    r"|(?:一个|某个?|ある)[^\d]{0,12}"
    r"|(?:[^\d]{0,40} )?(?:\u0447\u0438\u0441\u043b[\u043e\u0430]\u043c?|عدد|संख्या|সংখ্যা|సంఖ్య)\b)",
    re.IGNORECASE,
)
"""A description of an answer in other languages: "un número entero"."""
DESCRIBED = re.compile(r"(?:an?|the|une?|una|uno|uma?|eine?|een) [^:.!?]{1,60}: (?=\S)", re.IGNORECASE)
"""A description before the value: "a 3-digit number: 125"."""
NEGATED = re.compile(
    r"\A(?:(?:not|no longer|never|nicht|kein\w{0,2}|pas|niet|geen|\u043d\u0435|bukan|nie|không|\u0644\u064a\u0633\u062a?|\u0644\u0627)(?!\w)|ไม่"  # noqa: E501
    r"|.{0,40}(?:(?:では|じゃ)(?:ありません|ない|なく)|なければ|아니|아닙|नहीं|নয়|కాదు|değil))",
    re.IGNORECASE,
)
"""A value that is denied, in languages where the negation follows the verb or the value."""
SAID = re.compile(r"\A[^\d]{1,30}[有是共需剩用花得为為要卖赚]了? ?[$\uffe5\u00a5]?(?=\d)")
"""The start of a Chinese sentence around its number."""
VERB = re.compile(
    r"\A[^\d$\u20ac\u00a3]{0,80}\b(?:is|are|was|were|has|have|had|will|would|can|makes?|made|costs?|needs?|takes?|took|gets?|got|earns?|"
    r"sells?|sold|spends?|spent|pays?|paid|walks?|runs?|ran|buys?|bought|uses?|saves?|eats?|ate|drives?|drove|travels?|reads?|gives?|gave|"
    r"receives?|owes?|weighs?|leaves?|left|loses?|lost|gains?|holds?|contains?|requires?|equals?|produces?|collects?|drinks?|drank|"
    r"[a-z]{3,12}ed) [^\d]{0,40}[-$\u20ac\u00a3]?\d",
    re.IGNORECASE,
)
"""The start of an English sentence around its number."""
LETTER = re.compile(
    r"(?:the )?(?:(?:option|choice) \(?(?P<named>[A-J])\)?(?![\w'])|\(?(?P<labelled>[A-J])(?:\)\.?|[.:]) (?=\S)"
    r"|\(?(?P<reasoned>[A-J])\)?,? (?=(?:because|since|as)\b))",
)
"""The letter of an option, before the option's text or a reason."""
ADVERB = re.compile(
    r"(?:(?:therefore|thus|then|also|now|indeed|actually|simply|definitely|clearly|certainly|just|only|hence|so|donc|also|"
    r"por (?:lo )?tanto|obviously|really|of course|in fact|as expected|finally|still|again|entonces|pues|alors|ainsi|daher|"  # noqa: E501
    r"somit|folglich|portanto|ent\u00e3o|quindi|dunque)[,:]? )+(?=\S)",
    re.IGNORECASE,
)
UNITS_FIRST = re.compile(r"(?P<words>(?:[^\W\d_]{1,20}\.? ){1,4})(?P<number>[-+$]?\d[\d.,/]{0,30})")
UNITS_RANGE = re.compile(
    r"\b(?:zaidi|angalau|chini|pungufu|juu|takriban|nusu|robo|theluthi|kati|hadi|si|siyo|sio|mara|ya kwanza|"
    r"chumba|ukurasa|namba|nambari)\b",
    re.IGNORECASE,
)
"""Swahili words before a number that make another value of it."""
UNITS_SCALE = re.compile(r"\b(?:elfu|laki|milioni|bilioni)\b", re.IGNORECASE)
PREPOSITIONS = frozenset("in on at from with of for into through via between".split())
STARTS = frozenset("let let's we to first since if i now then step suppose assume when so".split())
REFUSED = ("否", "正确", "错误", "不", "正しい", "सही", "صحيح", "верн", "correct", "richtig", "falsch", "exact")


def span(text: str, start: int, *, label: bool) -> tuple[str, str, int] | None:
    """Return the sentence that holds a value, its last sign, and its end; None if nothing follows.

    A value on the next line counts only after a label, such as a colon or a heading.
    """
    first = start
    while start < len(text) and text[start] in " \t\u3000*_:\uff1a\u3001" + ("\n#" if label else ""):
        start += 1
    if text.startswith("- ", start) and "\n" in text[first:start]:
        start += 2
    for opening, end in (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$")):
        if text.startswith(opening, start):
            close = text.find(end, start + len(opening), start + LONGEST)
            inside = text[start + len(opening) : close]
            digit = text[close + 1 : close + 2].isdigit()
            if close > 0 and inside.strip() and (len(opening) > 1 or (not digit and "\n" not in inside)):
                return rest_of(text, start, close + len(end))
            break
    return rest_of(text, start, start) if start < len(text) else None


def rest_of(text: str, start: int, closed: int) -> tuple[str, str, int]:
    """Return the sentence from ``start``, its last sign and its end; no sentence ends before ``closed``."""
    line = text.find("\n", closed, closed + LONGEST)
    end = line if line >= 0 else min(len(text), closed + LONGEST)
    for stop in STOPS.finditer(text, closed, end):
        before = text[max(start, stop.start() - 8) : stop.start()]
        if ABBREVIATED.search(before) and text[stop.end() : stop.end() + 2].strip()[:1].isdigit():
            continue
        if stop[0][0] != "." or not ABBREVIATIONS.search(before) or one_letter(text, start, stop.start()):
            return text[start : stop.start()], stop[0][0], stop.end()
    return text[start:end], "", end


def one_letter(text: str, start: int, end: int) -> bool:
    """Return whether the sentence so far is a single letter, the one of a choice or a variable."""
    return len(text[start:end].strip("(* )")) <= 1


def value(
    sentence: str, sign: str, *, label: bool, last: bool, tails: tuple[str, ...] = (), foreign: bool = False
) -> str | None:
    """Return the answer that a sentence after a phrase states, clean; None if it states none.

    Args:
        sentence: The text from the end of the phrase to the end of its sentence.
        sign: The sign that ends the sentence.
        label: Whether the phrase is a label ("Answer:"), after which a whole sentence may stand.
        last: Whether the sentence is the last of the text.
        tails: Words of the language that may follow the value.
        foreign: Whether the language is not English, so that only short answers in words are known from clauses.
    """
    if sign in ("?", "\uff1f", "\u061f") or not sentence.strip():
        return None
    text = ASIDE.sub("", " ".join(sentence.split()), count=1)
    if NEGATED.match(text):
        text = NOT_BUT.sub("", text, count=1)
        if NEGATED.match(text):
            return None
    text = without_tails(text, tails)
    if (described := DESCRIBED.match(text)) and HEAD.match(text, described.end()):
        text = text[described.end() :]
    text = ADVERB.sub("", text.lstrip("*_ \"'"), count=1) if ADVERB.match(text.lstrip("*_ \"'")) else text
    if (letter := LETTER.match(text)) and len(text) < 200:
        return letter["named"] or letter["labelled"] or letter["reasoned"]
    if HEAD.match(text.lstrip("*_ \"'")):
        return number_like(text)
    text = clean(text)
    if not text or (not text[0].isalnum() and text[0] not in "-+~\u2248\u221a([{\\\u2205"):
        return None
    if HEAD.match(text):
        return number_like(text)
    if read_date(text) is not None:
        return text
    if not label and BOUND.match(text):
        return None
    if DESCRIPTION.match(text):
        return None
    if label and (SAID.match(text) or VERB.match(text)) and (number := only_number(text)) is not None:
        return number
    if (clause := CLAUSE.search(text)) and NAME.match(text) and len(text[: clause.start()].split()) < 5:
        text = text[: clause.start()]
    words = text.lower().replace(",", " ").split()
    if foreign and not label and (len(words) > 3 or CLAUSE_WORDS.match(text) or text.endswith(VERB_ENDS)):
        return None
    if is_words(text, words, label):
        return text
    return only_number(text) if label and last else None


def number_first(sentence: str) -> str:
    """Return a value of a language that puts units first without them, "18" for "dola 18"; words of scale follow it.

    >>> number_first("dola za Marekani 18"), number_first("milioni 2"), number_first("zaidi ya 5")
    ('18', '2 milioni', 'zaidi ya 5')
    """
    match = UNITS_FIRST.fullmatch(sentence.strip(" *"))
    if match is None or UNITS_RANGE.search(match["words"]):
        return sentence
    percent = "%" if "asilimia" in match["words"].lower() else ""
    return " ".join([match["number"] + percent, *UNITS_SCALE.findall(match["words"])])


def number_like(text: str) -> str | None:
    """Return a value that starts with a number or a formula, without the clause that may follow."""
    closed = max(text.rfind("$"), text.rfind("\\)"), text.rfind("}"), 0)
    head = text[:closed] if text.count("$") >= 2 or "\\)" in text or "}" in text else ""
    rest = text[len(head) :]
    clause = CLAUSE.search(rest)
    listed = clause is not None and clause[0] in (";", "\uff1b", "\uff0c") and not WORDS_AFTER.match(rest, clause.end())
    if listed and not head:
        clause = None
    if CONDITION.search(rest[: clause.start()] if clause and clause[0].strip(" ,") != "so" else rest):
        return None
    text = result(clean(head + (rest[: clause.start()] if clause else rest)))
    return text if text and len(text.split()) <= 40 else None


def result(text: str) -> str:
    """Return the right side of arithmetic, "20" for "18 + 2 = 20"; any other text as it is."""
    arithmetic = ARITHMETIC.match(text)
    return clean(text[arithmetic.end() :]) if arithmetic else text


def is_words(text: str, words: list[str], label: bool) -> bool:
    """Return whether a text without a number at its start is an answer in words, and not a clause or a heading."""
    if text.lower().startswith(("none of the", "all of the", "both of the")) and len(words) < 6:
        return True
    if (DETERMINER.match(text) and NOUN.search(text)) or any(word.strip("\"'().:") in SENTENCE_WORDS for word in words):
        return False
    if (
        words[0] in PREPOSITIONS
        or (len(words) > 1 and words[0].endswith("ly"))
        or any(text.lower().startswith(refused) for refused in REFUSED)
    ):
        return False
    if not text.isascii() and not any(c == " " for c in text):
        return len(text) <= 12
    return len(words) <= (8 if label else 6) and not text.endswith(":")


def only_number(text: str) -> str | None:
    """Return the only number of a whole sentence with the words after it, "31 eggs" of "Ana has 31 eggs"."""
    found = list(ONE_NUMBER.finditer(text))
    first = text.split(maxsplit=1)[0].lower().strip(",.:")
    if len(found) != 1 or len(text) > 200 or first in STARTS or CONDITION.search(text) or ":" in text:
        return None
    rest = text[found[0].start() :]
    short = len(rest.split()) <= 3 and not any(word in rest for word in (" every", " each", " per", " a "))
    return clean(rest if short else found[0][0])


def without_tails(text: str, tails: tuple[str, ...]) -> str:
    """Return a text without the verb that ends the sentence in some languages."""
    text = text.rstrip(" .*_\u0964\u3002")
    for tail in tails:
        if text.endswith(tail) and len(text) > len(tail):
            return text[: -len(tail)].rstrip()
    return text
