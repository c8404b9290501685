"""Scripted policies: a reasoner, a teacher, a hinter and a scorer of set strength that need no model.

They serve tests, and sweeps over hundreds of thousands of problems. Their behaviour follows from the settings, so it is
never part of a result about models.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist
from typing import Any

from hintree.grade import find_answer
from hintree.lab.checker import check_step
from hintree.lab.inject_error import wrong_step
from hintree.lab.oracle import next_hint, next_step
from hintree.lab.problem import LabProblem, write_hint
from hintree.search import (
    Handler,
    Hint,
    HintOutput,
    HintRequest,
    Node,
    Request,
    Response,
    ScoreRequest,
    StepOutput,
    StepRequest,
    StrategyRequest,
    Usage,
)
from hintree.search.core.seeds import generator

NORMAL = NormalDist()


def scripted(
    problems: Sequence[LabProblem],
    *,
    error_rate: float = 0.12,
    hinted_error_rate: float = 0.06,
    teacher_error_rate: float = 0.01,
    hint_quality: float = 0.95,
    auc: float = 0.97,
) -> dict[str, Handler]:
    """Return one handler per role.

    Args:
        problems: All problems that will be solved, looked up by id.
        error_rate: Probability that a step of the reasoner is wrong, in [0, 1].
        hinted_error_rate: The same under the exact hint; any other hint has no effect.
        teacher_error_rate: The same for the teacher.
        hint_quality: Probability that a hint is the exact one, in [0, 1]; any other hint names a random fact.
        auc: Area under the ROC curve of the scores, right steps against wrong ones, in (0, 1).
    """
    truth = {problem.id: problem for problem in problems}

    def write_or_route(request: StepRequest | StrategyRequest) -> StepOutput | tuple[None, ...]:
        return (None,) * request.tracks if isinstance(request, StrategyRequest) else write(request)

    def write(request: StepRequest) -> StepOutput:
        problem, history = truth[request.tree.problem.id], steps_of(request.node)
        rng = generator(request.seed, "slip")  # a seed, not a name: another text would change every scripted tree
        hint_is_exact = request.hint == Hint(next_hint(problem, history))
        rate = teacher_error_rate if request.author == "teacher" else hinted_error_rate if hint_is_exact else error_rate
        wrong = rng.random() < rate
        text = wrong_step(rng, problem, history) if wrong else next_step(problem, history)
        answer = find_answer(text)
        sure = 0.5 + 0.5 * rng.random() if wrong else 0.8 + 0.2 * rng.random()
        return StepOutput(text, "end" if answer else "delimiter", words(text), sure, sure / 2, 1 - sure, answer)

    def hint(request: HintRequest) -> HintOutput:
        problem, rng = truth[request.tree.problem.id], generator(request.seed, "hint")
        exact = rng.random() < hint_quality
        history, names = steps_of(request.node), problem.names
        hint = next_hint(problem, history) if exact else write_hint(rng.choice(problem.facts), names)
        return HintOutput(Hint(hint), words(hint))

    def score(request: ScoreRequest) -> float:
        problem, (*history, last) = truth[request.tree.problem.id], steps_of(request.node)
        right = check_step(problem, history, last).right
        apart = 2**0.5 * NORMAL.inv_cdf(auc)
        drawn = generator(request.seed, "score").normalvariate(apart / 2 if right else -apart / 2, 1.0)
        return NORMAL.cdf(drawn)

    roles: Mapping[str, Callable[[Any], Any]] = {
        "reasoner": write,
        "teacher": write_or_route,
        "hinter": hint,
        "scorer": score,
    }
    return {role: Handler(answer_with(reply)) for role, reply in roles.items()}


def answer_with(reply: Callable[[Any], Any]) -> Callable[[Sequence[Request[Any]]], list[Response[Any]]]:
    """Wrap a function of one request as a batch handler; tokens are counted as words."""

    def answer(request: Request[Any]) -> Response[Any]:
        value = reply(request)
        read = words(request.tree.problem.question) + sum(map(words, steps_of(request.node)))
        return Response(value, Usage(1, read, read, getattr(value, "tokens", 0)))

    return lambda requests: [answer(request) for request in requests]


def steps_of(node: Node) -> list[str]:
    """Return the steps on the path to a node."""
    return [gather.step.text for gather in node.path()]


def words(text: str) -> int:
    """Count words and punctuation marks, the tokens of the scripted policies."""
    return len(re.findall(r"\w+|[^\w\s]", text))
