"""One problem's search while it runs: its pending requests, the responses so far, and when it must stop."""

import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, MutableSequence, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from hintree.errors import CancelledRequestError, ContextError, ModelError, RoleError
from hintree.search.core.actions import FailedLookUp
from hintree.search.core.budget import OPTIONAL_ROLES, Budget
from hintree.search.core.endings import COMPLETE, Rejection, StopReason, failed, out_of_budget
from hintree.search.core.events import Event
from hintree.search.core.ledger import Account, Ledger, Usage
from hintree.search.core.requests import Gather, Request, Response, RetrievalRequest, ScoreRequest, StepRequest
from hintree.search.core.scope import Scope
from hintree.search.core.tree import Tree

Growth = Coroutine[Gather[Any], list[Any], None]
"""A search under way: a coroutine that yields requests and is sent the values of the responses."""


class Handler(NamedTuple):
    """The handler of one role's requests.

    handle: Takes a batch of requests and returns one response per request, in order. It reads the requests' trees and
        does not modify them. An exception in place of a response fails that request's problem only; in place of a score
        it fails only the node, and a ContextError fails only the path. What it raises fails the whole batch. A response
        must not depend on the other requests of its batch.
    parameters: Weights of the model behind it, for the FLOP estimate; 0 if there is none.
    concurrent: True if several threads may call it at once with one request each, and batches gain nothing: a model on
        a server. Otherwise a driver makes one call at a time.
    """

    handle: Callable[[Sequence[Any]], Sequence[Response[Any] | Exception]]
    parameters: int = 0
    concurrent: bool = False


@dataclass(slots=True, eq=False)
class Run:
    """One problem's search, live or done.

    A driver owns the run until it yields it: only one driver advances a run, and no two threads do so at once. The
    search inside owns the tree, which stays valid after the end.

    Attributes:
        tree: The tree that the search grows.
        search: The coroutine that grows it.
        ledger: What it has cost so far, by role.
        stop_reason: Why it ended; None while it runs.
        error: The exception that a handler returned in place of a response, if that ended it.
        started: Start on the clock of ``time.monotonic``, in seconds.
        requests: Requests of the current ``gather``.
        answers: Values of the responses so far, by number of the request.
        sent: Numbers of the requests under way (``concurrent_driver`` only).
        scope: Cancels the calls under way when the run ends.
        limited: True once the current requests have their share of the budget's tokens.
        cut_steps: Steps that were cut because the budget left no more tokens.
        unscored: Why the first score could not be had; a run without any score has failed.
    """

    tree: Tree
    search: Growth
    ledger: Ledger = field(default_factory=Ledger)
    stop_reason: StopReason | None = None
    error: Exception | None = None
    started: float = 0.0
    requests: list[Request[Any]] = field(default_factory=list)
    answers: dict[int, Any] = field(default_factory=dict)
    sent: set[int] = field(default_factory=set)
    scope: Scope = field(default_factory=Scope)
    unscored: str = ""
    limited: bool = False
    cut_steps: int = 0

    def waiting(self) -> list[tuple[int, Request[Any]]]:
        """Return (number, request) for the requests that have no response yet and are not under way."""
        return [(i, request) for i, request in enumerate(self.requests) if i not in self.answers and i not in self.sent]

    def resume(self, answers: list[Any] | None) -> None:
        """Send the answers to the search and take its next requests; an error inside it ends this problem only."""
        try:
            self.requests = list(self.search.send(answers).requests)  # type: ignore[arg-type]
            self.answers, self.sent, self.limited = {}, set(), False
            self.note_requests()
        except StopIteration:
            blind = self.unscored and all(node.score is None for node in self.tree)
            self.end(failed(self.unscored) if blind else COMPLETE)
        except Exception as error:
            self.end(failed(reason_of(error)))

    def note_requests(self) -> None:
        """Add one event per role of the current requests to the tree's."""
        roles = [request.role for request in self.requests]
        for role in dict.fromkeys(roles):
            first = self.requests[roles.index(role)].node.id
            self.tree.events.append(Event("request", first, (role, roles.count(role))))

    def end(self, reason: StopReason) -> None:
        """Stop the search and cancel the calls under way; the tree stays as it is."""
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
    """Advance one search until it needs a model or ends; an error of the bookkeeping ends this problem only.

    Requests whose role is absent or out of budget are answered None, complete batches are sent to the search, and the
    run ends where a limit of the whole search is reached.
    """
    try:
        advance_within_budget(run, handlers, budget)
    except Exception as error:
        run.error = error
        run.end(failed(reason_of(error)))


def advance_within_budget(run: Run, handlers: Mapping[str, Handler], budget: Budget) -> None:
    """Advance one search as ``advance`` does, without its guard."""
    while not run.stop_reason:
        if not run.limited:
            run.requests, run.limited = within_allowance(run.requests, budget, run.ledger), True
        waiting = run.waiting()
        if not waiting and run.sent.difference(run.answers):
            return
        if not waiting:
            run.resume([run.answers[i] for i in range(len(run.requests))])
            continue
        limit = budget.spent(run.tree, run.ledger, time.monotonic() - run.started)
        if limit and (limit == "seconds" or not run.answers):  # the order in which roles answer must not end a search
            run.end(out_of_budget(limit))
            return
        refused = 0
        for number, request in waiting:
            spent = budget.role_spent(run.ledger, request.role)
            if spent and request.role in handlers and request.role not in OPTIONAL_ROLES:
                run.end(out_of_budget(f"{request.role}_tokens"))
                return
            if spent or request.role not in handlers:
                run.answers[number] = None
                refused += 1
        if not refused:
            return


def within_allowance(requests: Sequence[Request[Any]], budget: Budget, ledger: Ledger) -> list[Request[Any]]:
    """Return the requests of a batch, its steps limited to what the budget leaves for each."""
    roles = Counter(request.role for request in requests if isinstance(request, StepRequest))
    shares = {role: budget.allowance(ledger, role, count) for role, count in roles.items()}
    return [
        replace(request, limit=shares[request.role])
        if isinstance(request, StepRequest) and request.tokens is None and shares[request.role] is not None
        else request
        for request in requests
    ]


def call_handler(handler: Handler, requests: Sequence[Request[Any]]) -> tuple[list[Response[Any] | Exception], float]:
    """Return the responses in order and the seconds per request; an error it raises takes every response's place."""
    clock = time.monotonic()
    try:
        answers = list(handler.handle(requests))
        if len(answers) != len(requests):
            raise ValueError(f"the {requests[0].role} gave {len(answers)} answers to {len(requests)} questions")
    except Exception as error:
        answers = [RoleError(reason_of(error))] * len(requests)
    return answers, (time.monotonic() - clock) / len(requests)


def reason_of(error: Exception) -> str:
    """Return the text of an error, or its kind if it has none."""
    return str(error) or type(error).__name__


def checks_solutions(request: Request[Any]) -> bool:
    """Tell whether a request is about solutions or drafts, which stay what they are if it cannot be answered."""
    about = isinstance(request, StepRequest) and (request.cut is not None or bool(request.candidates))
    return about or getattr(request, "revises", None) is not None


def record_response(
    run: Run, number: int, request: Request[Any], answer: Response[Any] | Exception, handler: Handler, seconds: float
) -> None:
    """Record the response to a run's ``number``-th request and book its cost; a bad response ends its problem only.

    See ``book_response``.
    """
    try:
        book_response(run, number, request, answer, handler, seconds)
    except Exception as error:
        if not run.stop_reason:
            run.error = error
            run.end(failed(f"the {request.role}'s response cannot be booked: {reason_of(error)}"))


def book_response(
    run: Run, number: int, request: Request[Any], answer: Response[Any] | Exception, handler: Handler, seconds: float
) -> None:
    """Record the response to a run's ``number``-th request and book its cost.

    An error ends this problem only. A score that cannot be computed fails only its node, and a path that no longer fits
    into the model's context fails only its last node, if that is open and has no children; finished solutions that do
    not fit are not checked. A request that was cancelled costs what its server has done until then.
    """
    if isinstance(answer, CancelledRequestError) and answer.usage is not None:
        run.ledger[request.role].add(Usage(*answer.usage), handler.parameters, seconds)
    if isinstance(answer, Exception):
        reason = reason_of(answer)
        if isinstance(request, ScoreRequest) and not isinstance(answer, RoleError):
            request.node.fail(Rejection.NO_SCORE, f"no score: {reason}")
            run.unscored, run.error = run.unscored or reason, answer
            run.answers[number] = None
        elif isinstance(answer, ContextError) and (request.node.parent is not None or checks_solutions(request)):
            goes_on = request.node is not getattr(request, "revises", None)  # a critique adds nothing after its draft
            if request.node.status == "open" and not request.node.children and goes_on:
                request.node.fail(Rejection.CONTEXT_FULL, f"nothing fits after it: {reason}")
            run.answers[number] = None
        elif is_failed_look_up(request, answer):
            run.answers[number] = FailedLookUp(reason)
        elif not run.stop_reason:
            run.error = answer
            run.end(failed(reason))
        return
    if isinstance(request, ScoreRequest) and answer.value is None:
        request.node.fail(Rejection.NO_SCORE, "no score: the scorer returned None")
    if isinstance(request, ScoreRequest):
        request.node.label_mass, request.node.fault = answer.mass, answer.fault
    run.ledger[request.role].add(answer.usage, handler.parameters, seconds)
    if isinstance(request, RetrievalRequest):
        run.ledger[request.role].passages += len(answer.value)
    action = getattr(request, "action", None)
    if action is not None:
        run.ledger.actions.setdefault(action.name, Account()).add(answer.usage, handler.parameters, seconds)
    run.cut_steps += isinstance(request, StepRequest) and request.is_cut(answer.usage)
    run.answers[number] = answer.value


def is_failed_look_up(request: Request[Any], error: Exception) -> bool:
    """Tell whether an error is the retriever's own, which fails one look-up and neither its problem nor its path."""
    return (
        isinstance(request, RetrievalRequest)
        and isinstance(error, ModelError)
        and not isinstance(error, CancelledRequestError)
    )
