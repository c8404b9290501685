"""Withheld answers, twins and prices in a store: counted by type, and absent from older stores' hashes."""

import pytest

from hintree.data.fields import read_row
from hintree.experiments.report.accuracy import accuracy_table
from hintree.experiments.report.answers import answers_table
from hintree.experiments.report.load import load
from hintree.experiments.report.prices import Price, Prices
from hintree.experiments.study.pages import mark_of
from hintree.experiments.study.progress import Progress
from hintree.experiments.study.result_table import cost_summary, summary
from hintree.experiments.study.store import Store, StoredCase
from hintree.experiments.study.store_rows import pack_tree
from hintree.experiments.study.store_study import key_of, stored_case, study_hash
from hintree.experiments.study.tasks import Task
from hintree.experiments.study.worker import Outcome, graded
from hintree.search import Ledger, Problem, Tree, Usage
from hintree.search.core.endings import COMPLETE
from tests.support.report_study import by_arm
from tests.support.scripted import written

CASES = [StoredCase(name, f"question {name}", "7", None, None) for name in "pqr"]
OWN = {"search": {}, "selection": {"aggregate": "last"}, "budget": {}, "reasoner": "m", "teacher": None}
STUDY = {"name": "s", "baseline": "a", "problems": "p.jsonl", "seeds": [0], "arms": {"a": {**OWN, "abstain": 0.5}}}


def outcome(case, answer, sure, *, flops=10):
    """The outcome of a search that abstains below a confidence of 0.5."""
    tree, ledger = Tree(Problem(case.question, case.id), 0), Ledger()
    tree.add(tree.root, written(f"x={answer}", sure=sure), "reasoner")
    ledger["reasoner"].add(Usage(1, 100, 50, 40), flops, 0.1)
    return Outcome(tree, None if sure < 0.5 else answer, ledger, COMPLETE, {}, sure < 0.5)


@pytest.fixture
def folder(tmp_path):
    """One right answer, and two withheld ones, of which the first is right."""
    with Store.create(tmp_path, STUDY, CASES, versions={}, hardware={}) as store:
        for case, answer, sure in zip(CASES, ("7", "7", "8"), (0.9, 0.4, 0.25), strict=True):
            found = outcome(case, answer, sure)
            result, verdicts = graded(Task("a", 0, ()), key_of(case.id, case.question), case, found)
            store.add([(result, pack_tree(found.tree))], verdicts)
    return tmp_path


def test_a_withheld_answer_counts_as_abstained_on_every_screen_and_never_as_right(folder):
    with Store.open(folder) as store:
        results = list(store.results())
        table = summary(store)
        loaded = load(store, progress=False)
        progress = Progress(3, show=False)
        progress.add(results)
    assert [(r.status, r.answer, r.right) for r in results] == [
        ("done", "7", True),
        ("abstained", None, False),
        ("abstained", None, False),
    ]
    shown = {str(column.header): list(column.cells) for column in table.columns}
    assert (shown["abstained"], shown["right"]) == (["2"], ["33.3 % [6.1, 79.2]"])
    assert shown["right of answered"] == ["100.0 % [20.7, 100.0]"]
    assert [mark_of(result) for result in results] == ["right", "ungraded", "ungraded"]
    assert ", 2 abstained" in progress.words() and progress.words().startswith("33.3 % right")
    row = by_arm(accuracy_table(loaded))["a"]
    assert (row["abstained"], row["coverage, %"].value) == (2, pytest.approx(1 / 3))
    confidence = by_arm(answers_table(loaded))["a"]
    assert confidence["right, %"].value == pytest.approx(2 / 3), "the calibration looks at the withheld answers, too"
    assert confidence["mean confidence, %"].value == pytest.approx((0.9 + 0.4 + 0.25) / 3)
    assert (confidence["AUROC"].value, confidence["without answer"]) == (1.0, 0)


def test_costs_of_a_run_are_gflops_by_role_and_money(folder):
    with Store.open(folder) as store:
        tables = [cost_summary(store, prices) for prices in (None, Prices("EUR", {"m": Price(1, 2)}), Prices("", {}))]
    rows = [{str(column.header): next(iter(column.cells)) for column in table.columns} for table in tables]
    assert (rows[0]["reasoner"], rows[0]["all"], rows[0]["hinter"]) == ("1e-06", "1e-06", "-")
    assert "EUR" not in rows[0] and rows[1]["EUR"] == "0.00018" and rows[2]["price"] == "-"


def test_twins_are_read_from_rows_and_stored_and_other_problems_hash_as_before(tmp_path):
    row = {"id": "p'", "question": "How many?", "answer": "8", "twin_of": "p", "variant": "distractor"}
    twin = stored_case(read_row(row))
    assert (twin.twin_of, twin.variant) == ("p", "distractor")
    assert stored_case(read_row({**row, "twin_of": 3, "variant": None})).twin_of == ""
    with Store.create(tmp_path, STUDY, [*CASES, twin], versions={}, hardware={}) as store:
        assert list(store.problems().values()) == [*CASES, twin]
    assert CASES[0].hashed() == ("p", "question p", "7", None, None)
    assert CASES[0]._replace(choices=("4", "5")).hashed() == ("p", "question p", "7", None, None, ("4", "5"))
    assert study_hash(STUDY, [twin]) != study_hash(STUDY, [twin._replace(twin_of="")])
