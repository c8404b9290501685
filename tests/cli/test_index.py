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


def test_files_of_a_folder_that_are_something_else_are_left_out_with_a_warning(tmp_path, capsys, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "a.md").write_bytes(b"caf\xe9")
    (folder / "b.md").write_text("A dozen is 12.")
    assert main(["index", "mixed", "--out", "b.index"]) == 0
    assert "bm25, 1 passage, 0 cut" in capsys.readouterr().out and "a.md: cannot be read as UTF-8" in caplog.text
    assert main(["index", "mixed/a.md", "--out", "a.index"]) == 2
    tree = Tree(Problem("Ana has 4 pens. How many?"))
    tree.add(tree.root, StepOutput("The answer is 4.", "end", 3, 0.9, 0.8, 0.1, "4"), "reasoner")
    (folder / "package.json").write_text('{"name": "mine"}')
    assert main(["index", "mixed", "--steps", "--out", "steps.index"]) == 2
    (folder / "tree.json").write_text(json.dumps(to_dict(tree)))
    assert main(["index", "mixed", "--steps", "--out", "steps.index"]) == 0
    assert capsys.readouterr().out == "steps.index: steps, 1 problem, 1 step\n" and "package.json" in caplog.text


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


def test_what_was_looked_up_and_cited_is_in_the_json_of_a_solution(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "facts.jsonl").write_text('{"id": "Blue Hill cows", "text": "Blue Hill keeps 24 cows."}\n')
    assert main(["index", "facts.jsonl", "--out", "facts.index"]) == 0
    capsys.readouterr()
    question = (
        "(1) Mona gets 3 more cows than Blue Hill. (2) Ben gets 4 fewer cows than Mona. How many cows does Ben have?"
    )
    retrieve = ["--search", "retrieve", "--set", "when=once", "--retriever", "facts.index"]
    assert main(["solve", question, "--preset", "greedy", *retrieve, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    first, second = found["steps"][:2]
    assert [(one["id"], one["text"]) for one in first["passages"]] == [("Blue Hill cows", "Blue Hill keeps 24 cows.")]
    [cited] = second["citations"]
    assert second["text"][cited["start"] : cited["end"]] == "Blue Hill keeps 24 cows." and cited["at"] == 0
    assert "passages" not in second and found["ledger"]["retriever"]["passages"] == 1
