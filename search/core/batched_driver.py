"""The driver in rounds: answers the questions of many searches in batches, and keeps the books.

With flow.py the only place where searches meet models. In every round it takes the role that most questions wait for
and answers all of them, over all live problems, in one call: for local models.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping

from hintree.errors import UsageError
from hintree.search.core.budget import Budget
from hintree.search.core.run import Growth, Handler, Run, admit, advance, call_handler, record_response
from hintree.search.core.tree import Tree


def batched_driver(
    searches: Iterable[tuple[Tree, Growth]],
    handlers: Mapping[str, Handler],
    *,
    budget: Budget | None = None,
    live: int = 64,
) -> Iterator[Run]:
    """Run many searches to their ends, yielding each as it ends.

    Args:
        searches: Trees and the coroutines that grow them; taken from the iterable as places become free.
        handlers: By role; a role without an answerer answers None to every question.
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
            advance(run, handlers, budget)
        yield from (run for run in running if run.stop_reason)
        running = deque(run for run in running if not run.stop_reason)
        serve_one_role((run, handlers) for run in running)


def serve_one_role(running: Iterable[tuple[Run, Mapping[str, Handler]]]) -> None:
    """Answer every waiting question of the role that most questions wait for, in one call per answerer."""
    questions = [(run, place, request, who[request.role]) for run, who in running for place, request in run.waiting()]
    if not questions:
        return
    role = Counter(request.role for _, _, request, _ in questions).most_common(1)[0][0]
    chosen = [question for question in questions if question[2].role == role]
    for handler in {id(who): who for *_, who in chosen}.values():
        group = [(run, place, request) for run, place, request, who in chosen if who is handler]
        answers, seconds = call_handler(handler, [request for _, _, request in group])
        for (run, place, request), answer in zip(group, answers, strict=True):
            record_response(run, place, request, answer, handler, seconds)
