"""Grading a file of outputs: rows of JSON Lines with a reference in ``answer`` and a text of a model in ``output``."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from hintree.grade.choices import Choices
from hintree.grade.errors import GraderError, json_kind
from hintree.grade.find import find_answer
from hintree.grade.grading import grade
from hintree.grade.verdict import Verdict

MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
LONGEST, LONGEST_LINE, PART = 1 << 28, 1 << 24, 1 << 20
"""Bytes of a file, of a line, and of what is read at once."""
SHORT = 300
"""Characters of a reference without a form ("18") that is the answer as a whole."""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A row of a file: its line number from 1, the reference, the output, and the options if there are any."""

    line: int
    reference: str
    output: str
    choices: Choices | None = None


@dataclass(frozen=True, slots=True)
class GradedRow:
    """A row with the answer that was found in its output, None if there is none, and the verdict."""

    line: int
    reference: str
    found: str | None
    verdict: Verdict


def read_rows(path: Path) -> Iterator[AnswerRow]:
    """Yield the rows of a file in UTF-8, or in UTF-16 with a byte order mark; empty lines are skipped.

    Raises:
        GraderError: The file cannot be read, or a line is no row; the message is one line with the line's number.
    """
    try:
        with path.open("rb") as file:
            data = b"".join(islice(iter(lambda: file.read(PART), b""), LONGEST // PART + 1))
    except (OSError, ValueError) as error:
        raise GraderError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > LONGEST:
        raise GraderError(f"{path}: more than {LONGEST >> 20} MiB; split it into several files")
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    if encoding == "utf-16":
        try:
            data = data.decode(encoding).encode()
        except UnicodeError as error:
            raise GraderError(f"{path}: not valid UTF-16: {error}") from error
    found = False
    for number, line in enumerate(data.removeprefix(MARKS[0][0]).split(b"\n"), 1):
        if line.strip():
            found = True
            yield read_row(line, number, f"{path}:{number}")
    if not found:
        raise GraderError(f"{path}: the file has no rows")


def read_row(line: bytes, number: int, place: str) -> AnswerRow:
    """Return the row of a line. ``place``: where it stands, for messages.

    Raises:
        GraderError: The line is no JSON object with ``answer`` and ``output``.
    """
    try:
        if len(line) > LONGEST_LINE or line.count(b",") + line.count(b"[") + line.count(b"{") > LONGEST_LINE // 16:
            raise GraderError(f"{place}: longer than {LONGEST_LINE >> 20} MiB, or too many values")
        row = json.loads(line.decode())
    except UnicodeDecodeError:
        raise GraderError(f"{place}: not valid UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise GraderError(f"{place}: not valid JSON: {str(error) or 'nested too deep'}") from None
    if not isinstance(row, dict):
        raise GraderError(f"{place}: a row is an object with answer and output, not {json_kind(row)}")
    for name in ("answer", "output"):
        if name not in row:
            raise GraderError(f"{place}: no column {name!r}; the columns are {', '.join(map(str, row)) or 'none'}")
    if row["output"] is not None and not isinstance(row["output"], str):
        raise GraderError(f"{place}: output is not a text but {json_kind(row['output'])}")
    choices = read_choices(row.get("choices"), place)
    return AnswerRow(number, read_reference(row["answer"], choices, place), row["output"] or "", choices)


def read_choices(value: Any, place: str) -> Choices | None:
    """Return the options of a row. Raises GraderError if they are neither a list nor an object of texts."""
    if value is None or value == [] or value == {}:
        return None
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, dict):
        return {str(letter): str(text) for letter, text in value.items()}
    raise GraderError(f"{place}: choices is neither a list nor an object but {json_kind(value)}")


def read_reference(value: Any, choices: Choices | None, place: str) -> str:
    """Return the final answer of the column ``answer``: a text, a number, or a list of one. Raises GraderError."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        raise GraderError(f"{place}: answer is neither a text nor a number but {json_kind(value)}")
    found = find_answer(value, choices)
    if found is not None:
        return found
    if not value.strip() or len(value.strip()) > SHORT:
        raise GraderError(f"{place}: no final answer is found in the column answer")
    return value.strip()


def grade_rows(rows: Iterable[AnswerRow]) -> Iterator[GradedRow]:
    """Yield each row with its verdict; an output that states no answer is wrong.

    Raises:
        GraderError: Algebra is needed and math-verify is not installed.
    """
    for row in rows:
        found = find_answer(row.output, row.choices)
        yield GradedRow(row.line, row.reference, found, grade(row.reference, found, row.choices))


def count(rows: Iterable[GradedRow]) -> dict[str, int]:
    """Return how many rows there are, how many of each verdict, and how many outputs state no answer."""
    verdicts: Counter[str] = Counter()
    for row in rows:
        verdicts["rows"] += 1
        verdicts[row.verdict.value] += 1
        verdicts["without answer"] += row.found is None
    return {name: verdicts[name] for name in ("rows", "right", "wrong", "ungraded", "without answer")}
