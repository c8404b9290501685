"""Only the parent process writes the store: workers send results and open no file of it."""

import pytest

from hintree.experiments.study.resolve import resolve
from hintree.experiments.study.scheduler import Scheduler
from hintree.experiments.study.store import FILE, Store
from hintree.experiments.study.store_study import key_of
from hintree.experiments.study.tasks import plan
from hintree.experiments.study.worker import Job
from hintree.experiments.study.worker_pool import ProcessPool
from hintree.yaml_file import parse
from tests.support.light import cases_of, study_of
from tests.support.watched_light import STORE_FOLDER, WatchedLight

STUDY = """
problems: lab:test?n=2&steps=2&seed=1
arms:
  student: greedy
  beam: {preset: beam, scorer: exact}
"""


def run(kind, study, cases, folder):
    """Run a study with one watched worker; its results are in the store, which is the only file of its folder."""
    cases = {key_of(case.id, case.question): case for case in cases}
    with Store.create(folder, study, list(cases.values())) as store:
        tasks = plan(list(study["arms"]), [0], list(cases), set(), 2)
        pool = ProcessPool(Job(kind, study, cases), 1)
        try:
            Scheduler(store, tasks, pool, lambda _: None, 600).run()
        finally:
            pool.close()
        results = [(result.arm, result.problem, result.status) for result in store.results()]
        assert results == [(arm, key, "done") for arm in study["arms"] for key in cases] and len(results) == 4
    assert {path.name for path in folder.iterdir()} == {FILE}


def test_workers_open_no_file_of_the_store_and_all_results_are_in_it(tmp_path, monkeypatch):
    monkeypatch.setenv(STORE_FOLDER, str(tmp_path / "run"))
    run(WatchedLight, study_of(), cases_of(["p0", "p1"]), tmp_path / "run")


@pytest.mark.slow
def test_workers_with_models_open_no_file_of_the_store(tmp_path, monkeypatch):
    from tests.support.watched_arms import WatchedArms

    monkeypatch.setenv(STORE_FOLDER, str(tmp_path / "run"))
    study = resolve(parse("s.yaml", STUDY))
    run(WatchedArms, study.data, study.cases, tmp_path / "run")
