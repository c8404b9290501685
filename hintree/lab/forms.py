"""Texts beside the steps of a solution that the shipped models read and write, one line each.

A label of ``LABELS`` stands before the text; a search writes the label, and the model the rest of the line. The
training rows (hintree/training/shipped/form_rows.py), the protocol ``lab`` and the judges (scorers/lab_judges.py) use
the same words.
"""

from collections.abc import Sequence
from dataclasses import replace

from hintree.lab.checker import ErrorKind, check_step, quoted_fact
from hintree.lab.families.wording import find_fields, plain_text
from hintree.lab.generate import FAMILIES
from hintree.lab.oracle import next_fact, next_hint
from hintree.lab.problem import LabProblem

HINT, PLAN = "Hint:", "Plan:"
SUB_QUESTION, ANSWER = "Sub-question:", "Answer:"
RESTATED = "Restated:"
CRITIQUE = "Critique:"
QUERY = "Query:"
FAULT = "Fault:"
RIGHT, GRADE, ANALYSIS = "Right:", "Grade:", "Analysis:"
LABELS = (HINT, PLAN, SUB_QUESTION, ANSWER, RESTATED, CRITIQUE, QUERY, FAULT, RIGHT, GRADE, ANALYSIS)
"""Each of them is one token of the lab's vocabulary."""
YES, NO, NONE = "yes.", "no.", "none."
FAULTS: dict[ErrorKind, str] = {
    "": "unknown.",
    "arithmetic": "arithmetic.",
    "operand": "number.",
    "irrelevant": "fact.",
    "repeated": "fact.",
    "malformed": "form.",
}
"""Suspicions of a scorer by the kind of error; "" for none."""
CRITIQUES: dict[ErrorKind, str] = {
    "": "the step is right.",
    "arithmetic": "the arithmetic of {label} is wrong.",
    "operand": "{label} states a wrong number or name.",
    "irrelevant": "{label} is not needed.",
    "repeated": "{label} is known already.",
    "malformed": "the step has a wrong form.",
}
"""Text of a critique or an analysis of a step, by the kind of error."""
GRADES: dict[ErrorKind, int] = {
    "": 9,
    "repeated": 5,
    "irrelevant": 4,
    "arithmetic": 2,
    "operand": 1,
    "malformed": 0,
}
"""A judge's digit by the kind of error: steps that are true and useless stand between right and wrong ones."""


def sub_question(problem: LabProblem, history: Sequence[str]) -> str:
    """Return the question for the next quantity of a solution; "none." if only the answer is left."""
    fact, _ = next_fact(problem, history)
    return NONE if fact is None else question_of(problem, fact.target)


def question_of(problem: LabProblem, key: str) -> str:
    """Return the question that asks for a quantity of a problem, in the words of its family."""
    family = FAMILIES["relations" if problem.family == "book" else problem.family]
    asked = problem.question.rpartition(". ")[2]
    own = next((found for q in family.questions if (found := find_fields(q.text, asked)) is not None), {})
    for question in family.questions:
        if (fields := find_fields(question.target, key)) is not None:
            return question.text.format(**{**own, **fields})
    raise AssertionError(f"no question of {problem.family} asks for {key!r}")


def earlier_question(problem: LabProblem, key: str) -> LabProblem:
    """Return the same facts with the question for another quantity of them."""
    facts, _, _ = problem.question.rpartition(". ")
    return replace(problem, question=f"{facts}. {question_of(problem, key)}", target=key)


def restated(problem: LabProblem) -> str:
    """Return the question with every fact in its plainest wording."""
    wordings = FAMILIES[problem.family].wordings
    facts = " ".join(f"({fact.label}) {plain_text(fact.text, wordings)}." for fact in problem.facts)
    return f"{facts} {problem.question.rpartition('. ')[2]}"


def critique(problem: LabProblem, history: Sequence[str], step: str) -> str:
    """Return a sentence that names the error of a step after ``history``, or says that it is right."""
    kind = check_step(problem, history, step).kind
    label = step.split(" ", 1)[0] if step.startswith("(") else "the quote" if step.startswith("“") else "the answer"
    return CRITIQUES[kind].format(label=label)


def informed_hint(problem: LabProblem, history: Sequence[str], kind: ErrorKind) -> str:
    """Return the hint for a step that failed: the next hint, with the values to look up unless the wrong fact was used.

    It states only numbers that the problem or a step has stated.
    """
    hint, (fact, _) = next_hint(problem, history), next_fact(problem, history)
    if fact is None or not fact.needs() or kind in ("irrelevant", "repeated"):
        return hint
    return f"{hint.removesuffix('.')}: {' and '.join(f'{key} {problem.values[key]}' for key in fact.needs())}."


def query(problem: LabProblem, history: Sequence[str]) -> str | None:
    """Return the query for the entry of the book that the next step needs; None if it needs none."""
    fact, _ = next_fact(problem, history)
    return f"{fact.name}." if fact is not None and fact.entry else None


def cited_entries(problem: LabProblem, steps: Sequence[str]) -> set[str]:
    """Return the ids of the needed entries of the book that steps quote and cite."""
    found = (quoted_fact(problem, step) for step in steps)
    return {fact.entry for fact in found if fact is not None}
