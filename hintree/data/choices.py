"""The options of a multiple-choice row: a list, an object, one text, a column for each, or right and wrong answers."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any, NamedTuple

from hintree.data.case import RowError, is_empty, show
from hintree.data.lettered import from_object, split_options, without_marks
from hintree.data.names import ANSWER, CHOICES, KEY, QUESTION, Row, normal
from hintree.grade.choices import lists_options

COLUMN = re.compile(r"(option|choice|answer|op|sol|ending)?_?([a-z]|\d\d?)")
"""Name of a column that holds one option: A, option_a, opa, choice1, sol2, ending0."""
ONE_BASED = ("option", "answer")
"""Column families whose data sets count options from 1 (WinoGrande, SIQA)."""
NO_OPTIONS = ("[]", "{}", "None", "nan", "null")
"""Texts by which tables say that a question is open."""
RIGHT = ("correct_answer", "best_answer")
WRONG = re.compile(r"(incorrect_answer|distractor|wrong_answer)_?\d+")


class Options(NamedTuple):
    """The options of a row.

    texts: (A) first; () if the row has none.
    labels: What the data set calls them, by position; () if it has no names of its own.
    right: Position of the right one where the options themselves tell, else None.
    base: Position that the data set counts from, 0 or 1.
    """

    texts: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    right: int | None = None
    base: int = 0


def read_options(row: Row, named: str = "") -> Options:
    """Return the options of a row.

    Args:
        row: The fields.
        named: Field of the options; several columns are joined by "+". "" looks for the usual names.

    Raises:
        RowError: They are neither texts nor numbers, or more than 26.
    """
    if named:
        value, base = named_value(row, named), 0
    else:
        found = in_field(row) or in_columns(row)
        if found is None:
            return right_and_wrong(row)
        value, base = found
    options = as_options(value)._replace(base=base)
    if len(options.texts) < 2:
        if named:
            raise RowError(f"--choices-field {named}: {len(options.texts)} options; at least 2 are needed")
        row.left_out.append("options are left out, since there are fewer than 2")
        return Options()
    check_count(options.texts)
    return options if options.right is None else in_hashed_order(row, options)


def named_value(row: Row, named: str) -> Any:
    """Return the value of the field, or the values of the columns joined by "+", that the user names."""
    if row.lookup(named) is not None or "+" not in named:
        return row.named(named, "--choices-field")
    return [row.named(part, "--choices-field") for part in named.split("+")]


def in_field(row: Row) -> tuple[Any, int] | None:
    """Return the value of a field that lists the options, and 0."""
    found = row.first(CHOICES)
    if found is not None and not is_empty(found[1]) and found[1] not in NO_OPTIONS:
        return found[1], 0
    stem = row.fields.get("question")
    if isinstance(stem, Mapping) and not is_empty(stem.get("choices")):
        return stem["choices"], 0
    listed = row.fields.get("answers")
    if isinstance(listed, list) and len(listed) > 1 and row.value(("label", "answer", "correct")) is not None:
        row.used.add("answers")
        return listed, 0
    scores = row.fields.get("target_scores")
    if isinstance(scores, Mapping) and len(scores) > 1:
        row.used.add("target_scores")
        return {"text": list(scores), "labels": list(scores.values())}, 0
    return None


def in_columns(row: Row) -> tuple[list[Any], int] | None:
    """Return the options that stand in a column each, and the position that their answers count from."""
    groups: dict[str, dict[str, str]] = {}
    for name in row.fields:
        match = (
            COLUMN.fullmatch(name) if name not in row.used and not isinstance(row.fields[name], list | dict) else None
        )
        if match:
            groups.setdefault(match[1] or "", {})[match[2]] = name
    for family, columns in groups.items():
        for start in ("a", "0", "1"):
            order = sorted(columns, key=lambda mark: (len(mark), mark))
            wanted = [chr(ord(start) + i) for i in range(len(order))]
            enough = len(order) > (1 if family else 2) and (start == "a" or family not in ("", "answer"))
            if enough and order == wanted:
                row.used.update(columns.values())
                return [row.fields[columns[mark]] for mark in order], int(family in ONE_BASED)
    return None


def right_and_wrong(row: Row) -> Options:
    """Return options made of a right answer and wrong ones, in an order that depends on the row's texts alone."""
    names = sorted(name for name in row.fields if WRONG.fullmatch(name))
    listed = row.fields.get("incorrect_answers")
    wrong = listed if isinstance(listed, list) else [row.fields[name] for name in names]
    right = row.value(RIGHT)
    if not wrong or right is None:
        return Options()
    row.used.update((*names, *RIGHT, "incorrect_answers"))
    texts = [one_text(value) for value in (right, *wrong)]
    check_count(texts)
    return in_hashed_order(row, Options(tuple(texts), (), 0))


def in_hashed_order(row: Row, options: Options) -> Options:
    """Return options whose right one the data set marks, in an order that depends on the row's texts alone.

    Data sets often put the right one first (TruthfulQA). A question that lists the options itself keeps their order.
    """
    question = str(row.value(QUESTION))
    if options.right is None or lists_options(question, options.texts):
        return options
    keys = [hashlib.sha256(f"{question}\0{text}".encode(errors="replace")).digest() for text in options.texts]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return Options(tuple(options.texts[i] for i in order), (), order.index(options.right))


def as_options(value: Any) -> Options:
    """Return the options that a value lists. Raises RowError."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = from_object(value.strip()) or value
    if isinstance(value, str):
        if len(split_options(value)) < 2:
            raise RowError(f"the options are one text in which none are found: {show(value)}")
        return Options(tuple(without_marks(split_options(value))))
    if isinstance(value, Mapping):
        return of_mapping({normal(name): inner for name, inner in value.items()}, value)
    if not isinstance(value, Sequence):
        raise RowError(f"the options are neither a list nor a text but {show(value)}")
    items = list(value)
    while items and items[-1] is None:
        items.pop()
    if items and all(isinstance(item, list) and len(item) == 1 for item in items):
        items = [item[0] for item in items]
    if items and all(isinstance(item, Mapping) for item in items):
        keys = [{normal(name): inner for name, inner in item.items()} for item in items]
        texts = [
            one_text(next((one[name] for name in ("text", "content", "value") if name in one), one)) for one in keys
        ]
        labels = [
            next((str(one[name])[:20] for name in ("label", "key", "id", "aoval") if name in one), "") for one in keys
        ]
        return Options(tuple(texts), tuple(labels) if all(labels) else ())
    return Options(tuple(without_marks([one_text(item) for item in items])))


def of_mapping(fields: Mapping[str, Any], value: Mapping[Any, Any]) -> Options:
    """Return options from {"text": [...], "label": [...]} or {"A": ..., "B": ...}. Raises RowError."""
    listed = next((fields[name] for name in ("text", "texts", "choices") if isinstance(fields.get(name), list)), None)
    if listed is None:
        pairs = [(str(name), inner) for name, inner in value.items() if inner is not None]
        return Options(tuple(one_text(inner) for _, inner in pairs), tuple(name.strip() for name, _ in pairs))
    labels: list[Any] = next((fields[name] for name in ("label", "labels") if isinstance(fields.get(name), list)), [])
    texts = tuple(one_text(item) for item in listed)
    if labels and len(labels) != len(texts):
        raise RowError(f"{len(texts)} options, but {len(labels)} labels")
    flags = all(isinstance(label, int | float) and label in (0, 1) for label in labels)
    if labels and flags and sum(labels) == 1 and not isinstance(labels[0], str):
        return Options(texts, (), labels.index(1))
    return Options(texts, tuple(str(label).strip() for label in labels))


def one_text(item: Any) -> str:
    """Return an option as text. Raises RowError."""
    if isinstance(item, bool) or not isinstance(item, str | int | float):
        raise RowError(f"an option is neither a text nor a number but {show(item)}")
    return item.strip() if isinstance(item, str) else str(item)


def check_count(texts: Sequence[str]) -> None:
    """Raise RowError for more options than letters."""
    if len(texts) > len(ascii_uppercase):
        raise RowError(f"{len(texts)} options; at most {len(ascii_uppercase)} are read, one for each letter")


def answer_names(options: Options) -> tuple[str, ...]:
    """Return the names of fields that may hold the answer, those of a key first where there are options."""
    return KEY + ANSWER if options.texts else ANSWER
