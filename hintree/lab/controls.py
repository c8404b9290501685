"""The lab's controls: answerers that know the truth, and answerers that know nothing. Bounds, never methods.

hinter: ``exact`` gives the lab's exact hint, ``other`` the exact hint of another problem.
scorer: ``exact`` gives 1 to a right step and 0 to a wrong one, ``random`` a number that knows nothing of the step.
"""

from collections.abc import Sequence
from functools import lru_cache

from hintree.errors import UsageError
from hintree.lab.checker import check_step
from hintree.lab.oracle import next_hint
from hintree.lab.parse import parse_problem
from hintree.lab.problem import LabProblem, write_plan
from hintree.scorers.base import Judge, Prefix
from hintree.search.core.ledger import Usage
from hintree.search.core.requests import HintOutput, HintRequest, Response, ScoreRequest
from hintree.search.core.run import Handler
from hintree.search.core.seeds import generator
from hintree.search.core.tree import Tree
from hintree.search.selection import choose

CONTROLS = {"hinter": ("exact", "other"), "scorer": ("exact", "random")}
"""Names of controls by role."""


def control(role: str, name: str, problems: Sequence[LabProblem], *, planned: bool = False) -> Handler:
    """A control by role and name; with ``planned``, a hinter writes plans.

    Raises:
        UsageError: It needs the truth, and these are no lab problems.
    """
    if (role, name) == ("scorer", "random"):
        return Handler(random_scores)
    if not problems:
        raise UsageError(f"the {role} {name!r} is a control that knows only lab problems; give problems: lab:...")
    if role == "scorer":
        return Handler(ExactScorer())
    return Handler(ExactHints(problems, shift=int(name == "other"), planned=planned))


class ExactHints:
    """Answers ``Hint`` questions with the lab's exact hint or plan; with ``shift``, that of another problem."""

    def __init__(self, problems: Sequence[LabProblem], shift: int = 0, *, planned: bool = False) -> None:
        self.planned = planned
        self.problems = {p.id: problems[(i + shift) % len(problems)] for i, p in enumerate(problems)}

    def __call__(self, requests: Sequence[HintRequest]) -> list[Response[HintOutput] | Exception]:
        """The hints."""
        return [Response(HintOutput(self.hint(request), 0), Usage(1)) for request in requests]

    def hint(self, request: HintRequest) -> str:
        """The hint for one question."""
        problem = self.problems[request.tree.problem.id]
        if self.planned:
            return write_plan(problem)
        return next_hint(problem, [node.step.text for node in request.node.path()])


class ShuffledHints:
    """Answers ``Hint`` questions with what a hinter has told another problem at the same step.

    Args:
        trees: One chain per problem, grown under the hinter; the problem after it lends its hints.
    """

    def __init__(self, trees: Sequence[Tree]) -> None:
        hints_of = [[node.hint for node in choose(tree).node.path() if node.hint] for tree in trees]
        self.hints_of = {tree.problem.id: hints_of[(i + 1) % len(hints_of)] for i, tree in enumerate(trees)}

    def __call__(self, requests: Sequence[HintRequest]) -> list[Response[HintOutput] | Exception]:
        """The hints; where the other solution was shorter, its last one."""
        return [Response(HintOutput(self.hint(request), 0), Usage(1)) for request in requests]

    def hint(self, request: HintRequest) -> str | None:
        """The hint for one question, None where the other problem had none."""
        hints = self.hints_of[request.tree.problem.id]
        return hints[min(request.node.depth, len(hints) - 1)] if hints else None


class ExactScorer(Judge):
    """The oracle scorer: 1 for a right step, 0 for a wrong one; it reads the truth back from the lab's question."""

    def judge(self, cases: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """The verdict of the lab's checker."""
        return [self.verdict(case) for case in cases]

    def verdict(self, case: Prefix) -> Response[float] | Exception:
        """The verdict on one step."""
        try:
            problem = parse_cached(case.question)
        except UsageError as error:
            return UsageError(f"the scorer 'exact' knows only lab problems: {error}")
        *history, last = case.steps
        return Response(float(check_step(problem, history, last).right), Usage(1))


@lru_cache(maxsize=1024)
def parse_cached(question: str) -> LabProblem:
    """The problem of a lab question. Raises UsageError for any other."""
    return parse_problem(question)


def random_scores(requests: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
    """The random scorer: uniform in [0, 1), from the question's own seed."""
    return [Response(generator(request.seed, "random scorer").random(), Usage(1)) for request in requests]
