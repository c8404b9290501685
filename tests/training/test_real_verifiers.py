"""Verifiers of a real model, made from a handful of rows; needs a folder ``smol_hf`` in ``HINTREE_MODELS``."""

import json
import os
from pathlib import Path

import pytest

from hintree.cli import main
from hintree.errors import UsageError
from hintree.scorers import load_prm
from hintree.search import Beam
from hintree.solver import Solver

MODELS = Path(os.environ.get("HINTREE_MODELS", ""))
QUESTION = "A shop has 14 pens and buys 6 more. How many pens does it have?"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("HINTREE_MODELS" not in os.environ, reason="HINTREE_MODELS names no folder of models"),
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    lines = []
    for i in range(6):
        total = 17 + 4 * i + 10 * (i % 2)
        steps = [f"The shop has {12 + 3 * i} pens.", f"{12 + 3 * i} + {5 + i} = {total}.", f"The answer is {total}."]
        question = f"A shop has {12 + 3 * i} pens and buys {5 + i} more. How many pens does it have?"
        lines.append({"prompt": question, "completions": steps, "labels": [1, 1 - i % 2, 1 - i % 2]})
    file = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def test_a_probe_of_a_middle_layer_scores_what_the_model_writes_without_a_token(rows, tmp_path):
    model, out = str(MODELS / "smol_hf"), tmp_path / "probe"
    command = ["train", "probe", "--rows", str(rows), "--model", model, "--layer", "20", "--epochs", "10"]
    assert main([*command, "--out", str(out)]) == 0
    search = {"search": Beam(2, 2), "budget": "reasoner_tokens=150"}
    solution = Solver("beam", reasoner=model, scorer=f"probe:{out}", **search).solve(QUESTION)
    account = solution.ledger["scorer"]
    assert account.calls > 1 and account.forwarded_tokens == 0
    assert all(0 < node.score < 1 for node in solution.steps) and solution.steps
    with pytest.raises(UsageError, match="runs on an engine that returns none"):
        Solver("beam", reasoner=str(MODELS / "smol.gguf"), scorer=f"probe:{out}").solve(QUESTION)
    by_other = Solver("beam", reasoner=str(MODELS / "smol.gguf"), scorer=f"probe:{out}?model={model}", **search)
    assert by_other.solve(QUESTION).ledger["scorer"].forwarded_tokens > 0


def test_a_prm_is_trained_by_adapters(rows, tmp_path):
    out = tmp_path / "prm"
    command = ["train", "prm", "--rows", str(rows), "--base", str(MODELS / "smol_hf"), "--out", str(out)]
    assert main([*command, "--lora", "4", "--epochs", "1", "--batch", "3"]) == 0
    scores = load_prm(str(out)).score(QUESTION, ["14 + 6 = 20.", "The answer is 20."])
    assert len(scores) == 2 and all(0 < score < 1 for score in scores)
