"""From a row of any data set to a case: the question, the options and the answer.

GSM8K has question and answer (ending in "#### 72"), MATH problem and solution (with a box), SVAMP Body and Question,
MMLU choices and the position of the right one, DAPO a chat and reward_model.ground_truth; docs/problems.md lists all.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, NamedTuple

from hintree.data.case import Case, RowError, check_unicode, is_empty, show
from hintree.data.choices import Options, read_options
from hintree.data.left_out import remarks
from hintree.data.lettered import listed_in, with_options
from hintree.data.names import FAMILY, ID, Row
from hintree.data.question import read_question
from hintree.data.reference import in_percent, read_reference
from hintree.search.core.tree import Problem


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of the fields to read; "" looks for the usual names (docs/problems.md).

    A name is compared without case. It may be a dotted path into nested fields, such as "reward_model.ground_truth";
    question and choices may be several fields joined by "+", such as "Body+Question" or "optA+optB+optC".

    Attributes:
        question: Field of the question; nothing is put before it.
        answer: Field of the answer.
        choices: Field or columns of the options.
    """

    question: str = ""
    answer: str = ""
    choices: str = ""


USUAL = Fields()
"""The usual names."""


class ReadRow(NamedTuple):
    """A case, and remarks about what it leaves out of its row."""

    case: Case
    left_out: tuple[str, ...]


def read_row(row: object, fields: Fields | None = None) -> Case:
    """Return the case that a row states.

    Args:
        row: A mapping from names to values, as JSON, CSV or Parquet give it.
        fields: Names of the fields to read; the usual ones by default.

    Raises:
        RowError: It is no mapping, or question or answer are missing or no texts; one line.
    """
    return read_fully(row, fields or USUAL).case


def read_fully(content: object, fields: Fields) -> ReadRow:
    """Return the case that a row states, and what it leaves out. Raises RowError."""
    row = Row(content)
    question, solution = read_question(row, fields.question)
    if fields.answer:
        row.lookup(fields.answer)  # marks it as used, so that it is no option
    options = read_options(row, fields.choices)
    reference = read_reference(row, question, options, named=fields.answer, solution=solution)
    shown = with_options(question, options.texts)
    reference, choices = in_text(question, reference, options)
    reference = reference if choices else in_percent(question, reference)
    name = read_id(row, shown)
    family = row.value(FAMILY)
    family = family if isinstance(family, str) else ""
    twin = tuple(text if isinstance(text := row.fields.get(field), str) else "" for field in ("twin_of", "variant"))
    check_unicode(shown, reference, name, family, *choices, *twin)
    case = Case(
        Problem(shown, name, choices),
        reference,
        family,
        count_steps(row.fields.get("steps")),
        choices,
        *twin,
    )
    return ReadRow(case, tuple(dict.fromkeys(remarks(row, question, reference, choices))))


def in_text(question: str, reference: str, options: Options) -> tuple[str, tuple[str, ...]]:
    """Return reference and options; where only the question lists options (BBH), "(B)" becomes "B"."""
    letter = reference.strip("() .")
    if options.texts or len(letter) != 1:
        return reference, options.texts
    choices = listed_in(question)
    known = "A" <= letter < chr(ord("A") + len(choices))
    return (letter, choices) if known else (reference, ())


def read_id(row: Row, question: str) -> str:
    """Return the row's own id, any text or whole number; else a hash of the question. Raises RowError."""
    own: Any = row.value(ID)
    if own is None or (isinstance(own, float) and is_empty(own)):
        return "q-" + hashlib.sha256(question.encode(errors="surrogatepass")).hexdigest()[:16]
    if isinstance(own, float) and own.is_integer() and abs(own) < 1e15:
        own = int(own)
    if isinstance(own, bool) or not isinstance(own, str | int):
        raise RowError(f"the id is neither a text nor a whole number but {show(own)}")
    instance = row.fields.get("instance")  # GSM-Symbolic: several instances of one template
    return f"{own}/{instance}" if isinstance(instance, int) else str(own)


def count_steps(steps: object) -> int | None:
    """Return a number of steps, or that of a list whose last step is the answer, as ``hintree lab problems`` prints."""
    if isinstance(steps, list) and steps:
        return len(steps) - 1
    if isinstance(steps, str) and steps.isdecimal() and len(steps) < 7:
        return int(steps)
    return int(steps) if isinstance(steps, int) else None
