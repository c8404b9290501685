"""Only the parent process writes the store: workers send results and open no file of it."""

from hintree.experiments.study.resolve import resolve
from hintree.experiments.study.scheduler import Scheduler
from hintree.experiments.study.store import FILE, Store
from hintree.experiments.study.store_study import key_of
from hintree.experiments.study.tasks import plan
from hintree.experiments.study.worker import Job
from hintree.experiments.study.worker_pool import ProcessPool
from hintree.yaml_file import parse
from tests.support.watched_arms import STORE_FOLDER, WatchedArms

STUDY = """
problems: lab:test?n=2&steps=2&seed=1
arms:
  student: greedy
  beam: {preset: beam, scorer: exact}
"""


def test_workers_open_no_file_of_the_store_and_all_results_are_in_it(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    monkeypatch.setenv(STORE_FOLDER, str(folder))
    study = resolve(parse("s.yaml", STUDY))
    cases = {key_of(case.id, case.question): case for case in study.cases}
    with Store.create(folder, study.data, study.cases) as store:
        tasks = plan(list(study.data["arms"]), [0], list(cases), set(), 2)
        pool = ProcessPool(Job(WatchedArms, study.data, cases), 1)
        try:
            Scheduler(store, tasks, pool, lambda _: None, 600).run()
        finally:
            pool.close()
        results = [(result.arm, result.problem, result.status) for result in store.results()]
        assert results == [(arm, key, "done") for arm in study.data["arms"] for key in cases]
    assert {path.name for path in folder.iterdir()} == {FILE}
