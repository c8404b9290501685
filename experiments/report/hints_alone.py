"""Measure leaks without the leak filter: a reader answers from the question and the hints, without any step.

The hints are those of a finished study's chosen paths, so no search, model or vote of the study can see what is asked
here. The reader is a language model; it is asked for the answer at once, and asked again with the question alone. The
reference answer grades what it states, and stands in the control ``told`` only.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hintree.errors import UsageError
from hintree.experiments.report.audits import counted
from hintree.experiments.report.table import Cell, Column, Table
from hintree.experiments.study.store import Store, StoredCase
from hintree.experiments.study.trees import last_step
from hintree.grade import equal, find_answer
from hintree.models import Completion, GenerationRequest, LanguageModel, Prompt, Span, open_model
from hintree.policies.formats import PromptFormat, format_for
from hintree.policies.leaks import FACT, normal
from hintree.policies.mentions import LABEL, mentions, stated
from hintree.policies.words import fill
from hintree.search import Problem
from hintree.search.core.hints import Hint
from hintree.statistics.bootstrap import RESAMPLES, Estimate, bootstrap

BEGIN = "The answer is"
ASK = (
    "Somebody else wrote these hints for a solution:\n{hints}\n\nDo not solve the problem. Reply with one line that "
    f'begins with "{BEGIN}".'
)
TOKENS = 24
"""Maximum length of an answer, in tokens."""
TOLD = "The answer is {reference}."
"""The hint of the control: a reader that does not use it cannot find leaks."""
ENGLISH = ("",)


class HintedCase(NamedTuple):
    """A problem with the hints of its chosen path, each with the text before it: question and steps."""

    case: StoredCase
    hints: tuple[str, ...]
    before: tuple[str, ...]


class ReaderAnswers(NamedTuple):
    """Which answers of a reader are right, one truth value per problem.

    question, hints, other, told: From the question alone, with all hints, with the hints of another problem, and with
        the reference as the last hint.
    single: With one hint alone, whichever it is.
    """

    question: list[bool]
    hints: list[bool]
    other: list[bool]
    single: list[bool]
    told: list[bool]


def audit_hints(folder: Path, reader: str, arms: Sequence[str] = (), n: int | None = None) -> Table:
    """Return the table of a study's hinted arms: accuracy of the reader, and hints that state the reference.

    Args:
        folder: Folder of the study; the trees of its first seed are read.
        reader: Name of the language model that answers.
        arms: Arms to audit; () for every arm with hints.
        n: Number of problems of each arm, the first ones; None for all.

    Raises:
        UsageError: An arm is not in the study, or no path has a hint.
        ModelError: The reader cannot be loaded.
    """
    with Store.open(folder) as store:
        if unknown := [arm for arm in arms if arm not in store.arms()]:
            raise UsageError(f"{folder}: the study has no arm {unknown[0]!r}; arms: {', '.join(store.arms())}")
        found = {arm: cases[:n] for arm in arms or store.arms() if (cases := list(hinted_cases(store, arm)))}
    if not found:
        raise UsageError(f"{folder}: no chosen path has a hint, so there is nothing to audit")
    model = open_model(reader)
    return table_of({arm: (cases, read_all(model, cases)) for arm, cases in found.items()}, reader)


def hinted_cases(store: Store, arm: str) -> Iterator[HintedCase]:
    """Yield the problems of an arm whose chosen path has hints, with the study's first seed."""
    cases, seed = store.problems(), store.study["seeds"][0]
    trees = store.tree_keys()
    for result in store.results():
        if result.arm != arm or result.seed != seed or (arm, result.problem, seed) not in trees:
            continue
        case = cases[result.problem]
        path = last_step(store.tree(arm, result.problem, seed), result.answer).path()
        before = accumulate(
            (node.step.text for node in path), lambda text, step: f"{text}\n{step}", initial=case.question
        )
        pairs = [(node.hint.text, text) for node, text in zip(path, before, strict=False) if node.hint is not None]
        if pairs:
            hints, texts = zip(*pairs, strict=True)
            yield HintedCase(case, hints, texts)


def read_all(model: LanguageModel, cases: Sequence[HintedCase]) -> ReaderAnswers:
    """Return what the reader states right under every condition; hints of another problem are those of the next one."""
    form = format_for(model)
    others = [cases[(i + 1) % len(cases)].hints for i in range(len(cases))]
    shown: dict[str, list[list[tuple[str, ...]]]] = {
        "question": [[()] for _ in cases],
        "hints": [[one.hints] for one in cases],
        "other": [[hints] for hints in others],
        "single": [[(hint,) for hint in one.hints] for one in cases],
        "told": [[(*one.hints, TOLD.format(reference=one.case.reference))] for one in cases],
    }
    asked = [(name, i, hints) for name, of_cases in shown.items() for i, sets in enumerate(of_cases) for hints in sets]
    prompts = [prompt(form, cases[i].case, hints, chat=model.chat) for _, i, hints in asked]
    completions = model.generate([GenerationRequest(text, max_tokens=TOKENS, stop=("\n",)) for text in prompts])
    right: dict[str, list[bool]] = {name: [False] * len(cases) for name in shown}
    for (name, i, _), completion in zip(asked, completions, strict=True):
        if not isinstance(completion, Completion):
            raise completion
        right[name][i] |= is_right(completion.text, cases[i].case, begun=not model.chat)
    return ReaderAnswers(**right)


def prompt(form: PromptFormat, case: StoredCase, hints: Sequence[str], *, chat: bool) -> Prompt:
    """Return the prompt for an answer at once, after the hints and without a step."""
    problem, start = Problem(case.question, case.id, case.choices), form.start((), silent=True)
    if chat:
        listed = "\n".join(f"- {hint}" for hint in hints) or "- none"
        return form.prompt(problem, start, ask=fill(ASK, hints=listed))
    return form.prompt(problem, [*start, Span("".join(form.tail(Hint(hint)) for hint in hints) + BEGIN)])


def is_right(text: str, case: StoredCase, *, begun: bool) -> bool:
    """Tell whether a reader's text states the reference; ``begun`` if it goes on from "The answer is"."""
    answer = find_answer(f"{BEGIN}{text}" if begun else text, case.choices or None)
    return answer is not None and equal(case.reference, answer, case.choices or None)


def states_reference(hint: str, before: str, reference: str) -> bool:
    """Tell whether a hint states the reference answer, in any spelling, which no text before it has stated.

    The label of a fact, "(5) Ana has 3", states no 5, neither before the hint nor in it.
    """
    numbers = {reading for number in mentions(normal(reference), ENGLISH) for reading in number.readings}
    if not numbers:
        return reference.casefold() in hint.casefold() and reference.casefold() not in before.casefold()
    found = {reading for number in mentions(LABEL.sub(" ", normal(hint)), ENGLISH) for reading in number.readings}
    return not numbers.isdisjoint(found) and numbers.isdisjoint(stated(FACT.sub(" ", normal(before)), ENGLISH))


def table_of(audits: Mapping[str, tuple[Sequence[HintedCase], ReaderAnswers]], reader: str) -> Table:
    """Return the table of the audits by arm."""
    rows: list[list[Cell]] = []
    for arm, (cases, right) in audits.items():
        hints = [
            (hint, before, one.case.reference)
            for one in cases
            for hint, before in zip(one.hints, one.before, strict=True)
        ]
        gold = counted(sum(states_reference(*hint) for hint in hints), len(hints))
        shares: dict[str, Cell] = {name: counted(sum(values), len(cases)) for name, values in right._asdict().items()}
        gain = difference(right.hints, right.question)
        row = [shares["question"], shares["hints"], gain, shares["other"], shares["single"], shares["told"]]
        rows.append([arm, len(cases), *row, len(hints), gold])
    heads = [Column("arm"), Column("problems"), Column("question alone", "%"), Column("with hints", "%")]
    heads += [Column("difference", "points"), Column("another problem's", "%"), Column("one hint", "%")]
    heads += [Column("told", "%"), Column("hints"), Column("state the reference", "%")]
    caption = (
        f"Answers of {reader}, which reads the question and the hints of the chosen path, but no step, and states the "
        "answer at once. Another problem's: with the hints of the next problem. One hint: right with at least one of "
        "the hints alone. Told: with the reference as the last hint; a reader that is wrong there cannot find leaks. "
        "State the reference: hints that state the reference answer before the question or a step does. "
        f"95 % Wilson intervals; the difference is paired, with a bootstrap interval over problems ({RESAMPLES} "
        "resamples)."
    )
    return Table("hints_alone", "Answers from the hints alone", caption, heads, rows)


def difference(ours: Sequence[bool], theirs: Sequence[bool]) -> Estimate:
    """Return the paired difference of two shares of right answers, with its interval over problems."""
    columns = [np.array(values, dtype=np.float64)[:, None] for values in (ours, theirs, [True] * len(ours))]
    return bootstrap(columns, lambda a, b, made: (a - b) / made)
