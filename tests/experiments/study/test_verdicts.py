"""Verdicts of a study: an answer that cannot be graded is its own state, tried again, and never wrong by itself."""

import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from hintree.experiments.report.accuracy import accuracy_table
from hintree.experiments.report.compare import compare
from hintree.experiments.report.load import load
from hintree.experiments.report.solutions import pooled
from hintree.experiments.report.write import make
from hintree.experiments.study import regrade as module
from hintree.experiments.study.merge import merge
from hintree.experiments.study.pages import write_run
from hintree.experiments.study.progress import Progress
from hintree.experiments.study.regrade import regrade
from hintree.experiments.study.result_table import as_csv, summary
from hintree.experiments.study.store import Store, StoredCase
from hintree.experiments.study.store_rows import pack_tree
from hintree.experiments.study.store_study import key_of
from hintree.experiments.study.tasks import Task
from hintree.experiments.study.verdicts import TRIES, StoredVerdict, grade_answers
from hintree.experiments.study.worker import Outcome, graded
from hintree.grade import Verdict
from hintree.search import Ledger, Problem, StopReason, Tree
from hintree.search.core.endings import COMPLETE, failed
from tests.support.report_study import by_arm
from tests.support.scripted import written

OLD = Path(__file__).parents[2] / "golden" / "store"
BEYOND = "9^{9^{9^{9}}}"
"""An answer whose comparison exceeds the limits on work."""
CASES = [StoredCase("p", "How many?", "7", None, None), StoredCase("q", "Which?", "B", None, None, ("4", "5", "6"))]
P, Q = (key_of(case.id, case.question) for case in CASES)


def stating(problem, *answers):
    tree = Tree(problem)
    for answer in answers:
        tree.add(tree.root, written(f"x={answer}"), "reasoner")
    return tree


def solved(arm, case, *answers, seed=0, stop: StopReason = COMPLETE):
    """The result of a search whose tree states these answers and whose chosen answer is the first, and its verdicts."""
    tree = stating(Problem(case.question, case.id, case.choices), *answers)
    outcome = Outcome(tree, answers[0] if answers else None, Ledger(), stop, {})
    result, verdicts = graded(Task(arm, seed, (P,)), key_of(case.id, case.question), case, outcome)
    return (result, pack_tree(tree)), verdicts


def study(arms=("b", "a")):
    own = {"search": {}, "selection": {"aggregate": "last"}, "budget": {}, "reasoner": "r", "teacher": None}
    configs = {arm: {**own, "of": arm} for arm in arms}
    return {"name": "s", "baseline": "b", "problems": "p.jsonl", "seeds": [0, 1], "arms": configs}


def fill(folder, *parts, cases=CASES):
    with Store.create(folder, study(), cases, versions={}, hardware={}) as store:
        for part, verdicts in parts:
            store.add([part], verdicts)
    return folder


def test_a_worker_grades_every_answer_of_the_tree_once_and_keeps_an_ungraded_one_apart():
    (result, _), verdicts = solved("a", CASES[0], BEYOND, "7.0", "8", "7.0")
    assert (result.status, result.right) == ("ungraded", False)
    assert [(v.answer, v.verdict) for v in verdicts] == [
        (BEYOND, Verdict.UNGRADED),
        ("7.0", Verdict.RIGHT),
        ("8", Verdict.WRONG),
    ]
    assert [solved("a", CASES[0], text)[0][0].right for text in ("7", "8")] == [True, False]
    assert solved("a", CASES[0])[0][0].status == "done", "a solution without an answer is wrong"
    (result, _), verdicts = solved("a", CASES[0], BEYOND, stop=failed("no memory"))
    assert (result.status, verdicts) == ("failed", [])


@pytest.fixture
def folder(tmp_path):
    """Arm a: right and ungraded; arm b: wrong and right."""
    return fill(
        tmp_path / "run",
        solved("a", CASES[0], "7"),
        solved("a", CASES[1], BEYOND, "B"),
        solved("b", CASES[0], "8"),
        solved("b", CASES[1], "5"),
    )


def test_an_ungraded_result_is_named_on_every_screen_and_counts_neither_way(folder, tmp_path):
    with Store.open(folder) as store:
        table = summary(store)
        report = by_arm(accuracy_table(load(store, progress=False)))
        rows = as_csv(store).splitlines()
        progress = Progress(4, show=False)
        progress.add(store.results())
        page = write_run(store, tmp_path / "pages").read_text()
    cells = [list(column.cells) for column in table.columns]
    assert [str(column.header) for column in table.columns][:5] == ["arm", "right", "n", "failed", "ungraded"]
    assert (cells[1][1], cells[4]) == ("100.0 % [20.7, 100.0]", ["-", "1"])
    assert (report["a"]["ungraded"], report["a"]["right, %"].value, report["a"]["attempts"]) == (1, 1.0, 2)
    assert (report["b"]["ungraded"], report["b"]["right, %"].value) == (0, 0.5)
    assert [row.split(",")[9] for row in rows[1:]] == ["0", "1", "1", ""]
    assert ", 1 ungraded" in progress.words()
    shown = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert {arm["name"]: arm["ungraded"] for arm in shown["arms"]} == {"a": 1, "b": 0}
    assert ["ungraded", BEYOND] in [
        cell[:2] for problem in shown["problems"] for arm in problem["cells"] for cell in arm
    ]
    assert "4 of 8 attempts were made, 0 of them failed, 1 are ungraded" in make(folder).notes
    assert "(1 ungraded attempts are left out)" in compare(folder, "a", "b").caption


def test_a_study_without_ungraded_results_has_no_column_for_them(tmp_path):
    folder = fill(tmp_path, solved("b", CASES[0], "7"))
    with Store.open(folder) as store:
        assert "ungraded" not in [str(column.header) for column in summary(store).columns]
        assert "ungraded" not in [column.head for column in accuracy_table(load(store, progress=False)).columns]


def test_a_resumed_study_grades_ungraded_answers_again_and_gives_up_after_three_times(folder, monkeypatch):
    with Store.open(folder, write=True) as store:
        assert [regrade(store) for _ in range(4)] == [1] * (TRIES - 1) + [0, 0]
        assert store.verdicts()[Q, BEYOND] == StoredVerdict(Q, BEYOND, Verdict.UNGRADED, TRIES)
        assert store.keys()["a", Q, 0] == "ungraded"


@pytest.mark.parametrize("verdict", [Verdict.RIGHT, Verdict.WRONG])
def test_a_verdict_that_becomes_known_settles_the_result(folder, monkeypatch, verdict):
    monkeypatch.setattr(
        module, "grade_answers", lambda problem, case, answers: [StoredVerdict(problem, *answers, verdict)]
    )
    with Store.open(folder, write=True) as store:
        tree = store.packed_tree("a", Q, 0)
        assert regrade(store) == 1
    with Store.open(folder) as store:
        result = next(r for r in store.results() if (r.arm, r.problem) == ("a", Q))
        assert (result.status, result.right, result.answer) == ("done", verdict is Verdict.RIGHT, BEYOND)
        assert store.packed_tree("a", Q, 0) == tree
        assert store.verdicts()[Q, BEYOND] == StoredVerdict(Q, BEYOND, verdict, 2)


def test_a_known_verdict_is_final_and_done_beats_ungraded_beats_failed(tmp_path):
    ungraded, done = solved("a", CASES[0], BEYOND), solved("a", CASES[0], "7")
    lost = (ungraded[0][0]._replace(status="failed", answer=None), None), []
    with Store.create(tmp_path, study(), CASES) as store:
        turns = [(lost, "failed"), (ungraded, "ungraded"), (lost, "ungraded"), (done, "done"), (ungraded, "done")]
        for (part, verdicts), status in turns:
            store.add([part], verdicts)
            assert store.keys() == {("a", P, 0): status}
        store.add((), [StoredVerdict(P, "7", Verdict.WRONG)])
        assert store.verdicts()[P, "7"].verdict is Verdict.RIGHT


def test_the_report_takes_the_stores_verdicts_and_grades_nothing_anew(folder, monkeypatch):
    with Store.open(folder, write=True) as store:  # the store says what no grader of today would
        store._connection.execute("UPDATE verdicts SET verdict='right' WHERE answer='8'")
        store._connection.execute("UPDATE verdicts SET verdict='wrong' WHERE answer='B'")
    monkeypatch.setattr("hintree.experiments.report.extract.grade", lambda *_: pytest.fail("graded anew"))
    with Store.open(folder) as store:
        results = load(store, progress=False)
    assert [solution.right for pool in pooled(results, "a") for solution in pool] == [True, False]
    assert [solution.right for pool in pooled(results, "b") for solution in pool] == [False, True], "the result's own"


def test_merging_carries_verdicts_and_settles_what_another_shard_knows(folder, tmp_path):
    other = fill(tmp_path / "other", solved("b", CASES[0], "8", seed=1))
    with Store.open(other, write=True) as store:
        store.add((), [StoredVerdict(Q, BEYOND, Verdict.WRONG, 2)])
    assert "holds 5 of 8 results" in merge([folder, other], tmp_path / "all")
    with Store.open(tmp_path / "all") as store:
        assert store.verdicts()[Q, BEYOND] == StoredVerdict(Q, BEYOND, Verdict.WRONG, 2)
        assert set(store.keys().values()) == {"done"}


def test_options_are_stored_and_letters_and_option_texts_are_one_answer_in_verdicts_and_votes(folder, tmp_path):
    with Store.open(folder) as store:
        assert list(store.problems().values()) == CASES
    (result, _), verdicts = solved("a", CASES[1], "5", "(B)", "6", "B. 5")
    assert result.right
    assert [v.verdict is Verdict.RIGHT for v in verdicts] == [True, True, False, True]
    mixed = fill(tmp_path / "mixed", solved("b", CASES[1], "5", "6", "(B)", "6"))
    with Store.open(mixed) as store:
        [pool] = pooled(load(store, progress=False), "b")
    assert [solution.answer for solution in pool] == ["B", "C", "B", "C"]


def test_an_old_store_gets_the_new_tables_when_it_is_written_and_is_graded_by_the_report_as_before(tmp_path):
    shutil.copy(OLD / "run.sqlite", tmp_path)
    with Store.open(tmp_path) as store:
        assert store.verdicts() == {} and not any(case.choices for case in store.problems().values())
    with Store.open(tmp_path, write=True) as store:
        assert regrade(store) == 0
        case, key = next((case, key) for key, case in store.problems().items())
        store.add((), grade_answers(key, case, [case.reference]))
        assert store.verdicts()[key, case.reference].verdict is Verdict.RIGHT
    with sqlite3.connect(tmp_path / "run.sqlite") as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        assert json.loads(connection.execute("SELECT value FROM meta WHERE key='study'").fetchone()[0])["arms"]
    connection.close()
