"""Controls: handlers that read the ground truth, and hints of other problems. They are bounds, not methods.

The hinter ``exact`` returns the exact hint of the problem, ``other`` the exact hint of another problem. The scorer
``exact`` returns 1 for a right step and 0 for a wrong one, with its fault.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

from hintree.errors import UsageError
from hintree.lab.checker import ErrorKind, check_step, parse_step
from hintree.lab.oracle import next_hint
from hintree.lab.parse import parse_problem
from hintree.lab.problem import LabProblem, plan_text
from hintree.scorers.base import PathScorer, Prefix
from hintree.search.core.faults import Fault
from hintree.search.core.hints import Hint, HintKind
from hintree.search.core.ledger import Usage
from hintree.search.core.requests import HintOutput, HintRequest, Response
from hintree.search.core.run import Handler
from hintree.search.core.tree import Tree
from hintree.search.selection import choose

LAB_HINTERS = ("exact", "other")
"""Names of the hinters that only the lab can build."""


def lab_hinter(name: str, questions: Sequence[str], *, planned: bool = False) -> Handler:
    """Return a hinter of ``LAB_HINTERS``; with ``planned``, it returns plans.

    Raises:
        UsageError: There are no questions, or others than lab problems, whose ground truth the hinter needs.
    """
    try:
        problems = [parse_cached(question) for question in questions]
    except UsageError:
        problems = []
    if not problems:
        raise UsageError(f"the hinter {name!r} is a control that knows only lab problems; give problems: lab:...")
    return Handler(ExactHints(problems, shift=int(name == "other"), planned=planned))


class ExactHints:
    """Answer hint requests with the exact hint or plan of the problem.

    Args:
        problems: All problems that will be solved.
        shift: Take the hint of the problem that stands ``shift`` places later in ``problems``.
        planned: Return the plan of the whole solution instead of the next hint.
    """

    def __init__(self, problems: Sequence[LabProblem], shift: int = 0, *, planned: bool = False) -> None:
        self.planned = planned
        self.problems = {p.id: problems[(i + shift) % len(problems)] for i, p in enumerate(problems)}

    def __call__(self, requests: Sequence[HintRequest]) -> list[Response[HintOutput] | Exception]:
        """Return one hint per request."""
        return [Response(HintOutput(self.hint(request), 0), Usage(1)) for request in requests]

    def hint(self, request: HintRequest) -> Hint:
        """Return the hint for one request."""
        problem = self.problems[request.tree.problem.id]
        if self.planned:
            return Hint(plan_text(problem), HintKind.PLAN)
        return Hint(next_hint(problem, [node.step.text for node in request.node.path()]))


class ShuffledHints:
    """Answer hint requests with a hint that a hinter wrote for another problem at the same step.

    Args:
        trees: One chain per problem, grown under the hinter. Each problem gets the hints of the next one.
    """

    def __init__(self, trees: Sequence[Tree]) -> None:
        hints_of = [[node.hint for node in choose(tree).node.path() if node.hint] for tree in trees]
        self.hints_of = {tree.problem.id: hints_of[(i + 1) % len(hints_of)] for i, tree in enumerate(trees)}

    def __call__(self, requests: Sequence[HintRequest]) -> list[Response[HintOutput] | Exception]:
        """Return one hint per request; the last one where the other solution was shorter."""
        return [Response(HintOutput(self.hint(request), 0), Usage(1)) for request in requests]

    def hint(self, request: HintRequest) -> Hint | None:
        """Return the hint for one request, None if the other problem had none."""
        hints = self.hints_of[request.tree.problem.id]
        return hints[min(request.node.depth, len(hints) - 1)] if hints else None


class ExactScorer(PathScorer):
    """The oracle scorer: 1 for a right step, 0 for a wrong one; it parses the ground truth from the question."""

    def score_prefixes(self, prefixes: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """Return 1 or 0 for the last step of each prefix, from the exact checker."""
        return [self.verdict(prefix) for prefix in prefixes]

    def verdict(self, prefix: Prefix) -> Response[float] | Exception:
        """Return 1 if the last step is right, else 0 with its fault; an exception if it is not a lab problem."""
        try:
            problem = parse_cached(prefix.question)
        except UsageError as error:
            return UsageError(f"the scorer 'exact' knows only lab problems: {error}")
        *history, last = prefix.steps
        kind = check_step(problem, history, last).kind
        return Response(float(not kind), Usage(1), fault=fault_of(problem, last, kind))


FAULTS: dict[ErrorKind, Fault] = {
    "arithmetic": Fault.ARITHMETIC,
    "operand": Fault.NUMBER,
    "irrelevant": Fault.REFERENT,
    "repeated": Fault.REFERENT,
    "malformed": Fault.FORM,
}
"""Fault of a wrong step by the checker's kind of error."""


def fault_of(problem: LabProblem, step: str, kind: ErrorKind) -> Fault | None:
    """Return the fault of a step with this kind of error, None for a right one; another sign is a wrong operation."""
    parsed = parse_step(step) if kind == "operand" else None
    if parsed is not None and parsed.op != problem.facts[parsed.label - 1].op:
        return Fault.OPERATION
    return FAULTS[kind] if kind else None


@lru_cache(maxsize=1024)
def parse_cached(question: str) -> LabProblem:
    """Parse a lab question, with a cache. Raises UsageError for any other text."""
    return parse_problem(question)


LAB_SCORERS: dict[str, Callable[[], PathScorer]] = {"exact": ExactScorer}
"""Scorers that only the lab can build, by name; the ``extra`` of ``make_scorer``."""
