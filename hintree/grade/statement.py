"""Phrases: "The answer is 31", "Answer:" with 31 on the next line, and the like in the languages of the table."""

import re
from collections.abc import Sequence

from hintree.grade.clean import without_emphasis
from hintree.grade.finality import goes_on, promised
from hintree.grade.forms import Form
from hintree.grade.languages import OTHERS
from hintree.grade.values import HEAD, number_first, span, value

FOREIGN = frozenset(language.name for language in OTHERS)
MOST = 200
"""Phrases of a text that are looked at, from its end."""
BEFORE = re.compile(r"([\w']+)[ \"*]*\Z|([^\w\s])\s*\Z|^\s*\Z|\n[ \t]*\Z")
ALLOWED = frozenset(
    "the final correct right overall complete exact simplified numerical numeric required desired ultimate best actual "
    "only total my our this short single so hence thus therefore and finally then is our's its final's closest model "
    "boxed corrected revised updated possible valid unique sole definitive precise rounded reduced".split()
)
"""English words that may stand before "answer" in a statement; "Ben's answer" and "a wrong answer" are no statements."""  # noqa: E501
SUPPOSED = re.compile(
    r"(?:n't \w+(?: that)?|\b(?:not (?:sure|certain|convinced)(?: that| if)?|unsure(?: that)?|if|whether|(?:suppose|assum(?:e|ing))(?: for [a-z ]{1,40})?(?:,? that)?|unless|until|because|since|"  # noqa: E501
    r"doubt(?: that)?|cannot say(?: that)?|check(?: that)?|checking(?: that)?|verify(?: that)?|when|not say(?: that)?|"
    r"(?:first|previous|wrong|incorrect|initial|student's|earlier|his|her|their|your|\w{2,20}'s) (?:final |first )?))"
    r" ?(?:then )?(?:the |my |our )?(?:final |correct |right |exact )*\Z",
    re.IGNORECASE,
)
YOURS = re.compile(r"(?:^|\n)[\s#*_>-]{0,8}your (?:final )?\Z", re.IGNORECASE)
"""The start of a line "Your answer:"."""
REPORTED = re.compile(
    r"\b(?:mistake|error|trap|tempt(?:ing|ed)|misconception|initially|originally|at first|first|earlier|previously|"
    r"(?:one|you|someone|people|students|many|some|we|i) (?:might|may|could|would)|(?:some|many) (?:people|students))\b"
    r"[^.!?\n]{0,30}?\b(?:think|thought|says?|said|guess(?:ed)?|believed?|assumed?|claim(?:ed)?|expect(?:ed)?|suppose|wrote)"
    r"(?: that)? (?:the |my |our )?(?:final |correct |right )*\Z",
    re.IGNORECASE,
)
"""An opinion that a sentence reports and does not share."""
GENERAL = re.compile(
    r"\b(?:each|every|any|another|which|per|no|\d{1,9}|his|her) (?:correct |right |final |exact )*\Z", re.IGNORECASE
)
"""Answers of which there are several: "each correct answer is worth 5 points"."""
CONTRARY = re.compile(r"(?:\A|[.!?\n] ?)(?:had|were|without) [^.!?\n]{1,70}\Z", re.IGNORECASE)
"""A condition contrary to fact: "Had it asked for minutes, the answer would be 120"."""
OPERAND = re.compile(
    r"\b(?:doubl|tripl|halv|multipl|divid|add|subtract|round|squar|increas|decreas|us|tak|convert)(?:e|y|ing|es|s)?"
    r" (?:the |my |our |this )(?:final )*\Z",
    re.IGNORECASE,
)
"""A step of arithmetic with an answer that was found before."""
KNOWN = re.compile(
    r"\b(?:know|note|see|expect|require|remember|require[sd]?)(?: now)?(?: that)? (?:the |our |my )*(?:final )*\Z",
    re.IGNORECASE,
)
TURNED = re.compile(
    r"(?:^|[.,:;!]\s|\n|\b(?:so|thus|hence|therefore|get|obtain|have|gives|that|finds?|arrive at))(?P<before>) ?(?P<value>[^\s,;:?!][^\n,;?!]{0,50}?)"  # noqa: E501
    r" (?:is|as) (?:the|our|my) (?:final |correct |right )?answer\b",
    re.IGNORECASE,
)
CHOSEN = re.compile(
    r"(?:\A|[.,:;!\n] ?|\b(?:so|thus|hence|therefore|that|means) )(?:(?:the )?(?:option|choice|answer) )?\(?([A-J])\)?"
    r"(?:[:.)] [^.\n]{1,80}?)? is (?:the |our |my )?(?:(?:only |final |most )?(?:correct|right|best)|answer|final answer)"  # noqa: E501
    r"(?: (?:option|choice|answer|one))?(?= ?[.!,\n]| because| since| ?\Z)",
    re.IGNORECASE,
)
"""A letter of multiple choice before the verb: "option (B) is the correct answer"."""
TO_BE = re.compile(r"answers? to be ?", re.IGNORECASE)
FOUND = re.compile(
    r"\b(?:find|found|finds|get|got|compute|computed|calculate|calculated|determine|determined) (?:the|our|my) (?:final )?\Z",  # noqa: E501
    re.IGNORECASE,
)
"""Words before "answer to be 18" in a statement; "for the answer to be 18" is none."""
INTRODUCED = re.compile(
    r"\b(?:so|thus|hence|therefore|get|obtain|have|gives?|that|finds?|arrive at|yields?|leaves?|us|me|you|with|choose|pick|select) ",  # noqa: E501
    re.IGNORECASE,
)
"""Words before the value of "we get 18 as the answer"."""
LINES = re.compile(
    r"(?m)^[ \t]{0,8}(?:#{1,6} ?|[*_]{1,3})?(?:(?:step )?\d{1,2}[.:)] ?)?(?:the )?(?:final|short|my|your)? ?answers?[*_: ]{0,6}$",  # noqa: E501
    re.IGNORECASE,
)
"""A heading "Final Answer" on a line of its own."""
BESIDE = (
    "la|le|el|die|a|final|finale|définitive|endgültige|korrekte|richtige|correcta|bonne|"
    "अंतिम|सही|最终|最終|最后|正确|окончательный|итоговый"
)
"""Words that may stand before "answer" in a heading of another language."""
HEADINGS = {"english": LINES} | {
    language.name: re.compile(
        rf"(?m)^(?:#{{1,6}} ?)?(?:(?:{BESIDE}) ?){{0,2}}(?:{'|'.join(language.nouns)})"
        rf"(?: (?:{'|'.join(language.adjectives) or '(?!)'}))?[: \uff1a]{{0,3}}$",
        re.IGNORECASE,
    )
    for language in OTHERS
}
"""Headings on a line of their own, by language."""
TAKEN_BACK = re.compile(r"\w ?\((?:no|wait|actually|sorry|rather|correction)\b[,:; ]", re.IGNORECASE)
"""A value that is taken back at once: "12 (no, 18)"."""
RULE = re.compile(r"(?m)^(?:- ?){3,}$|^(?:\* ?){3,}$|^(?:_ ?){3,}$")
"""A line that only divides, as in Markdown."""
NO_VALUE = re.compile(
    r"\s{0,8}(?:1[.)] \S[^\n]{0,300}\n{1,3}2[.)] |step \d{1,4} ?[:.]|\|[^\n]{0,300}\n\|? ?:?-{2,})", re.IGNORECASE
)
"""Matches a list of several items, a step or a table, which are no values below a heading."""


def stated(text: str, forms: Sequence[Form]) -> str | None:
    """Return the answer of the last phrase that states one and that the text after it leaves standing."""
    if not forms:
        return None
    text = RULE.sub("", without_emphasis(collapsed(text)))
    found: list[tuple[int, int, bool, Form]] = []
    for form in forms:
        if form.pattern is not None:
            found += [(m.end(), m.start("noun"), bool(m["label"]), form) for m in form.pattern.finditer(text)]
        if (heading := HEADINGS.get(form.name)) is not None:
            found += [(m.end(), m.start(), True, form) for m in heading.finditer(text)]
    found.sort(key=lambda item: item[:3])
    for end, noun, label, form in reversed(found[-MOST:]):
        answer = statement(text, end, noun, form, label=label)
        if answer is not None:
            return answer
    return turned(text) if any(form.name == "english" for form in forms) else None


def turned(text: str) -> str | None:
    """Return the answer of "18 is the final answer" or "we get 18 as the answer"; None if there is none."""
    match = next(reversed(list(TURNED.finditer(text))), None)
    chosen = next(reversed(list(CHOSEN.finditer(text))), None)
    if chosen and (match is None or chosen.end() >= match.end()):
        tail = text[chosen.end() :]
        return None if tail[:1] == "?" or goes_on(tail) or promised(tail) else chosen[1]
    if match is None or text[match.end() : match.end() + 1] == "?" or SUPPOSED.search(match["before"] or ""):
        return None
    tail = text[match.end() :]
    answer = value(INTRODUCED.split(match["value"])[-1], ".", label=False, last=False)
    standing = answer is not None and any(c.isdigit() for c in answer) and not goes_on(tail) and not promised(tail)
    return answer if standing else None


def statement(text: str, end: int, noun: int, form: Form, *, label: bool) -> str | None:
    """Return the answer of a phrase that ends at ``end`` and whose noun starts at ``noun``; None if it states none."""
    before = text[max(0, noun - 80) : noun]
    of = text.endswith("of", noun, end)
    if form.name == "english" and TO_BE.fullmatch(text, noun, end) and not FOUND.search(before):
        return None
    if form.name == "english" and not introduced(before, label=label, of=of):
        return None
    below = not label and text[end : end + 3].lstrip(" ")[:1] == "\n"
    found = None if NO_VALUE.match(text, end) else span(text, end, label=label or below)
    if found is None or (below and not HEAD.match(found[0].lstrip())):
        return None
    sentence, sign, stop = found
    if of and " is " in sentence:
        return None
    tail = text[stop : stop + 20_000]
    foreign = form.kind == "phrase" and form.name in FOREIGN
    if form.noun_first:
        sentence = number_first(sentence)
    answer = value(sentence, sign, label=label, last=not tail.strip(), tails=form.tails, foreign=foreign)
    if answer is None or goes_on(tail) or promised(tail) or TAKEN_BACK.search(answer):
        return None
    if KNOWN.search(before) and not any(c.isdigit() for c in answer):
        return None
    return answer


def introduced(before: str, *, label: bool, of: bool = False) -> bool:
    """Return whether the words before "answer" make a statement of it; ``of`` stands for "an answer of 18"."""
    if label and YOURS.search(before):
        return True
    if any(pattern.search(before) for pattern in (SUPPOSED, REPORTED, OPERAND, CONTRARY, GENERAL)):
        return False
    match = BEFORE.search(before)
    if match is None:
        return False
    word = (match[1] or "").strip("_").lower()
    return not word or word in ALLOWED or (of and word in ("a", "an"))


def value_alone(raw: str) -> str | None:
    """Return the answer of a line after its label."""
    text = without_emphasis(raw)
    found = span(text, 0, label=False)
    if found is None:
        return None
    sentence, sign, stop = found
    if text[stop:].strip():
        sentence, sign = text[: stop - len(sign)], sign
        return value(sentence, sign, label=False, last=False) if len(text) < 300 else None
    return value(sentence, sign, label=True, last=True)


def collapsed(text: str) -> str:
    """Return a text with single spaces, and without spaces at the ends of lines."""
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))
