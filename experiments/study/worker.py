"""Do a task in a worker: solve, then grade. The worker runs in a process of its own or in a Ray actor.

Only after a search is over is its answer held against the reference: what goes into the search is a ``Problem``.
"""

import multiprocessing
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

from hintree.errors import HintreeError, ServerError
from hintree.experiments.study.store_rows import Result, pack_tree
from hintree.experiments.study.store_study import StoredCase
from hintree.experiments.study.tasks import Task
from hintree.experiments.study.verdicts import StoredVerdict, grade_answers, stated_answers, storable
from hintree.grade import GraderError, Verdict
from hintree.models.remote.address import WORKER
from hintree.models.resources import CACHE_BYTES
from hintree.search.core.endings import StopReason
from hintree.search.core.ledger import Ledger
from hintree.search.core.tree import Problem, Tree

LONGEST = 500
"""Characters of a reason."""
BEAT = 1.0
"""Seconds between two signs of life of a worker process."""


class Outcome(NamedTuple):
    """The outcome of one search: weights of the model behind each role, and True if its answer is withheld."""

    tree: Tree
    answer: str | None
    ledger: Ledger
    stop_reason: StopReason
    parameters: dict[str, int]
    abstained: bool = False


Heartbeat = Callable[[], None]
"""Called whenever a model has answered a batch: the task makes progress."""
SolveProblems = Callable[[Sequence[Problem]], Iterator[Outcome]]
"""Solves problems together; outcomes come as they are there."""
PrepareArm = Callable[[Mapping[str, Any], int, Heartbeat], SolveProblems]
"""Makes the solver of an arm's configuration and a seed; raises HintreeError if the arm's models cannot be loaded."""


class Job(NamedTuple):
    """Study, problems and the function that makes solvers, sent to every worker.

    make: From the study and the problems in order to ``PrepareArm``; a function or class that can be imported by name.
    study: The resolved study.
    cases: Its problems by key.
    """

    make: Callable[[Mapping[str, Any], Sequence[StoredCase]], PrepareArm]
    study: dict[str, Any]
    cases: dict[str, StoredCase]


class Ready(NamedTuple):
    """The worker has started."""


class Alive(NamedTuple):
    """A sign of life, with the number of batches that models have answered in this worker."""

    answered: int = 0


class Warned(NamedTuple):
    """A warning of the worker, as one text."""

    text: str


class Done(NamedTuple):
    """One problem is done, ungraded or failed; with its packed tree, and the verdicts on all answers in it."""

    result: Result
    tree: bytes
    verdicts: Sequence[StoredVerdict] = ()


class End(NamedTuple):
    """The task is over; ``reason`` says what broke it, "" if nothing did."""

    reason: str = ""


class Refused(NamedTuple):
    """The arm's models cannot be loaded, or nothing can be graded; a fault that may pass is retried first."""

    reason: str
    may_pass: bool = False


class Lost(NamedTuple):
    """The worker is gone."""

    reason: str


Message = Ready | Alive | Warned | Done | End | Refused | Lost


def perform(job: Job, prepare: PrepareArm, task: Task, heartbeat: Heartbeat) -> Iterator[Message]:
    """Do a task, problem by problem."""
    keys = {job.cases[key].id: key for key in task.problems}
    problems = [Problem(case.question, case.id, case.choices) for case in map(job.cases.__getitem__, task.problems)]
    try:
        solve = prepare(job.study["arms"][task.arm], task.seed, heartbeat)
    except HintreeError as error:
        yield Refused(f"arm {task.arm!r}: {error}", isinstance(error, ServerError))
        return
    except Exception as error:
        yield End(reason_of(error))
        return
    try:
        for outcome in solve(problems):
            key = keys[outcome.tree.problem.id]
            result, verdicts = graded(task, key, job.cases[key], outcome)
            yield Done(result, pack_tree(outcome.tree), verdicts)
    except GradingError as error:
        yield Refused(str(error), may_pass=True)
    except Exception as error:
        yield End(reason_of(error))
    else:
        yield End()


def reason_of(error: Exception) -> str:
    """Return the reason for which an error ended a task."""
    return storable(f"{type(error).__name__}: {error}")[:LONGEST]


class GradingError(HintreeError):
    """The grader cannot work."""


def graded(task: Task, key: str, case: StoredCase, outcome: Outcome) -> tuple[Result, list[StoredVerdict]]:
    """Return the outcome of a search as a result, and the verdicts on all answers that its tree states.

    A solution without an answer is wrong, and a failed search is not graded.
    """
    failed = outcome.stop_reason.failed
    answer = None if outcome.answer is None else storable(outcome.answer)
    try:
        verdicts = [] if failed else grade_answers(key, case, [answer, *stated_answers(outcome.tree)])
    except GraderError as error:
        raise GradingError(str(error)) from error
    verdict = next((v.verdict for v in verdicts if v.answer == answer), Verdict.WRONG)
    status = "failed" if failed else "abstained" if outcome.abstained else "done"
    status = "ungraded" if verdict is Verdict.UNGRADED else status
    right = verdict is Verdict.RIGHT
    reason = storable(str(outcome.stop_reason))[:LONGEST]
    parts = (answer, right, outcome.ledger, outcome.parameters, task.attempt)
    return Result(task.arm, key, task.seed, status, reason, *parts), verdicts


class ParentPipe:
    """The worker's end of the pipe to its parent: messages, and signs of life from a thread of its own.

    The thread beats while a model is loaded or computes, and ends this process at once when the parent is gone.
    """

    def __init__(self, pipe: Connection) -> None:
        self.pipe, self.answered = pipe, 0
        self._lock = threading.Lock()
        threading.Thread(target=self._beat, daemon=True).start()

    def send(self, message: Message) -> None:
        """Send one message; any thread may call it, as models on servers warn from threads of their own."""
        with self._lock:
            self.pipe.send(message)

    def count(self) -> None:
        """Count one more answered batch, which the next sign of life tells."""
        self.answered += 1

    def _beat(self) -> None:
        parent = multiprocessing.parent_process()
        assert parent is not None, "only a worker process has a parent pipe"
        with suppress(OSError):
            while not wait([parent.sentinel], BEAT):
                self.send(Alive(self.answered))
        os._exit(1)


def serve(pipe: Connection, number: int, cache_bytes: int) -> None:
    """Serve as the main function of a worker process: a job and tasks in, messages out, until the parent is gone.

    Args:
        pipe: To the parent.
        number: Number of the worker.
        cache_bytes: Budget of its caches.
    """
    os.environ[WORKER], os.environ[CACHE_BYTES] = str(number), str(cache_bytes)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers
    parent = ParentPipe(pipe)
    warnings.showwarning = lambda message, *_args, **_kw: parent.send(Warned(str(message)))
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        job: Job = pipe.recv()
        try:
            prepare = job.make(job.study, list(job.cases.values()))
        except HintreeError as error:
            parent.send(Refused(str(error)))
            return
        except Exception as error:
            parent.send(Lost(reason_of(error)))
            return
        parent.send(Ready())
        while True:
            for message in perform(job, prepare, pipe.recv(), parent.count):
                parent.send(message)
