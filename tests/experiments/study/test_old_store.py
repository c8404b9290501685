"""A store written before the packages moved is still read, reported and resumed."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from hintree.errors import UsageError
from hintree.experiments.report.write import make, write
from hintree.experiments.study import resolve as resolving
from hintree.experiments.study import run
from hintree.experiments.study.merge import merge
from hintree.experiments.study.resolve import resolve
from hintree.experiments.study.store import Store
from hintree.experiments.study.upgrade import OLD_WEIGHTS
from hintree.yaml_file import parse

OLD = Path(__file__).parents[2] / "golden" / "store"
STUDY = """
name: old_study
problems: "lab:test?n=6&steps=4-6&seed=5"
seeds: [0, 1]
baseline: alone
defaults: {preset: hintree_beam}
arms:
  alone: {preset: greedy}
  hintree: {search: {branch: 2, unhinted: 1}, rewrite: {informed: false}}  # as the preset was
  votes: {preset: beam, search: {name: self-consistency, n: 4}}
  smart: {preset: smart, search: {n: 4, m: 2}}
  ssr: {preset: ssr}
"""
"""The study file that made the store."""


@pytest.fixture
def folder(tmp_path):
    shutil.copy(OLD / "run.sqlite", tmp_path)
    return tmp_path


@pytest.fixture
def old_models(monkeypatch):
    """Resolve a study as if the models that the store was made with were still the shipped ones."""
    names = ("student", "student-2", "teacher", "hinter", "prm")
    weights = {f"embedded:{name}": now for name, now in zip(names, OLD_WEIGHTS.values(), strict=True)}
    monkeypatch.setattr(resolving, "fingerprint", weights.__getitem__)


def stored_rows(folder, table):
    with sqlite3.connect(folder / "run.sqlite") as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


def resume(folder, text=STUDY):
    run.run_study(resolve(parse("old_study.yaml", text)), run.RunOptions(folder, resume=True))


def test_every_result_and_tree_of_an_old_store_loads(folder):
    with Store.open(folder) as store:
        results = list(store.results())
        assert len(results) == 60
        assert sum(result.right for result in results) == 39
        assert all(len(store.tree(r.arm, r.problem, r.seed)) > 1 for r in results)


def test_an_old_store_gives_the_report_that_it_gave(folder):
    write(make(folder), folder / "report")
    tables = sorted(OLD.glob("*.csv"))
    assert len(tables) == 10
    for table in tables:
        assert (folder / "report" / table.name).read_text() == table.read_text(), table.name


def test_old_arms_are_read_under_todays_names_of_settings(folder):
    with Store.open(folder) as store:
        assert store.arms() == store.study["arms"]
        ssr = store.arms()["ssr"]
    assert ssr["selection"] == {"aggregate": "mean", "choice": "majority"}
    assert ssr["search"] == {"name": "ssr", "tracks": 3, "depth": 40}
    assert ssr["rewrite"]["stages"] == ["teacher"]
    assert "rungs" not in ssr["rewrite"]


@pytest.mark.usefixtures("old_models")
def test_an_old_store_is_resumed_by_its_study_file_without_computing_or_changing_a_row(folder, monkeypatch):
    before = {table: stored_rows(folder, table) for table in ("meta", "arms", "problems", "results", "trees")}
    monkeypatch.setattr(run, "make_pool", lambda *_: pytest.fail("a result was computed anew"))
    resume(folder)
    assert len(before["results"]) == 60
    assert {table: stored_rows(folder, table) for table in before} == before


@pytest.mark.usefixtures("old_models")
def test_an_old_store_that_grows_keeps_the_results_of_its_arms(folder, monkeypatch):
    results, trees = stored_rows(folder, "results"), stored_rows(folder, "trees")
    planned = []
    monkeypatch.setattr(run, "run_tasks", lambda store, study, tasks, options: planned.extend(tasks))
    resume(folder, STUDY + "  another: {preset: beam}\n")
    assert {task.arm for task in planned} == {"another"}
    assert sum(len(task.problems) for task in planned) == 12
    assert (stored_rows(folder, "results"), stored_rows(folder, "trees")) == (results, trees)
    with Store.open(folder) as store:
        assert list(store.arms()) == ["alone", "hintree", "votes", "smart", "ssr", "another"]
        assert sum(result.right for result in store.results()) == 39


def test_an_old_store_is_not_resumed_with_other_weights(folder):
    with pytest.raises(UsageError, match="weights"):
        resume(folder)


def test_an_old_store_is_merged_into_a_new_one_of_the_same_study(folder, tmp_path):
    assert merge([folder], tmp_path / "new").startswith(f"{tmp_path / 'new'} holds 60 of 60 results, 60 of them new")
    with Store.open(tmp_path / "new") as new, Store.open(folder) as old:
        assert list(new.results()) == list(old.results())
        assert new.study == old.study


def arm(settings):
    common = "problems: 'lab:test?n=1&steps=4&seed=0'\ndefaults: {preset: hintree_beam}\n"
    return resolve(parse("s.yaml", f"{common}arms: {{a: {settings}}}\n")).data["arms"]["a"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{rewrite: {rungs: [teacher]}}", "{rewrite: {stages: [teacher]}}"),
        ("{rewrite.rungs: [hint, resample]}", "{rewrite.stages: [hint, resample]}"),
        ("{search: {choice: weighted}}", "{selection: {choice: weighted}}"),
        ("{search: {name: best-of-n, aggregate: mean}}", "{search: best-of-n, selection: {aggregate: mean}}"),
        (
            "{search: {aggregate: min, choice: majority}}",
            "{search: {aggregate: min}, selection: {choice: majority, aggregate: min}}",
        ),
    ],
)
def test_old_names_of_settings_are_accepted_in_a_study_file(old, new):
    assert arm(old) == arm(new) != arm("{}")


@pytest.mark.parametrize(
    ("setting", "old", "new"),
    [("rewrite", "rungs", "stages"), ("search", "choice", "choice")],
)
def test_old_names_of_settings_are_accepted_by_set(tmp_path, setting, old, new):
    file = tmp_path / "s.yaml"
    file.write_text("problems: 'lab:test?n=1&steps=4&seed=0'\narms: {a: hintree}\n")
    value = {"rungs": "[teacher]", "choice": "majority"}[old]
    config = run.load(file, [f"arms.a.{setting}.{old}={value}"]).data["arms"]["a"]
    section = "selection" if setting == "search" else setting
    assert config[section][new] in (["teacher"], "majority")
    assert config != run.load(file, []).data["arms"]["a"]


def test_a_setting_under_its_old_and_its_new_name_is_refused():
    with pytest.raises(UsageError, match=r"s\.yaml, line 3: rewrite\.stages is given twice"):
        arm("{rewrite: {rungs: [hint], stages: [teacher]}}")
