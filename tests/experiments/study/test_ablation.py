"""A study ends despite problems that crash or hang, with the same results for any workers, tasks and kills."""

import os
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hintree.experiments.study.result_table import as_csv
from hintree.experiments.study.store import Store
from hintree.experiments.study.tasks import ATTEMPTS, TaskQueue, plan
from tests.support import light
from tests.support.kills import LIGHT, calm_table, kill_often

ROOT = Path(__file__).parents[3]


@given(st.sets(st.integers(0, 99), max_size=5), st.integers(1, 64))
def test_poison_problems_are_isolated_in_three_attempts(poison, size):
    """A task that holds poison breaks before any of its problems is solved: the worst case."""
    names = [str(i) for i in range(100)]
    schedule = TaskQueue(plan(["a"], [0], names, [], size))
    tried, solved, failed = Counter(), set(), set()
    while (task := schedule.next()) is not None:
        tried.update(task.problems)
        if not any(int(name) in poison for name in task.problems):
            solved.update(task.problems)
        elif not schedule.again(task, task.problems):
            failed.update(task.problems)
    assert failed == {str(i) for i in poison} and solved == set(names) - failed
    assert max(tried.values()) <= ATTEMPTS


def rows(folder):
    with Store.open(folder) as store:
        problems = store.problems()
        return {(r.arm, problems[r.problem].id): r for r in store.results()}, as_csv(store)


def test_problems_that_crash_hang_run_out_of_memory_or_raise_fail_alone_and_stay_failed(tmp_path):
    names = [f"p{i}" for i in range(20)]
    bad = ["crash-1", "kill-1", "bad-1", "odd-1", "hang-1"]
    light.run(tmp_path / "run", [*names[:7], *bad, *names[7:]], arms=1, workers=2, timeouts=(600, 2))
    found, table = rows(tmp_path / "run")
    assert {name for (_, name), r in found.items() if r.status == "failed"} == set(bad)
    reasons = {name: found["arm 0", name].reason for name in bad}
    words = {
        "crash-1": "SIGSEGV",
        "kill-1": "out of memory?",
        "bad-1": "this problem is bad",
        "odd-1": "a pair: ?",
        "hang-1": "no model answered the worker for 2 s",
    }
    assert all(words[name] in reason for name, reason in reasons.items()), reasons
    assert {found["arm 0", name].attempts for name in bad} == {ATTEMPTS}
    assert all(found["arm 0", name].answer == "7" for name in names)
    light.run(tmp_path / "run", [*names[:7], *bad, *names[7:]], arms=1)
    assert rows(tmp_path / "run")[1] == table


def test_workers_that_die_once_at_their_start_or_at_work_change_no_result_but_the_count_of_attempts(tmp_path):
    flaky, deaths = str(tmp_path / "flaky"), tmp_path / "deaths"
    names = ["p0", flaky, "p1", "p2"]
    light.run(tmp_path / "calm", names, workers=1)
    Path(flaky).touch()
    deaths.mkdir()
    (deaths / "kill").touch()
    light.run(tmp_path / "run", names, workers=1, deaths=deaths)
    with Store.open(tmp_path / "run") as store:
        arms = {loss.arm: (loss.reason, number) for loss, number in store.losses().items()}
    assert arms["arm 0"] == ("the worker ended with exit code 3", 1)
    assert arms[""] == ("the worker was killed by SIGKILL (out of memory?)", 1) and len(arms) == 2
    calm, run = rows(tmp_path / "calm")[0], rows(tmp_path / "run")[0]
    assert {r.attempts for r in run.values()} == {1, 2} and {r.attempts for r in calm.values()} == {1}
    assert [r.answer for r in run.values()] == [r.answer for r in calm.values()]


def test_the_number_of_workers_and_the_size_of_tasks_change_nothing(tmp_path):
    names = [f"p{i}" for i in range(11)]
    for i, (workers, size) in enumerate(((1, 11), (2, 1), (3, 4))):
        light.run(tmp_path / str(i), names, workers=workers, size=size, seeds=(3, 1))
    assert rows(tmp_path / "0")[1] == rows(tmp_path / "1")[1] == rows(tmp_path / "2")[1]


def test_kill_9_at_random_moments_loses_nothing_and_changes_nothing(tmp_path):
    kill_often(tmp_path, 3, 2.5, 0, calm_table(tmp_path))


@pytest.mark.slow
def test_50_kills(tmp_path):
    studies, victims = kill_often(tmp_path, 50, 3.0, 1, calm_table(tmp_path))
    assert studies >= 1 and min(victims.values()) > 0


def test_ctrl_c_ends_all_processes(tmp_path):
    process = subprocess.Popen(
        [*LIGHT, str(tmp_path / "run"), "8000"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    # A shell starts what runs in the background deaf to Ctrl-C, and these tests with it.
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    _, errors = process.communicate(timeout=60)  # alone the whole study would take two minutes
    assert errors.count("Traceback") == 1  # its own: the workers say nothing
    with Store.open(tmp_path / "run") as store:
        assert 0 < len(list(store.results())) < 16000
