"""Results as CSV and as tables of the terminal: cells that start no formula, and the roles that have columns."""

import io
import json

import pytest
from rich.console import Console

from hintree.cli import main
from hintree.experiments.study.result_table import cost_summary, summary
from hintree.experiments.study.store import Store
from hintree.view.text import table_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-1+cmd", "@SUM(A1)", "\t=1", "\r=1", "  =1", "-²", "\x1b=1", "\x00\u200b@A1", "\uff1d1"]
)
def test_no_cell_starts_a_formula(text):
    assert str(table_cell(text)).startswith("'")


@pytest.mark.parametrize("value", [-3, "-3", "-3.5", 0.1, "7", "x-1", None, ""])
def test_numbers_and_harmless_texts_stay_as_they_are(value):
    assert table_cell(value) == value


def shown(table):
    console = Console(file=io.StringIO(), width=300)
    console.print(table)
    return [line.split() for line in console.file.getvalue().splitlines()]


def test_verifier_and_retriever_have_columns_where_an_arm_has_one(tmp_path, capsys):
    facts, index, out = tmp_path / "facts.jsonl", tmp_path / "facts.index", tmp_path / "run"
    facts.write_text(json.dumps({"text": "A place keeps 24 pens, cows and coins."}) + "\n")
    assert main(["index", str(facts), "--out", str(index)]) == 0
    arms = {
        "looked": {"search": {"name": "retrieve", "when": "once"}, "retriever": str(index)},
        "mutual": {
            "search": {"name": "best-of-n", "n": 4},
            "selection": {"choice": "mutual"},
            "scorer": None,
            "verifier": "embedded:student-2",
            "sampling.temperature": 1.0,
        },
    }
    study = {"problems": "lab:test?steps=6&n=2", "seeds": [0], "defaults": {"preset": "greedy"}, "arms": arms}
    (tmp_path / "study.yaml").write_text(json.dumps(study))
    assert main(["run", str(tmp_path / "study.yaml"), "--out", str(out)]) == 0
    with Store.open(out) as store:
        head, looked, mutual = shown(summary(store))
        costs = shown(cost_summary(store))
        results = [result for result in store.results() if result.arm == "mutual"]
    assert head[-2:] == ["verifier", "look-ups"] and looked[-2:] == ["-", "1"] and int(mutual[-2]) > 0
    assert costs[0][-4:] == ["retriever", "all", "without", "scorer"]
    verifier = sum(result.ledger["verifier"].gflops() for result in results) / len(results)
    reasoner = sum(result.ledger["reasoner"].gflops() for result in results) / len(results)
    assert verifier > 0 and float(costs[2][-2]) == pytest.approx(verifier + reasoner, rel=0.01)
    assert "retriever_calls" in (out / "results.csv").read_text().splitlines()[0]
