"""A study that gets a signal ends with its workers, says how to go on, and goes on; a stopped worker is replaced."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hintree.experiments.study.store import Store
from tests.support import light
from tests.support.processes import descendants, running, wait_for

ROOT = Path(__file__).parents[3]
STUDY = "problems: lab:test?n=40&steps=4-8\narms: {a: hintree}\n"


@pytest.fixture
def study(tmp_path):
    """A study of two workers that has its first results; its process, its workers, and the folder of its store."""
    (tmp_path / "s.yaml").write_text(STUDY)
    options = ["--out", str(tmp_path / "run"), "--workers", "2", "--live", "2", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "hintree", "run", str(tmp_path / "s.yaml"), *options],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    process.stdout.readline()
    yield process, descendants(process.pid), tmp_path / "run"
    process.kill()
    process.communicate()


def gone(pids):
    return lambda: not set(pids) & set(running())


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_workers_and_prints_the_command_that_goes_on(number, study):
    process, workers, folder = study
    assert len(workers) >= 2
    process.send_signal(number)
    _, error = process.communicate(timeout=120)
    wait_for(gone(workers))
    assert process.returncode == 130 and "Traceback" not in error
    with Store.open(folder) as store:
        kept = len(store.keys())
    assert f"hintree: {kept} results are kept; go on with: hintree run" in error and "--resume" in error


@pytest.mark.slow
def test_workers_of_a_killed_study_end_by_themselves(study):
    process, workers, _ = study
    process.kill()
    wait_for(gone(workers))


@pytest.mark.slow
def test_a_worker_that_is_stopped_is_replaced_and_counted(tmp_path):
    names = ["p0", "stop-1", "p1"]
    light.run(tmp_path, names, arms=1, workers=2, size=1, timeouts=(5, 600))
    with Store.open(tmp_path) as store:
        statuses = {store.problems()[r.problem].id: (r.status, r.reason) for r in store.results()}
        losses = {loss.reason: number for loss, number in store.losses().items()}
    assert statuses["stop-1"] == ("failed", "failed: the worker was silent for 5 s")
    assert [statuses[name][0] for name in ("p0", "p1")] == ["done", "done"]
    assert losses["the worker was silent for 5 s"] >= 3
