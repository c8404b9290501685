"""Problems with reference answers: from files, from Hugging Face data sets, from the lab.

Sources::

    my.jsonl  my.json  my.csv  my.tsv  my.parquet      a file
    folder    folder?split=test                        what the package datasets can load, or has saved
    openai/gsm8k    HuggingFaceH4/MATH-500?split=test  a name on the Hugging Face hub
    lab:test?steps=6&n=500&seed=1                      drawn from the lab, as `hintree lab problems` draws them
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hintree.data.case import Case, RowError
from hintree.data.fields import USUAL, Fields, ReadRow, read_fully
from hintree.data.files import READERS, dataset_rows, file_rows
from hintree.data.lab import PREFIX, lab_cases, parse_options
from hintree.data.place import Place
from hintree.data.tally import Tally
from hintree.errors import UsageError

HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True)
class ProblemSource:
    """A source of problems and the fields that its rows are read by.

    Attributes:
        source: A file, a folder, a name on the hub, or "lab:..."; see the head of this module.
        fields: Names of the fields to read.
        skip_bad: Leave bad rows out with a warning.
    """

    source: str
    fields: Fields = USUAL
    skip_bad: bool = False

    def read(self, limit: int | None = None) -> list[Case]:
        """Return the cases, at most ``limit`` from the start. Raises UsageError, as ``read_cases`` does."""
        return read_cases(self.source, fields=self.fields, skip_bad=self.skip_bad, limit=limit)


def read_cases(
    source: str, *, fields: Fields | None = None, skip_bad: bool = False, limit: int | None = None
) -> list[Case]:
    """Return the cases of a source, in its order, each with an id of its own.

    A row's id is its own, or a hash of its question. Two rows with one id are an error, as are rows without question
    or answer; the first five are named with their lines. What good rows leave out, such as images, is a
    ``LeftOutWarning``.

    Args:
        source: A file, a folder, a name on the hub, or "lab:..."; see the head of this module.
        fields: Names of the fields to read; the usual ones by default. Not for the lab.
        skip_bad: Leave bad rows out with a ``SkippedRowsWarning`` instead of raising; of rows with one id the first
            stays.
        limit: At most so many cases, at least 1, from the start; what comes after them is not read. None for all.

    Raises:
        UsageError: There is no such source, it cannot be read, it has bad rows, or no rows at all; one line.
    """
    names = fields or USUAL
    if limit is not None and limit < 1:
        raise UsageError(f"limit={limit!r} is not a whole number of at least 1, or None for all")
    if source.startswith(PREFIX):
        if names != USUAL:
            raise UsageError(f"{source}: lab problems have no fields to name; leave out {', '.join(given(names))}")
        return list(islice(lab_cases(source), limit))
    cases: dict[str, Case] = {}
    places: dict[str, str] = {}
    tally = Tally(source)
    for place in source_rows(source):
        try:
            case, remarks = read_place(place, names)
            name = case.problem.id
            if name in cases:
                same = case.problem.question == cases[name].problem.question
                raise RowError(f"repeats the {'question' if same else f'id {name!r:.60}'} of {places[name]}")
            cases[name], places[name] = case, place.name
            tally.count_good(place.name, (*filter(None, [place.remark]), *remarks))
        except RowError as error:
            tally.count_bad(place.name, error)
        if len(cases) == limit:
            break
    tally.report(skip_bad=skip_bad)
    return list(cases.values())


def given(fields: Fields) -> list[str]:
    """Return the options of the fields that are named."""
    named = {"--question-field": fields.question, "--answer-field": fields.answer, "--choices-field": fields.choices}
    return [option for option, name in named.items() if name]


def read_place(place: Place, fields: Fields) -> ReadRow:
    """Return the case of a row. Raises RowError, also one that stands in the row's place."""
    if isinstance(place.content, RowError):
        raise place.content
    try:
        return read_fully(place.content, fields)
    except RecursionError as error:
        raise RowError("nested too deeply") from error


def source_rows(source: str) -> Iterator[Place]:
    """Return the rows of a file, folder or hub name. Raises UsageError."""
    try:
        whole = Path(source).exists()
    except (OSError, ValueError) as error:  # a name with NUL, or too long for a file
        raise UsageError(f"{source[:60]!r}: no name of a file: {error}") from error
    name, _, query = (source, "", "") if whole else source.partition("?")
    path = Path(name)
    if path.is_file() and not query:
        return file_rows(path)
    if (name and path.is_dir()) or (HUB_NAME.fullmatch(name) and path.suffix.lower() not in READERS):
        return dataset_rows(name, parse_options(source, query))
    raise UsageError(f"{source}: no such file or folder, nor a name such as openai/gsm8k or lab:test?steps=6&n=100")
