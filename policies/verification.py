"""Prompts and texts of the models that check solutions: completions of cut solutions, and verdicts on candidates."""

import re
from collections.abc import Iterable, Sequence
from math import ceil

from hintree.models import Completion, Prompt, Span
from hintree.policies.formats import PromptFormat
from hintree.policies.sampling import Sampling
from hintree.policies.steps import as_step, last_line_of, stated_answer
from hintree.policies.thoughts import without_thought
from hintree.policies.words import fill
from hintree.search import Node, Problem, Response, StepOutput, StepRequest
from hintree.search.core.actions import Action

VERIFIER_SAMPLING = Sampling(temperature=1.0, greedy_first=False)
"""Sampling of completions, as in rStar's public code; the method's own sampling is the generator's."""
WORD = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]|[^\s\u3040-\u30ff\u4e00-\u9fff]+")
"""Matches a word, and each character of scripts that put no spaces between words."""


def cut_text(text: str, share: float) -> str:
    """Return the beginning of a text: a share of its words, rounded up, but never its last word.

    Args:
        text: A solution.
        share: Share of the words to keep, in (0, 1).
    """
    ends = [word.end() for word in WORD.finditer(text)]
    kept = min(ceil(round(len(ends) * share, 6)), len(ends) - 1)
    return text[: ends[kept - 1]] if kept > 0 else ""


def cut_prompt(form: PromptFormat, problem: Problem, path: Sequence[Node], share: float) -> Prompt:
    """Return the prompt for the rest of a solution after a cut; it asks the problem in its first wording."""
    asked = form.read_problem(problem, [node for node in path if node.passages])
    return form.prompt(asked, [*form.start(path, silent=True), Span(cut_text(form.solution(path), share))])


def verdict_prompt(form: PromptFormat, problem: Problem, candidates: Sequence[Node], action: Action) -> Prompt:
    """Return the prompt for a solution that is written after reading the candidates, which end with these nodes."""
    shown = numbered(form.solution(last.path()).strip() for last in candidates)
    return form.prompt(problem, form.start((), silent=True), ask=fill(form.wording(action).ask, solutions=shown))


def numbered(solutions: Iterable[str]) -> str:
    """Return solutions as a verdict reads them, each under its number."""
    return "\n\n".join(f"[{number}]\n{text}" for number, text in enumerate(solutions, 1))


def as_completion(done: Completion, request: StepRequest, form: PromptFormat) -> Response[StepOutput]:
    """Convert the rest of a cut solution to a step.

    The answer is read in the rest and in the line that the cut is in. An answer that stands before the cut is none of
    the verifier's.
    """
    assert request.cut is not None
    problem = request.tree.problem
    line = last_line_of(cut_text(form.solution(request.node.path()), request.cut))
    before = line if stated_answer(line, "", problem.choices or None, form.protocol.forms()) is None else ""
    return as_step(without_thought(done, form), before, form, problem)
