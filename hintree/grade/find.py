r"""The final answer that a text states: one reader for outputs, for the steps of a running search, and for references.

::

    visible.py    without thinking, control tokens and further questions
    finality.py   without what a later sentence takes back
    boxes.py      \boxed{31}                              \  the first of these kinds
    fields.py     <answer>31</answer>, #### 31, A: 31     |  that states an answer
    statement.py  "The answer is 31", in 22 languages     /  counts
    clean.py      one clean spelling
"""

from collections.abc import Sequence

from hintree.grade import fields
from hintree.grade.boxes import boxes, final_boxes
from hintree.grade.choices import Choices, letter_of
from hintree.grade.clean import clean
from hintree.grade.finality import DENIED, promised, retraction
from hintree.grade.forms import Form, present, select
from hintree.grade.statement import stated, value_alone
from hintree.grade.values import result
from hintree.grade.visible import turns, visible

READERS = {"tag": fields.tagged, "hash": fields.hashed, "field": fields.fields, "line": fields.lines}
SHORT = 300
"""Characters of a text that may be an option, or its letter, by itself."""


def find_answer(text: str, choices: Choices | None = None, *, forms: Sequence[str | Form] | None = None) -> str | None:
    r"""Return the final answer that a text states, in one clean spelling; None if it states none.

    Markup, quotes, control tokens and trailing punctuation are removed, digits of all scripts become ASCII; case,
    decimals and units stay. Text inside ``<think>`` never counts. A heading, a clause ("the answer is an even number
    because ..."), a statement that is taken back ("... is 12. Wait, ...") and a box that is cut are no answers. Several
    boxes in the final sentence are one answer, joined by commas. Any text is safe, and is read in linear time.

    Args:
        text: An output, a step or a reference, of any length.
        choices: The options of multiple choice, in order or by letter; the answer is then a letter where it names one.
        forms: Names of forms to look for (forms.py), and own ones; None for all.

    Raises:
        GraderError: A name in ``forms`` is not in the table.

    >>> find_answer("The answer is **18**."), find_answer("#### Step 1: add"), find_answer(r"\boxed{6} and \boxed{-1}")
    ('18', None, '6, -1')
    """
    table = present(text, select(None if forms is None else tuple(forms)))
    if not table and choices is None:
        return None
    shown = visible(text)
    found = None
    for turn in turns(shown) if table else ():
        if (found := read(turn, present(turn, table))) is not None:
            break
    if choices is None:
        return found
    if found is None:
        short = shown[retraction(shown) :].strip()
        return letter_of(short, choices) if len(short) <= SHORT else None
    return letter_of(found, choices) or found


def read(text: str, table: Sequence[Form]) -> str | None:
    """Return the answer that one turn states by the forms of a table."""
    cut = retraction(text)
    kinds = {form.kind for form in table}
    if "box" in kinds:
        all_boxes = boxes(text)
        if all_boxes is None:
            return None
        kept = [box for box in all_boxes if box.start >= cut]
        tail = text[kept[-1].end :] if kept else ""
        if kept and not promised(tail) and not DENIED.match(tail) and (contents := final_boxes(text, kept)):
            cleaned = list(dict.fromkeys(filter(None, (result(clean(content)) for content in contents))))
            if cleaned:
                return ", ".join(cleaned)
    text = text[cut:]
    for form in table:
        if form.kind in READERS:
            for raw in READERS[form.kind](text):
                if (value := inner(raw, form.kind)) is not None:
                    return value
    return stated(text, [form for form in table if form.kind == "phrase"])


def inner(raw: str, kind: str) -> str | None:
    """Return the value of a tag, a field or a line, which may hold a form of its own: "<answer>A: 5</answer>"."""
    if kind == "line":
        return value_alone(raw)
    phrases = [form for form in present(raw, select(None)) if form.kind in ("box", "phrase")]
    if phrases and (found := read(raw, phrases)) is not None:
        return found
    return result(clean(raw)) or None
