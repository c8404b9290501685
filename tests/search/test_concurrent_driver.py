"""The concurrent driver: concurrent handlers and cancellation. Its trees: tests/search/test_searches.py."""

import threading
import time

from hintree.search import Beam, Budget, Handler, Problem, Response, Tree, Usage, concurrent_driver
from hintree.search.core.scope import Scope, current_scope
from tests.support.scripted import written


class Slow:
    """Writes steps, each in a moment, and counts how many are being written."""

    def __init__(self, seconds=0.02):
        self.seconds, self.busy, self.busiest, self.lock = seconds, 0, 0, threading.Lock()

    def __call__(self, requests):
        with self.lock:
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
        time.sleep(self.seconds)
        with self.lock:
            self.busy -= 1
        return [Response(written(f"{request.seed}="), Usage(1)) for request in requests]


class Stuck:
    """Answers only when it is cancelled."""

    def __init__(self):
        self.started, self.cancelled = [], []

    def __call__(self, requests):
        self.started.append(requests)
        over = threading.Event()
        with current_scope().cancelling(over.set):
            assert over.wait(60)
        self.cancelled.append(requests)
        raise RuntimeError("cancelled")


def grow(writer, *, concurrent, count=4, **more):
    trees = [Tree(Problem(f"question {i}", f"p{i}")) for i in range(count)]
    return concurrent_driver(
        ((t, Beam(2, 3, depth=1).grow(t)) for t in trees), {"reasoner": Handler(writer, 0, concurrent)}, **more
    )


def test_only_concurrent_handlers_get_several_requests_at_once():
    alone, concurrent = Slow(), Slow(0.1)
    assert len(list(grow(alone, concurrent=False))) == len(list(grow(concurrent, concurrent=True))) == 4
    assert alone.busiest == 1 < concurrent.busiest


def test_spent_seconds_cancel_the_calls_under_way():
    stuck = Stuck()
    runs = list(grow(stuck, concurrent=True, budget=Budget(seconds=1.0)))
    assert {str(run.stop_reason) for run in runs} == {"budget: seconds"}
    assert len(stuck.cancelled) == len(stuck.started) > 0


def test_closing_the_iterator_cancels_all_calls():
    class Mixed(Stuck):
        def __call__(self, requests):
            return Slow()(requests) if requests[0].tree.problem.id == "p0" else super().__call__(requests)

    mixed = Mixed()
    runs = grow(mixed, concurrent=True)
    assert next(runs).tree.problem.id == "p0"
    runs.close()
    assert len(mixed.cancelled) == len(mixed.started) <= 9


def test_one_failed_request_cancels_the_others_of_its_problem_only():
    class Half(Stuck):
        def __call__(self, requests):
            if requests[0].tree.problem.id == "p0" and requests[0].index == 0:
                raise RuntimeError("no")
            return super().__call__(requests) if requests[0].tree.problem.id == "p0" else Slow()(requests)

    half = Half()
    reasons = {run.tree.problem.id: str(run.stop_reason) for run in grow(half, concurrent=True)}
    assert reasons == {"p0": "failed: no", "p1": "complete", "p2": "complete", "p3": "complete"}
    assert len(half.cancelled) == 2


def test_a_scope_that_has_ended_cancels_at_once():
    scope, off = Scope(), []
    scope.end()
    with scope.open():
        assert current_scope() is scope
        with current_scope().cancelling(lambda: off.append(1)):
            assert off == [1]
    assert current_scope() is not scope
