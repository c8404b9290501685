"""The driver: answers the questions of many searches in batches, and keeps the books.

The only place where searches meet models. In every round it takes the role that most questions wait for and answers
all of them, over all live problems, in one call.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hintree.search.budget import OPTIONAL_ROLES, Budget
from hintree.search.errors import UsageError
from hintree.search.ledger import Ledger
from hintree.search.questions import Answer, Ask, Each
from hintree.search.tree import Tree


class Answerer(NamedTuple):
    """Who answers the questions of one role.

    answer: From questions to answers, in order; an exception in place of an answer fails that question's problem only.
    parameters: Weights of the model behind it, for the FLOP estimate.
    """

    answer: Callable[[Sequence[Any]], Sequence[Answer[Any] | Exception]]
    parameters: int = 0


@dataclass(slots=True, eq=False)
class Run:
    """One problem's search, live or done.

    Attributes:
        tree: Its tree.
        ledger: What it has cost.
        stop_reason: Why it ended: "complete" (the search came to its own end), "budget: NAME" or "failed: WHY".
    """

    tree: Tree
    search: Coroutine[Each[Any], list[Any], None]
    ledger: Ledger = field(default_factory=Ledger)
    stop_reason: str = ""
    started: float = 0.0
    asks: list[Ask[Any]] = field(default_factory=list)
    answers: dict[int, Any] = field(default_factory=dict)

    def waiting(self) -> list[tuple[int, Ask[Any]]]:
        """(place, question) for the questions that have no answer yet."""
        return [(i, ask) for i, ask in enumerate(self.asks) if i not in self.answers]

    def resume(self, answers: list[Any] | None) -> None:
        """Send the answers and take the next questions; an error inside the search ends this problem only."""
        try:
            self.asks, self.answers = list(self.search.send(answers).asks), {}  # type: ignore[arg-type]
        except StopIteration:
            self.end("complete")
        except Exception as error:
            self.end(f"failed: {str(error) or type(error).__name__}")

    def end(self, reason: str) -> None:
        """Stop here; what is in the tree stays."""
        self.stop_reason, self.asks = reason, []
        with suppress(Exception):
            self.search.close()


def drive(
    searches: Iterable[tuple[Tree, Coroutine[Each[Any], list[Any], None]]],
    answerers: Mapping[str, Answerer],
    *,
    budget: Budget | None = None,
    live: int = 64,
) -> Iterator[Run]:
    """Run many searches to their ends, yielding each as it ends.

    Args:
        searches: Trees and the coroutines that grow them; taken from the iterable as places become free.
        answerers: By role; a role without an answerer answers None to every question.
        budget: Limits for each problem.
        live: How many problems are worked on at once. It changes speed, never a tree.
    """
    if live < 1:
        raise UsageError(f"live={live!r} is not a whole number of at least 1")
    waiting, budget, running = iter(searches), budget or Budget(), deque[Run]()
    while True:
        while len(running) < live and (pair := next(waiting, None)) is not None:
            run = Run(*pair, started=time.monotonic())
            run.resume(None)
            running.append(run)
        if not running:
            return
        for run in running:
            settle(run, answerers, budget)
        yield from (run for run in running if run.stop_reason)
        running = deque(run for run in running if not run.stop_reason)
        answer_one_role(running, answerers)


def settle(run: Run, answerers: Mapping[str, Answerer], budget: Budget) -> None:
    """Bring one search to where it needs a model: refuse what nobody answers, send what is complete, stop if spent."""
    while not run.stop_reason:
        waiting = run.waiting()
        if not waiting:
            run.resume([run.answers[i] for i in range(len(run.asks))])
            continue
        if limit := budget.spent(run.tree, run.ledger, time.monotonic() - run.started):
            run.end(f"budget: {limit}")
            return
        refused = 0
        for place, ask in waiting:
            spent = budget.role_spent(run.ledger, ask.role)
            if spent and ask.role in answerers and ask.role not in OPTIONAL_ROLES:
                run.end(f"budget: {ask.role}_tokens")
                return
            if spent or ask.role not in answerers:
                run.answers[place] = None
                refused += 1
        if not refused:
            return


def answer_one_role(running: Iterable[Run], answerers: Mapping[str, Answerer]) -> None:
    """Answer every waiting question of the role that most questions wait for, in one call."""
    questions = [(run, place, ask) for run in running for place, ask in run.waiting()]
    if not questions:
        return
    role = Counter(ask.role for _, _, ask in questions).most_common(1)[0][0]
    chosen = [(run, place, ask) for run, place, ask in questions if ask.role == role]
    answerer, clock = answerers[role], time.monotonic()
    try:
        answers = list(answerer.answer([ask for _, _, ask in chosen]))
        if len(answers) != len(chosen):
            raise ValueError(f"the {role} gave {len(answers)} answers to {len(chosen)} questions")
    except Exception as error:
        answers = [error] * len(chosen)
    seconds = (time.monotonic() - clock) / len(chosen)
    for (run, place, _), answer in zip(chosen, answers, strict=True):
        if isinstance(answer, Exception):
            if not run.stop_reason:
                run.end(f"failed: {str(answer) or type(answer).__name__}")
            continue
        run.ledger[role].add(answer.usage, answerer.parameters, seconds)
        run.answers[place] = answer.value
