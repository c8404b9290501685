"""Names of fields in public data sets, and the lookup of them in a row.

Names are compared in lower case, with spaces and hyphens as underscores; of several, the first in a table counts.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from hintree.data.case import RowError, is_empty
from hintree.data.chat import is_chat
from hintree.grade.errors import json_kind

QUESTION = tuple(
    "question problem problem_text problem_statement question_text question_stem stem squestion original_text query "
    "instruction prompt input inputs content turns new_question goal ctx "
    "sentence problems".split()
)
CHAT = ("messages", "conversations", "conversation", "chat", "dialogue")
"""Lists of messages; read where no field of QUESTION is there."""
STORY = ("context", "passage", "article", "paragraph", "background", "table", "premise", "body", "story")
"""Text that stands before the question."""
CHOICES = tuple(
    "choices options answer_choices answer_options multiple_choice_targets mc1_targets endings "
    "answer_option_list".split()
)
KEY = tuple(
    "correct answerkey answer_key answer_letter correct_letter answer label target gold correct_option cop "
    "correct_answer answer_index answer_idx correct_index".split()
)
"""Fields that name the right option; read first where a row has options."""
ANSWER = tuple(
    "answer_number answer_only final_answer final_ans expected_answer extracted_answer short_answer answer "
    "answer_value correct_answer ground_truth ground_truth_answer gold_answer reference_answer reference target "
    "targets label answerkey ideal gold golden gt ans answers lsolutions answers_spans output_answer reward_model "
    "output".split()
)
SOLUTION = ("solution", "rationale", "response", "generated_solution", "completion")
"""Texts that state the answer at their end."""
ID = ("id", "unique_id", "problem_id", "question_id", "query_id", "qid", "uid", "uuid", "record_id", "id_string")
FAMILY = (
    *("family", "subject", "type", "category", "source", "subfield", "topic", "domain", "subdomain"),
    *("subject_name", "data_source"),
)


def normal(name: object) -> str:
    """Return a field's name in the form in which names are compared."""
    return str(name).strip().lower().replace(" ", "_").replace("-", "_")


class Row:
    """The fields of one row, looked up by name.

    Attributes:
        used: Normal names of the fields that the question, the options and the answer were read from.
        left_out: Remarks about what the case does not hold, in the order of their discovery.
    """

    def __init__(self, content: Any) -> None:
        if is_chat(content):  # a row that is a list of messages, one of which may state the ground truth
            truths = [message["ground_truth"] for message in content if "ground_truth" in message]
            content = {"messages": content, "ground_truth": truths[-1] if truths else None}
        if not isinstance(content, Mapping):
            raise RowError(f"a row is an object with fields, not {json_kind(content)}")
        inner = content.get("row") if "row_idx" in content else None  # as the hub's viewer exports rows
        self.raw: Mapping[Any, Any] = inner if isinstance(inner, Mapping) else content
        self.fields: dict[str, Any] = {}
        for name, value in self.raw.items():
            if value is not None and not (isinstance(value, str | list | dict) and not value):
                self.fields.setdefault(normal(name), value)
        self.used: set[str] = set()
        self.left_out: list[str] = []

    def first(self, names: tuple[str, ...]) -> tuple[str, Any] | None:
        """Return name and value of the first field that is there, None if there is none; it counts as used."""
        for name in names:
            if name in self.fields:
                self.used.add(name)
                return name, self.fields[name]
        return None

    def value(self, names: tuple[str, ...]) -> Any:
        """Return the value of the first field that is there, None if there is none; it does not count as used."""
        return next((self.fields[name] for name in names if name in self.fields), None)

    def named(self, path: str, option: str) -> Any:
        """Return the value that a user's name stands for: a field, or a dotted path into nested fields.

        Raises:
            RowError: There is no such field in the row, or it is empty.
        """
        found = self.lookup(path)
        if is_empty(found) and not isinstance(found, float):
            raise RowError(f"no field {path[:LONGEST]!r} ({option}); found: {self.found()}")
        return found

    def lookup(self, path: str) -> Any:
        """Return what a name or dotted path leads to, None if there is nothing."""
        value: Any = self.raw
        whole = path if path in self.raw else normal(path)
        parts = [path] if path in self.raw or normal(path) in self.fields else path.split(".")
        self.used.add(normal(whole if len(parts) == 1 else parts[0]))
        for part in parts:
            if isinstance(value, list) and part.isascii() and part.isdigit():
                value = value[int(part[:9])] if int(part[:9]) < len(value) else None
            elif isinstance(value, Mapping):
                value = (
                    value[part]
                    if part in value
                    else next((inner for name, inner in value.items() if normal(name) == normal(part)), None)
                )
            else:
                return None
        return value

    def found(self) -> str:
        """Return the first names of fields, for a message."""
        there = islice((str(name) for name, value in self.raw.items() if value not in (None, "")), 8)
        shown = ("".join(c if c.isprintable() else "?" for c in name[:LONGEST]) for name in there)
        return ", ".join(shown) or "none"

    def unused(self) -> Iterator[tuple[str, Any]]:
        """Yield the fields that nothing was read from."""
        yield from ((name, value) for name, value in self.fields.items() if name not in self.used)


LONGEST = 30
"""Characters of a field's name in a message."""
