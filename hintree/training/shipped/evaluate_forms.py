"""Evaluation of the forms of hintree/lab/forms.py: how often a model writes each right, after gold histories.

A critique that finds nothing ends a correction, as in the searches: it keeps a right step, and mends no wrong one,
whatever the model writes after it.

    python -m hintree.training.shipped.evaluate_forms embedded:student embedded:teacher
"""

import argparse
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from hintree.lab.book import make_book, show_passages
from hintree.lab.book_problems import book_problems
from hintree.lab.checker import check_step
from hintree.lab.difficulty import VARIED
from hintree.lab.forms import (
    ANSWER,
    CRITIQUE,
    CRITIQUES,
    FAULT,
    FAULTS,
    HINT,
    NO,
    NONE,
    QUERY,
    RESTATED,
    RIGHT,
    SUB_QUESTION,
    YES,
    critique,
    informed_hint,
    query,
    question_of,
    restated,
    sub_question,
)
from hintree.lab.generate import FAMILIES, problems
from hintree.lab.problem import LabProblem, solve
from hintree.models import Completion, GenerationRequest, LanguageModel, Prompt, load_model
from hintree.statistics.intervals import share
from hintree.training.shipped.form_rows import flawed_step
from hintree.training.shipped.question_rows import list_of_questions
from hintree.training.shipped.rows import steps_of
from hintree.training.shipped.solution_rows import draft, show_solutions

LONGEST = 384
"""Tokens of an answer; a whole solution of nine steps is the longest."""
BATCH = 500
"""Texts written at once; 12,000 of them took 10 GB."""


class FormCase(NamedTuple):
    """One text that a model is to write.

    form: Name of the form in the table.
    question: The question, with passages.
    before: Text between the question and the text to write.
    right: Decides whether the lines that the model wrote are right.
    lines: Number of lines that are needed.
    """

    form: str
    question: str
    before: str
    right: Callable[[list[str]], bool]
    lines: int = 1


def form_figures(model: LanguageModel, n: int, seed: int) -> dict[str, Any]:
    """Return the share of right texts of each form, over ``n`` test problems each."""
    cases = [case for part in (plain_cases, book_cases) for case in part(n, seed)]
    found: dict[str, list[bool]] = {}
    for start in range(0, len(cases), BATCH):
        batch = cases[start : start + BATCH]
        requests = [GenerationRequest(Prompt(case.question, case.before), max_tokens=LONGEST) for case in batch]
        for case, done in zip(batch, model.generate(requests), strict=True):
            lines = done.text.lstrip(" ").split("\n") if isinstance(done, Completion) else []
            found.setdefault(case.form, []).append(len(lines) >= case.lines and case.right(lines))
        model.forget()
    return {form: share(sum(right), len(right)).rounded() for form, right in found.items()}


def plain_cases(n: int, seed: int) -> Iterator[FormCase]:
    """Yield the cases of problems without the book, each after a random gold history."""
    rng = random.Random(f"forms/{seed}")
    for problem in problems("test", n=n, seed=seed):
        steps = steps_of(problem)
        history = steps[: rng.randrange(len(steps))]
        yield from cases_after(rng, problem, history)
        yield from cases_of_wholes(rng, problem)
    for problem in problems("test", n=n, seed=seed, families=tuple(FAMILIES), difficulty=VARIED):
        yield FormCase("restated question", problem.question, RESTATED, equals(restated(problem)))
        yield FormCase("first step, any wording", problem.question, "", is_right(problem, []))


def cases_after(rng: random.Random, problem: LabProblem, history: Sequence[str]) -> Iterator[FormCase]:
    """Yield one case of each form after a history."""
    steps, before, question = steps_of(problem), "".join(f"{step}\n" for step in history), problem.question
    step, wrong = steps[len(history)], flawed_step(rng, problem, list(history))
    yield FormCase("step", question, before, is_right(problem, history))
    asked = sub_question(problem, history)
    yield FormCase("sub-question", question, before + SUB_QUESTION, equals(asked))
    if len(history) + 1 < len(steps):
        answered = f"{before}{SUB_QUESTION} {asked}\n{ANSWER}"
        yield FormCase("answer to a sub-question", question, answered, is_right(problem, history))
    said = critique(problem, history, wrong)
    yield FormCase("critique of a wrong step", question, f"{before}{wrong}\n{CRITIQUE}", equals(said))
    fixed = is_mended(problem, history)
    yield FormCase("wrong step mended after its critique", question, f"{before}{wrong}\n{CRITIQUE}", fixed, 2)
    yield FormCase("right step kept after its critique", question, f"{before}{step}\n{CRITIQUE}", is_kept(step))
    yield FormCase("verdict on a right step", question, f"{before}{step}\n{RIGHT}", equals(YES))
    yield FormCase("verdict on a wrong step", question, f"{before}{wrong}\n{RIGHT}", equals(NO))
    kind = check_step(problem, history, wrong).kind
    hint = informed_hint(problem, history, kind)
    told = f"{before}{wrong}\n{FAULT} {FAULTS[kind]}\n{HINT}"
    yield FormCase("hint after a wrong step", question, told, equals(hint))
    yield FormCase("step under such a hint", question, f"{before}{HINT} {hint}\n", is_right(problem, history))


def cases_of_wholes(rng: random.Random, problem: LabProblem) -> Iterator[FormCase]:
    """Yield the cases about a whole solution: its sub-questions, and a draft to review or to compare with another."""
    question, steps, facts = problem.question, steps_of(problem), solve(problem)
    yield FormCase("list of sub-questions", question, SUB_QUESTION, are(list_of_questions(problem).split("\n")))
    opened = f"{SUB_QUESTION} {question_of(problem, facts[-1].target)}\n{SUB_QUESTION}"
    first = NONE if len(facts) == 1 else question_of(problem, facts[0].target)
    yield FormCase("sub-question of a sub-question", question, opened, equals(first))
    wrong = draft(rng, problem, right=False)
    shown = "".join(f"{step}\n" for step in wrong.steps) + CRITIQUE
    yield FormCase("review of a wrong solution", question, shown, equals(wrong.review))
    yield FormCase("solution after the right review", question, f"{shown} {wrong.review}\n", ends_in(steps[-1]))
    exact = "".join(f"{step}\n" for step in steps) + CRITIQUE
    yield FormCase("review of a right solution", question, exact, equals(CRITIQUES[""]))
    both = rng.sample([steps, wrong.steps], 2)
    yield FormCase("answer from two solutions", f"{question}\n\n{show_solutions(both)}", "", ends_in(steps[-1]))


def book_cases(n: int, seed: int) -> Iterator[FormCase]:
    """Yield the cases of problems about the fact book: the next query, and the next step with its passage."""
    rng, book = random.Random(f"book forms/{seed}"), make_book(0)
    for problem in book_problems("test", n=n, seed=seed):
        steps = steps_of(problem)
        needed = [book.entry(fact.entry) for fact in solve(problem) if fact.entry]
        places = [i for i in range(len(steps)) if query(problem, steps[:i])]
        i = rng.choice(places)
        known = needed[: places.index(i)]
        before = "".join(f"{step}\n" for step in steps[:i])
        asked = f"{problem.question}\n\n{show_passages(known)}" if known else problem.question
        yield FormCase("query", asked, before + QUERY, equals(query(problem, steps[:i]) or ""))
        entry = needed[len(known)]
        shown = show_passages([*known, *rng.sample(found := [entry, *book.similar(rng, entry, 4)], len(found))])
        yield FormCase("quote", f"{problem.question}\n\n{shown}", before, is_right(problem, steps[:i]))


def equals(text: str) -> Callable[[list[str]], bool]:
    """Return a condition on the lines: the first is ``text``."""
    return lambda lines: lines[0] == text


def are(texts: list[str]) -> Callable[[list[str]], bool]:
    """Return a condition on the lines: they are ``texts``."""
    return lambda lines: lines == texts


def ends_in(answer: str) -> Callable[[list[str]], bool]:
    """Return a condition on the lines: the last is ``answer``."""
    return lambda lines: lines[-1] == answer


def is_right(problem: LabProblem, history: Sequence[str]) -> Callable[[list[str]], bool]:
    """Return a condition on the lines: the first is a right step after ``history``."""
    return lambda lines: check_step(problem, history, lines[0]).right


def is_kept(step: str) -> Callable[[list[str]], bool]:
    """Return a condition on a critique and the line after it: the critique finds nothing, or the line is ``step``."""
    return lambda lines: lines[0] == CRITIQUES[""] or lines[1:2] == [step]


def is_mended(problem: LabProblem, history: Sequence[str]) -> Callable[[list[str]], bool]:
    """Return a condition on a critique and the line after it: the critique finds an error, and the line is right."""
    return lambda lines: lines[0] != CRITIQUES[""] and check_step(problem, history, lines[1]).right


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", help="for example embedded:student embedded:teacher")
    parser.add_argument("--n", type=int, default=150, help="texts of each form (default %(default)s)")
    args = parser.parse_args()
    by_model = [form_figures(load_model(name), args.n, seed=0) for name in args.models]
    print(f"| form | {' | '.join(args.models)} |\n|---{'|---' * len(args.models)}|")
    for form in by_model[0]:
        cells = [[round(100 * one[form][key]) for key in ("value", "low", "high")] for one in by_model]
        print(f"| {form} | {' | '.join(f'{value} [{low}, {high}]' for value, low, high in cells)} |")
