"""The driver in rounds: answers the questions of many searches in batches, and keeps the books.

With flow.py the only place where searches meet models. In every round it takes the role that most questions wait for
and answers all of them, over all live problems, in one call: for local models.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping

from hintree.errors import UsageError
from hintree.search.core.budget import Budget
from hintree.search.core.run import Answerer, Growth, Run, admit, answer_all, settle, take
from hintree.search.core.tree import Tree


def drive(
    searches: Iterable[tuple[Tree, Growth]],
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
        admit(running, waiting, live)
        if not running:
            return
        for run in running:
            settle(run, answerers, budget)
        yield from (run for run in running if run.stop_reason)
        running = deque(run for run in running if not run.stop_reason)
        answer_one_role((run, answerers) for run in running)


def answer_one_role(running: Iterable[tuple[Run, Mapping[str, Answerer]]]) -> None:
    """Answer every waiting question of the role that most questions wait for, in one call per answerer."""
    questions = [(run, place, ask, who[ask.role]) for run, who in running for place, ask in run.waiting()]
    if not questions:
        return
    role = Counter(ask.role for _, _, ask, _ in questions).most_common(1)[0][0]
    chosen = [question for question in questions if question[2].role == role]
    for answerer in {id(who): who for *_, who in chosen}.values():
        group = [(run, place, ask) for run, place, ask, who in chosen if who is answerer]
        answers, seconds = answer_all(answerer, [ask for _, _, ask in group])
        for (run, place, ask), answer in zip(group, answers, strict=True):
            take(run, place, ask, answer, answerer, seconds)
