"""One problem's search while it runs: what it asks, what it has been answered, and when it must stop."""

import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, MutableSequence, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hintree.errors import ContextError, RoleError
from hintree.search.core.budget import OPTIONAL_ROLES, Budget
from hintree.search.core.ledger import Ledger
from hintree.search.core.requests import Gather, Request, Response, ScoreRequest
from hintree.search.core.scope import Scope
from hintree.search.core.tree import Tree

Growth = Coroutine[Gather[Any], list[Any], None]
"""A search under way: it yields questions and is sent their answers."""


class Handler(NamedTuple):
    """Who answers the questions of one role.

    handle: From questions to answers, in order; an exception in place of an answer fails that question's problem only,
        in place of a score only the node, and a ContextError only the path.
    parameters: Weights of the model behind it, for the FLOP estimate.
    free: Whether it may be asked from several threads at once, and gains nothing from batches: a model on a server.
    """

    handle: Callable[[Sequence[Any]], Sequence[Response[Any] | Exception]]
    parameters: int = 0
    concurrent: bool = False


@dataclass(slots=True, eq=False)
class Run:
    """One problem's search, live or done.

    Attributes:
        tree: Its tree.
        ledger: What it has cost.
        stop_reason: Why it ended: "complete" (the search came to its own end), "budget: NAME" or "failed: WHY".
        error: What an answerer gave in place of an answer, if that ended it.
        unscored: Why a score could not be had; a run in which none could has failed.
    """

    tree: Tree
    search: Growth
    ledger: Ledger = field(default_factory=Ledger)
    stop_reason: str = ""
    error: Exception | None = None
    started: float = 0.0
    requests: list[Request[Any]] = field(default_factory=list)
    answers: dict[int, Any] = field(default_factory=dict)
    sent: set[int] = field(default_factory=set)
    scope: Scope = field(default_factory=Scope)
    unscored: str = ""

    def waiting(self) -> list[tuple[int, Request[Any]]]:
        """(place, question) for the questions that have no answer yet and are not under way."""
        return [(i, request) for i, request in enumerate(self.requests) if i not in self.answers and i not in self.sent]

    def resume(self, answers: list[Any] | None) -> None:
        """Send the answers and take the next questions; an error inside the search ends this problem only."""
        try:
            self.requests = list(self.search.send(answers).requests)  # type: ignore[arg-type]
            self.answers, self.sent = {}, set()
        except StopIteration:
            blind = self.unscored and all(node.score is None for node in self.tree)
            self.end(f"failed: {self.unscored}" if blind else "complete")
        except Exception as error:
            self.end(f"failed: {str(error) or type(error).__name__}")

    def end(self, reason: str) -> None:
        """Stop here; what is in the tree stays, and what is under way is called off."""
        self.stop_reason, self.requests = reason, []
        self.scope.end()
        with suppress(Exception):
            self.search.close()


def admit(running: MutableSequence[Run], waiting: Iterator[tuple[Tree, Growth]], live: int) -> None:
    """Start waiting searches until ``live`` are running or none waits."""
    while len(running) < live and (pair := next(waiting, None)) is not None:
        run = Run(*pair, started=time.monotonic())
        run.resume(None)
        running.append(run)


def advance(run: Run, handlers: Mapping[str, Handler], budget: Budget) -> None:
    """Bring one search to where it needs a model: refuse what nobody answers, send what is complete, stop if spent."""
    while not run.stop_reason:
        waiting = run.waiting()
        if not waiting and run.sent.difference(run.answers):
            return
        if not waiting:
            run.resume([run.answers[i] for i in range(len(run.requests))])
            continue
        if limit := budget.spent(run.tree, run.ledger, time.monotonic() - run.started):
            run.end(f"budget: {limit}")
            return
        refused = 0
        for place, request in waiting:
            spent = budget.role_spent(run.ledger, request.role)
            if spent and request.role in handlers and request.role not in OPTIONAL_ROLES:
                run.end(f"budget: {request.role}_tokens")
                return
            if spent or request.role not in handlers:
                run.answers[place] = None
                refused += 1
        if not refused:
            return


def call_handler(handler: Handler, requests: Sequence[Request[Any]]) -> tuple[list[Response[Any] | Exception], float]:
    """The answers in order, and the seconds that each took; what the answerer raises takes every answer's place."""
    clock = time.monotonic()
    try:
        answers = list(handler.handle(requests))
        if len(answers) != len(requests):
            raise ValueError(f"the {requests[0].role} gave {len(answers)} answers to {len(requests)} questions")
    except Exception as error:
        answers = [RoleError(str(error) or type(error).__name__)] * len(requests)
    return answers, (time.monotonic() - clock) / len(requests)


def record_response(
    run: Run, place: int, request: Request[Any], answer: Response[Any] | Exception, handler: Handler, seconds: float
) -> None:
    """Enter an answer and book what it cost.

    An error ends this problem only; a score that cannot be had ends its node, and so does a path that no longer fits
    into the model's context, if nothing stands after it.
    """
    if isinstance(answer, Exception):
        reason = str(answer) or type(answer).__name__
        if isinstance(request, ScoreRequest) and not isinstance(answer, RoleError):
            request.node.fail(f"no score: {reason}")
            run.unscored, run.error = run.unscored or reason, answer
            run.answers[place] = None
        elif isinstance(answer, ContextError) and request.node.parent is not None:
            if not request.node.children:
                request.node.fail(f"nothing fits after it: {reason}")
            run.answers[place] = None
        elif not run.stop_reason:
            run.error = answer
            run.end(f"failed: {reason}")
        return
    if isinstance(request, ScoreRequest) and answer.value is None:
        request.node.fail("no score: the scorer said None")
    run.ledger[request.role].add(answer.usage, handler.parameters, seconds)
    run.answers[place] = answer.value
