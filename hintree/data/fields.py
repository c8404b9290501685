r"""From a row of any data set to a case: which field is the question, which the answer, and where in it the answer is.

GSM8K has question and answer (ending in "#### 72"); MATH and MATH-500 have problem, solution (with \boxed{}), the
latter also answer; AIME sets have Problem and Answer. Field names are compared without case.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hintree.grade import extract
from hintree.search.core.tree import Problem

QUESTION = ("question", "problem", "prompt", "input")
ANSWER = ("answer", "final_answer", "expected_answer", "reference", "target", "label", "output")
SOLUTION = ("solution", "rationale", "response")
ID = ("id", "unique_id", "problem_id", "question_id", "uid")
FAMILY = ("family", "subject", "type", "category", "source")
"""Names of fields, the first that a row has being the one that counts."""


class RowError(ValueError):
    """A row is no case; the message says why."""


@dataclass(frozen=True, slots=True)
class Case:
    """A problem with its reference answer. What a solver gets is ``problem``, which has no field for the answer.

    Attributes:
        problem: The question and its id.
        reference: The final answer, as it was written.
        family: Family or subject, "" if not known.
        steps: Steps of the gold solution without that of the answer, None if not known.
    """

    problem: Problem
    reference: str
    family: str = ""
    steps: int | None = None


def read_row(row: object) -> Case:
    """The case that a row states. Raises RowError."""
    if not isinstance(row, Mapping):
        raise RowError(f"a row is an object with fields, not {type(row).__name__}")
    fields = {str(name).lower().strip(): value for name, value in row.items() if value is not None and value != ""}
    question = first(fields, QUESTION)
    if question is None:
        raise RowError(f"no question: a field named {', '.join(QUESTION)} is looked for; found: {names(fields)}")
    if not isinstance(question, str) or not question.strip():
        raise RowError(f"the question is not a text but {question!r:.40}")
    reference = read_reference(fields)
    name = read_id(fields, question)
    check_unicode(question, reference, name)
    family = first(fields, FAMILY)
    return Case(
        Problem(question, name),
        reference,
        family if isinstance(family, str) else "",
        count_steps(fields.get("steps")),
    )


def read_reference(fields: Mapping[str, Any]) -> str:
    r"""The final answer, from a field of its own or out of a solution. Raises RowError.

    An answer that ends in "#### 72" (GSM8K), or holds \boxed{}, or says "the answer is", is what stands there.
    """
    answer = first(fields, ANSWER)
    if answer is None:
        solution = first(fields, SOLUTION)
        if solution is None:
            raise RowError(f"no answer: a field named {', '.join(ANSWER + SOLUTION)} is looked for")
        found = extract(solution) if isinstance(solution, str) else None
        if not found:
            raise RowError(r"no final answer in the solution: \boxed{}, #### or 'the answer is' is looked for")
        return found
    if isinstance(answer, bool) or not isinstance(answer, str | int | float):
        raise RowError(f"the answer is neither a text nor a number but {answer!r:.40}")
    if isinstance(answer, float) and answer.is_integer():
        answer = int(answer)
    text = str(answer).strip()
    found = extract(text)
    if found is None and ("####" in text or "\\boxed" in text):
        raise RowError(r"the answer is empty: nothing stands after #### or in \boxed{}")
    if text in ("", "nan"):
        raise RowError("the answer is empty")
    return found or text


def read_id(fields: Mapping[str, Any], question: str) -> str:
    """The row's own id, any text or whole number; else a hash of the question."""
    own = first(fields, ID)
    if own is None:
        return "q-" + hashlib.sha256(question.encode(errors="surrogatepass")).hexdigest()[:16]
    if isinstance(own, bool) or not isinstance(own, str | int):
        raise RowError(f"the id is neither a text nor a whole number but {own!r:.40}")
    return str(own)


def count_steps(steps: object) -> int | None:
    """A number of steps, or that of a list whose last step is the answer, as ``hintree lab problems`` prints it."""
    if isinstance(steps, list) and steps:
        return len(steps) - 1
    return int(steps) if isinstance(steps, int) or (isinstance(steps, str) and steps.isdecimal()) else None


def check_unicode(*texts: str) -> None:
    """Raise RowError for half of a surrogate pair, which no tokenizer and no file can hold."""
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise RowError(f"half of a surrogate pair at character {error.start}") from error


def first(fields: Mapping[str, Any], wanted: tuple[str, ...]) -> Any:
    """The value of the first field that is there, None if there is none."""
    return next((fields[name] for name in wanted if name in fields), None)


def names(fields: Mapping[str, Any]) -> str:
    """The first names of fields, for a message."""
    return ", ".join(name[:30] for name in list(fields)[:8]) or "none"
