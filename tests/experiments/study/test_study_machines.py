"""One study with the shipped models in one process, in two, in Ray actors of which one is killed, and in shards."""

import os
import signal
import subprocess
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest

from hintree.experiments.study.store import Store
from hintree.search import to_dict
from tests.support.processes import descendants

ROOT = Path(__file__).parents[3]
STUDY = """problems: lab:test?n=6&steps=2-4
seeds: [0, 1]
arms:
  greedy: greedy
  hintree: hintree
  random: {preset: beam, scorer: random}
"""


def start(folder, out, *options):
    file = folder / "study.yaml"
    file.write_text(STUDY)
    command = [sys.executable, "-m", "hintree", "run", str(file), "--out", str(folder / out), "--json", *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process):
    _, error = process.communicate(timeout=600)
    assert process.returncode == 0, error


def content(folder):
    """The table, and all results with their trees but for seconds and attempts."""
    with Store.open(folder) as store:
        rows = list(store.results())
        trees = [to_dict(store.tree(row.arm, row.problem, row.seed)) for row in rows]
    for row in rows:
        for account in row.ledger.accounts.values():
            account.seconds = 0.0
    return (folder / "results.csv").read_bytes(), [row._replace(attempts=1) for row in rows], trees


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    finish(start(folder, "run"))
    return content(folder / "run")


@pytest.mark.slow
def test_two_workers_and_small_batches(tmp_path, alone):
    finish(start(tmp_path, "run", "--workers", "2", "--live", "2"))
    assert content(tmp_path / "run") == alone


@pytest.mark.slow
def test_two_shards_merged(tmp_path, alone):
    for i in (1, 2):
        finish(start(tmp_path, f"part{i}", "--shard", f"{i}/2"))
    command = [sys.executable, "-m", "hintree", "merge", str(tmp_path / "part2"), str(tmp_path / "part1"), "--out"]
    subprocess.run([*command, str(tmp_path / "run")], cwd=ROOT, check=True)
    assert content(tmp_path / "run") == alone


@pytest.mark.slow
def test_two_ray_actors_of_which_one_is_killed(tmp_path, alone):
    if find_spec("ray") is None:
        warnings.warn('NOT TESTED: Ray is missing, pip install "hintree[ray]"', stacklevel=1)
        pytest.skip("Ray is missing")
    process = start(tmp_path, "run", "--ray", "--workers", "2", "--live", "3")
    for _ in range(8):
        process.stdout.readline()
    actors = descendants(process.pid, "ray::Replica")
    assert len(actors) == 2
    os.kill(actors[0], signal.SIGKILL)
    finish(process)
    assert content(tmp_path / "run") == alone
    with Store.open(tmp_path / "run") as store:
        assert {result.attempts for result in store.results() if result.status == "done"} == {1, 2}
