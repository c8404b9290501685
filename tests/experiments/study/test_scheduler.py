"""The scheduler on workers that fail to start, fall silent, hang, or refuse; the workers and the clock are scripted."""

from types import SimpleNamespace

import pytest

from hintree.errors import HintreeError
from hintree.experiments.study import scheduler
from hintree.experiments.study.losses import Loss, describe
from hintree.experiments.study.scheduler import START, STARTS, Scheduler
from hintree.experiments.study.store import Store
from hintree.experiments.study.store_rows import pack_tree
from hintree.experiments.study.store_study import key_of
from hintree.experiments.study.tasks import ATTEMPTS, Task
from hintree.experiments.study.worker import Alive, Done, End, Lost, Ready, Refused
from tests.support.stores import cases, grown, result, study

KEYS = [key_of(case.id, case.question) for case in cases(["p0", "p1"])]
LIMIT, PROGRESS = 60.0, 500.0
SECOND = [(0, Alive())]


class ScriptedPool:
    """Workers whose messages come from ``script(pool)`` at every look, each ``seconds`` of the scripted clock."""

    def __init__(self, script, size=1, seconds=1.0):
        self.size, self.script, self.seconds = size, script, seconds
        self.now, self.given, self.replaced = 1000.0, [], []

    def messages(self, seconds):
        self.now += self.seconds
        assert self.now < 1e6, "the study does not end"
        return self.script(self)

    def give(self, worker, task):
        self.given.append((worker, task))

    def replace(self, worker):
        self.replaced.append(worker)


def finish(pool):
    """The messages of worker 0 that solves what it was given last."""
    _, task = pool.given[-1]
    return [(0, Done(result("a", key), pack_tree(grown(key)))) for key in task.problems] + [(0, End())]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that runs both problems on a scripted pool; it returns the statuses and the losses."""

    def scheduled(script, **options):
        pool = ScriptedPool(script, **options)
        monkeypatch.setattr(scheduler, "time", SimpleNamespace(monotonic=lambda: pool.now))
        warned = []
        with Store.create(tmp_path / "run", study(), cases(["p0", "p1"])) as store:
            timeouts = {"heartbeat_timeout": LIMIT, "progress_timeout": PROGRESS, "warned": warned.append}
            Scheduler(store, [Task("a", 0, tuple(KEYS))], pool, lambda _: None, **timeouts).run()
            found = {r.problem: (r.status, r.reason) for r in store.results()}
            return found, store.losses(), pool, warned

    return scheduled


DONE = dict.fromkeys(KEYS, ("done", "complete"))


def test_workers_that_never_start_end_the_study_after_some_tries_with_the_reason(run):
    def script(pool):
        return [(0, Lost("exit code 1")), (1, Lost("exit code 1"))]

    with pytest.raises(HintreeError, match="no worker can be started: exit code 1"):
        run(script, size=2)


def test_a_worker_that_fails_to_start_is_started_again_and_named(run):
    def script(pool):
        if len(pool.replaced) < STARTS - 1:
            return [(0, Lost("exit code 1"))]
        return finish(pool) if pool.given else [(0, Ready())]

    found, losses, pool, warned = run(script)
    assert (found, pool.replaced) == (DONE, [0] * (STARTS - 1))
    assert losses == {Loss("exit code 1"): STARTS - 1} and "exit code 1; another is started" in warned
    assert describe(losses) == "2 workers were lost and replaced: exit code 1 (2)"


def test_a_place_that_never_starts_does_not_stop_the_others(run):
    def script(pool):
        broken = [(1, Lost("exit code 1"))]
        return broken + (
            [(0, Ready())] if not pool.given else [(0, Alive(int(pool.now)))] if pool.now < 1400 else finish(pool)
        )

    found, losses, pool, _ = run(script, size=2)
    assert found == DONE and losses[Loss("exit code 1")] > STARTS and set(pool.replaced) == {1}


def test_a_worker_that_is_stopped_while_starting_is_replaced(run):
    def script(pool):
        if not pool.replaced:
            return []
        assert pool.now >= 1000 + START
        return finish(pool) if pool.given else [(0, Ready())]

    found, losses, _, _ = run(script)
    assert found == DONE and losses == {Loss(f"the worker was silent for {START:g} s"): 1}


def test_signs_of_life_keep_a_long_batch_and_silence_or_no_progress_end_it(run):
    def long(pool):
        if not pool.given:
            return [(0, Ready()), *SECOND]
        return SECOND if pool.now < 1000 + PROGRESS - 10 else finish(pool)

    found, losses, _, _ = run(long)
    assert (found, sum(losses.values())) == (DONE, 0)


@pytest.mark.parametrize(
    ("alive", "reason"),
    [([], f"was silent for {LIMIT:g} s"), (SECOND, f"no model answered the worker for {PROGRESS:g} s")],
)
def test_silence_and_no_progress_cost_the_problem_three_attempts(alive, reason, run):
    def script(pool):
        if len(pool.given) == len(pool.replaced):
            return [(0, Ready()), *SECOND]
        return alive if len(pool.given) < 5 else finish(pool)

    found, losses, _, _ = run(script)
    assert sum(losses.values()) == 4  # both together, one and one, one alone
    statuses = sorted(status for status, _ in found.values())
    assert statuses == ["done", "failed"] and any(reason in text for _, text in found.values())


def test_time_in_which_the_run_itself_was_stopped_is_no_silence(run):
    def script(pool):
        if not pool.given:
            return [(0, Ready()), *SECOND]
        if pool.now < 1000 + PROGRESS:
            pool.now += 10 * PROGRESS
            return []
        return finish(pool)

    found, losses, _, _ = run(script)
    assert (found, sum(losses.values())) == (DONE, 0)


@pytest.mark.parametrize("may_pass", [True, False])
def test_a_fault_that_may_pass_is_retried_and_any_other_ends_the_study(may_pass, run):
    def script(pool):
        if not pool.given:
            return [(0, Ready())]
        return [(0, Refused("no server", may_pass))] if len(pool.given) < ATTEMPTS else finish(pool)

    if not may_pass:
        with pytest.raises(HintreeError, match="no server"):
            run(script)
        return
    found, losses, _, _ = run(script)
    assert (found, sum(losses.values())) == (DONE, 0)
