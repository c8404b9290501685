r"""The table of forms in which an answer is stated: boxes, tags, fields, "#### 18", and phrases of 22 languages.

One table serves the outputs of models, the steps of a running search, and references. A protocol may select from it by
name, and add forms of its own::

    find_answer(text, forms=["boxed", "english", Form.phrase("mine", "we conclude that x equals")])
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from hintree.grade import fields
from hintree.grade.errors import GraderError
from hintree.grade.languages import ENGLISH, LANGUAGES, Language

LINK = r"(?:[=-]>|[*_]?[:\uff1a=\u2192\u21d2|\]]|[-\u2013\u2014]{1,2}(?= ))"
"""Signs that link a noun to its value in every language."""
SPACE = r"[ \u3000]?"
QUOTED = '"[^"\n]{1,100}"|\u201c[^\u201d\n]{1,100}\u201d'
"""Words of another text, which may hold "is" and "=" themselves."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to state an answer.

    Attributes:
        name: The name by which a protocol selects it.
        kind: "box", "tag", "hash", "field", "line" ("A: 18"), or "phrase".
        anchors: Lower-case words of which a text with this form has at least one.
        pattern: For a phrase, the text up to the value; its group "label" is set where the value may follow on the
            next line, its group "noun" stands at the noun.
        tails: Words that may follow the value.
        noun_first: Whether the unit of a value stands before its number.
        plain: The anchors in ASCII, the only ones that a text in ASCII may have.
    """

    name: str
    kind: str
    anchors: tuple[str, ...]
    pattern: re.Pattern[str] | None = None
    tails: tuple[str, ...] = ()
    noun_first: bool = False

    plain: tuple[str, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", tuple(anchor for anchor in self.anchors if anchor.isascii()))

    @classmethod
    def phrase(cls, name: str, *phrases: str) -> "Form":
        """Return a form for phrases given as plain text, each of which the value follows.

        Raises:
            GraderError: No phrase is given, or one is empty.
        """
        if not phrases or not all(phrase.strip() for phrase in phrases):
            raise GraderError(f"form {name!r}: give at least one phrase, and none that is empty")
        words = [re.escape(" ".join(phrase.split()).rstrip(" :")) for phrase in phrases]
        pattern = re.compile(rf"(?P<noun>)(?:{'|'.join(words)})(?P<label> ?[:\uff1a=])?", re.IGNORECASE)
        return cls(name, "phrase", tuple(" ".join(phrase.split()).rstrip(" :").lower() for phrase in phrases), pattern)


def of_language(language: Language) -> Form:
    """Return the form of the phrases of a language."""
    nouns = "|".join(sorted(language.nouns, key=len, reverse=True))
    links = "|".join(sorted(language.links, key=len, reverse=True)) or r"(?!)"
    letters = language.name not in ("chinese", "japanese", "thai", "korean")
    edge = r"(?<![^\W_])" if letters else ""
    end = r"(?!\w)" if letters else ""
    middle = "".join(rf"|{word}" for word in sorted(language.adjectives, key=len, reverse=True))
    about = r"| ?\([^()\n]{1,40}\)"
    if language is ENGLISH:
        about += r"|(?: to| for| of|,? (?:which|that)|, in|, rounded|, to)(?: (?!answer)[^.:=!?\n]){1,120}?(?= ?:| is | is:| = )"  # noqa: E501
        about = about.replace(r"(?: (?!answer)[^.:=!?\n])", rf"(?>{QUOTED}|(?!answer)[^.:=!?\n])")
    bare = rf"|(?={SPACE}[-+$(\\]?\d)" if language.bare else ""
    pattern = (
        rf"{edge}(?P<noun>{nouns}){end}(?:{SPACE}(?:\b\B{middle}{about})){{0,2}}{SPACE}"
        rf"(?:(?P<label>{LINK}{SPACE}(?:(?:{links}){end}{SPACE})?|(?:{links}){SPACE}{LINK})|(?:{links}){end}{bare})"
    )
    compiled = re.compile(pattern, re.IGNORECASE)
    return Form(language.name, "phrase", anchors_of(language), compiled, language.tails, language.noun_first)


def anchors_of(language: Language) -> tuple[str, ...]:
    """Return lower-case literals of which every phrase of a language has one."""
    verbs = ("is correct", "is right") if language is ENGLISH else ()  # "option B is correct"
    return tuple(dict.fromkeys([*map(literal, language.nouns), *verbs]))


def literal(piece: str) -> str:
    """Return the longest run of plain characters in a piece of a regular expression."""
    plain = re.sub(r"\(\?:[^()]{0,40}\)\??|\[[^\]]{0,20}\]|.\?", "\n", piece)
    return max(plain.split("\n"), key=len).lower()


TABLE = (
    Form("boxed", "box", ("\\boxed", "\\fbox", "\\framebox", "\x08oxed")),
    Form("tag", "tag", tuple(f"{left}{name}" for left in "<[" for name in fields.TAGS)),
    Form("hashes", "hash", ("####",)),
    Form("field", "field", ('answer"', "answer'", '"result"', 'respuesta"', '答案"')),
    Form("line", "line", ("a:", "ans", "a :")),
    *map(of_language, LANGUAGES),
)
"""All forms, in the order in which they count."""
FORMS = {form.name: form for form in TABLE}


@lru_cache(maxsize=64)
def select(forms: tuple[str | Form, ...] | None) -> tuple[Form, ...]:
    """Return the forms of a protocol; the whole table for None.

    Raises:
        GraderError: A name is not in the table.
    """
    if forms is None:
        return TABLE
    unknown = [form for form in forms if isinstance(form, str) and form not in FORMS]
    if unknown:
        raise GraderError(f"no form is named {unknown[0]!r}; the forms are {', '.join(FORMS)}")
    return tuple(FORMS[form] if isinstance(form, str) else form for form in forms)


def present(text: str, forms: Iterable[Form]) -> list[Form]:
    """Return the forms that a text may have, by their anchors alone."""
    lower = text.lower()
    if text.isascii():
        return [form for form in forms if has(lower, form.plain)]
    return [form for form in forms if has(lower, form.anchors)]


def has(text: str, words: tuple[str, ...]) -> bool:
    """Return whether a text has one of the words; a loop is twice as fast here as any()."""
    for word in words:  # noqa: SIM110
        if word in text:
            return True
    return False
