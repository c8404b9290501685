"""Controls of hinters: hints by the same model that are not about the step, to tell what hints say from what they are.

``other:MODEL`` takes hints for the next problem of the run, ``earlier:MODEL`` for an earlier step of the solution.
Both cost what hints cost. They need no ground truth, so that they work with any problems.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from hintree.errors import UsageError
from hintree.policies.hinters import HintWriter
from hintree.search.core.ledger import Usage
from hintree.search.core.requests import HintOutput, HintRequest, Response
from hintree.search.core.seeds import seed_of
from hintree.search.core.tree import Node, Problem, Tree

OTHERS = "other"
"""Name of the control that depends on the other questions of a run, alone for the lab's and before a model's name."""
CONTROLS = (OTHERS, "earlier")
"""Names of the controls, which stand before the name of a model."""


class ControlledHinter(NamedTuple):
    """The name of a hinter: a control, "" for none, and the model that writes."""

    control: str
    model: str


def read_hinter(name: str) -> ControlledHinter:
    """Split the name of a hinter into a control and a model; a plain name has no control."""
    control, colon, model = name.partition(":")
    return ControlledHinter(control, model) if colon and control in CONTROLS else ControlledHinter("", name)


def controlled(
    control: str, write: HintWriter, questions: Sequence[str]
) -> Callable[[Sequence[HintRequest]], list[Response[HintOutput] | Exception]]:
    """Return a hinter under a control.

    Args:
        control: "other" or "earlier".
        write: Writes the hints.
        questions: All questions of the run, for "other" at least two.

    Raises:
        UsageError: There are too few questions.
    """
    if control == "earlier":
        return lambda requests: answer_earlier(write, requests)
    different = list(dict.fromkeys(questions))  # a question that comes twice would get hints for itself
    following = dict(zip(different, [*different[1:], *different[:1]], strict=True))
    if len(following) < 2:
        raise UsageError(
            "the hinter other:MODEL takes hints for the next problem of a study: give at least two problems"
        )
    return lambda requests: write([about_other(request, following) for request in requests])


def about_other(request: HintRequest, following: dict[str, str]) -> HintRequest:
    """Return the request for a hint about the next problem, other than the hints on the path so far.

    Raises:
        UsageError: The problem is none of the run's.
    """
    question = request.tree.problem.question
    if question not in following:
        raise UsageError(f"the hinter other:MODEL: {question[:80]!r} is not among the questions of the run")
    tree = Tree(Problem(following[question]), request.tree.seed)
    given = tuple(node.hint for node in request.node.path() if node.hint is not None)
    return replace(request, tree=tree, node=tree.root, avoid=given, revises=None)


def answer_earlier(write: HintWriter, requests: Sequence[HintRequest]) -> list[Response[HintOutput] | Exception]:
    """Return hints for a step before, drawn uniformly by the request's seed; none for a first step."""
    asked = [request for request in requests if request.node.parent is not None]
    answers = iter(write([replace(request, node=earlier(request), revises=None) for request in asked]) if asked else ())
    return [
        Response(HintOutput(None, 0), Usage()) if request.node.parent is None else next(answers) for request in requests
    ]


def earlier(request: HintRequest) -> Node:
    """Return the problem, or the step on the path, after which the hint is asked for: one before the last."""
    before = [request.tree.root, *request.node.path()[:-1]]
    return before[seed_of(request.seed, "earlier") % len(before)]
