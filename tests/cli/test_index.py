"""``hintree index``: indexes of passages and graphs of solved steps, and what it refuses."""

import json

import pytest

from hintree.cli import main
from hintree.search import Problem, StepOutput, Tree, to_dict


def test_an_index_of_rows_is_made_and_described(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "facts.jsonl").write_text('{"fact": "Ana has 4 pens."}\n{"fact": "A dozen is 12."}\n')
    assert main(["index", "facts.jsonl", "--text-field", "fact", "--out", "facts.index"]) == 0
    assert capsys.readouterr().out == "facts.index: bm25, 2 passages, 0 cut\n"
    assert main(["index", "facts.jsonl", "--text-field", "fact", "--out", "two.index", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["index"], found["kind"], found["passages"], len(found["sha256"])) == ("two.index", "bm25", 2, 64)


def test_a_graph_of_solved_trees_is_made_and_described(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tree = Tree(Problem("Ana has 4 pens. How many?"))
    tree.add(tree.root, StepOutput("The answer is 4.", "end", 3, 0.9, 0.8, 0.1, "4"), "reasoner")
    (tmp_path / "tree.json").write_text(json.dumps(to_dict(tree)))
    assert main(["index", "tree.json", "--steps", "--out", "steps.index"]) == 0
    assert capsys.readouterr().out == "steps.index: steps, 1 problem, 1 step\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nowhere"], "no such file or folder"),
        (["."], "holds no passage"),
        ([".", "--size", "9"], "passage size 9 is not from 50 to 4000"),
        ([".", "--steps", "--dense", "model"], "--steps reads trees: leave out --dense"),
    ],
)
def test_what_makes_no_index_is_one_error(tmp_path, capsys, monkeypatch, args, said):
    monkeypatch.chdir(tmp_path)
    assert main(["index", *args, "--out", "out"]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert said in error and not (tmp_path / "out").exists()
