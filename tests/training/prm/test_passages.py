"""Rows with retrieved passages: made from trees, and read in training as the PRM reads the trees."""

import json

import pytest
import torch

from hintree.cli import main
from hintree.errors import UsageError
from hintree.export.rows import to_lines
from hintree.scorers import FAMILIES, load_prm
from hintree.search import Passage, Problem, ScoreRequest, StepOutput, Tree
from hintree.search.actions import ACTIONS
from hintree.search.core.expand import looked_up
from hintree.training.prm.rows import read_row, read_rows, to_line
from hintree.view.shown_tree import ShownTree
from tests.support.prm_checkpoints import CHECKPOINTS

FOUND = (Passage("p1", "A dozen is 12. \u043a\u0438"), Passage("p2", "A score is 20."))


def tree_of_look_ups():
    """Return a tree in which a step stands before any look-up, two after one passage, and two after both, on a path."""
    tree = Tree(Problem("How many?"))
    node = tree.root
    for part in ("One.", FOUND[:1], "Two.", "Three.", FOUND[1:], "Four.", "Five."):
        if isinstance(part, str):
            node = tree.add(node, StepOutput(part, "delimiter", 3, 0.9, 0.8, 0.1), "reasoner")
            tree.record_score(node, 0.2 if part == "Three." else 0.9)
        else:
            node = tree.add(node, looked_up(part), "retriever", action=ACTIONS["look_up_steps"], passages=part)
    return ShownTree(tree, node)


def test_a_row_holds_the_passages_of_its_last_step_and_where_they_begin(tmp_path):
    shown = tree_of_look_ups()
    lines = list(to_lines("prm", [shown]))
    rows = [json.loads(line) for line in lines]
    assert [row["completions"][-1] for row in rows] == ["One.", "Three.", "Five."]
    assert [([one["id"] for one in row.get("passages", [])], row.get("first")) for row in rows] == [
        ([], None), (["p1"], 1), (["p1", "p2"], 3)
    ]  # fmt: skip
    assert rows[-1]["labels"] == [True, True, False, True, True]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(lines))
    read = read_rows(str(file))
    assert [(row.passages, row.first) for row in read] == [([], 0), ([FOUND[0]], 1), ([*FOUND], 3)]
    assert [read_row(to_line(row), "") for row in read] == read
    torch.manual_seed(0)
    prm = load_prm(str(CHECKPOINTS["med-prm"](tmp_path / "prm")), "med-prm")
    steps = [node for node in shown.tree if node.author == "reasoner"]
    for row in read:
        scores = prm.score(row.question, row.steps, row.passages)
        known = [response.value for response in prm([ScoreRequest(shown.tree, node) for node in steps[: len(scores)]])]
        assert scores[row.first :] == pytest.approx(known[row.first :], abs=1e-5)
        assert row.first == 0 or scores[0] != pytest.approx(known[0], abs=1e-4), "a look-up came later"


@pytest.mark.parametrize(
    "more", ['"passages": [{"id": 1, "text": "a"}]', '"passages": [{"id": "a"}]', '"first": 1', '"first": true']
)
def test_a_row_with_bad_passages_is_named(more):
    with pytest.raises(UsageError, match="line 3"):
        read_row(f'{{"prompt": "q", "completions": ["a"], "labels": [1], {more}}}', "rows.jsonl, line 3")


@pytest.mark.slow
def test_a_prm_that_reads_passages_is_trained_on_them(tmp_path, capsys):
    rows, out = tmp_path / "rows.jsonl", tmp_path / "prm"
    lines = []
    for text, right in (("yes", True), ("no", False)):
        row = {"prompt": "Is it?", "completions": ["Well.", "It is."], "labels": [not right, right], "first": 1}
        lines += [row | {"passages": [{"id": "p", "text": f"It is so: {text} {text} {text}"}]}] * 8
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    base = CHECKPOINTS["med-prm"](tmp_path / "base")
    command = ["train", "prm", "--rows", str(rows), "--base", str(base), "--prm-spec", "med-prm", "--validate", "0"]
    more = ["--epochs", "20", "--rate", "0.003", "--batch", "8"]
    assert main([*command, "--out", str(out), "--json", *more]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == 16
    prm = load_prm(str(out))
    assert (prm.spec.passage, prm.spec.head) == (FAMILIES["med-prm"].passage, "labels")
    yes, no = (prm.score(row.question, row.steps, row.passages)[1] for row in read_rows(str(rows))[::8])
    assert yes > 0.7 > 0.3 > no
