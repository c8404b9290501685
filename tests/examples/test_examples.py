"""Every script and notebook of examples/ runs, and prints what it says."""

import json
import os
import re
import runpy
from pathlib import Path

import pytest

from tests.support.small_server import Quirks, lab_server

EXAMPLES = Path(__file__).parents[2] / "examples"
QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
RUN_BELOW = {"own_action", "own_scorer", "own_search", "own_data", "solve_server", "solve_gguf", "study"}


def run(name, *arguments):
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"](*arguments)


def run_notebook(name):
    """Run the code cells of a notebook in order, in one namespace."""
    cells = json.loads((EXAMPLES / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    namespace = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], "notebooks are kept without outputs"
            exec("".join(cell["source"]), namespace)
    return namespace


def test_no_example_is_left_out():
    assert {file.stem for file in EXAMPLES.glob("*.py")} == RUN_BELOW
    assert {file.stem for file in EXAMPLES.glob("*.ipynb")} == {"first_tree", "compare_methods"}


def test_a_scorer_and_a_search_of_your_own(capsys):
    run("own_scorer")
    printed = capsys.readouterr().out
    assert "[0.9]" in printed and "answer: 7" in printed
    run("own_search")
    assert "answer: 7" in capsys.readouterr().out


def test_an_action_of_your_own(capsys):
    run("own_action", "embedded:student", QUESTION)
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("recall: ") and re.fullmatch(r"answer: .*; tokens of recall: [1-9]\d*", last)


def test_data_of_your_own(capsys, tmp_path):
    file = tmp_path / "exam.csv"
    file.write_text(f'question,answer\n"{QUESTION}",7\n"{QUESTION.replace("4", "5")}",9\n')
    run("own_data", str(file))
    assert "50.0 % [9.5, 90.5] right of 2" in capsys.readouterr().out


def test_a_model_on_a_server(capsys):
    with lab_server(Quirks(chat=False)) as server:
        run("solve_server", f"{server.url}#student", QUESTION)
    assert re.search(
        r"^\[[01]\.\d\d\] \S.*^answer: \d+; \d+ texts, \d+ generated tokens$", capsys.readouterr().out, re.M | re.S
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["first_tree", "compare_methods"])
def test_a_notebook_runs_from_top_to_bottom(name, capsys):
    found = run_notebook(name)
    assert "tokens" in capsys.readouterr().out
    assert "hintree" in found


@pytest.mark.slow
def test_a_study_is_run_reported_and_found_complete_when_started_again(tmp_path, capsys):
    folder = tmp_path / "runs" / "first"
    assert run("study", str(folder)) == 0
    assert (folder / "report" / "report.html").is_file()
    first = (folder / "results.csv").read_bytes()
    assert run("study", str(folder)) == 0
    assert (folder / "results.csv").read_bytes() == first


@pytest.mark.slow
@pytest.mark.skipif("HINTREE_MODELS" not in os.environ, reason="HINTREE_MODELS names no folder of models")
def test_a_gguf_file(capsys):
    run("solve_gguf", f"{os.environ['HINTREE_MODELS']}/smol.gguf", "A bag of rice costs 7 euros. What do 6 bags cost?")
    printed = capsys.readouterr().out
    assert "greedy: " in printed and "vote: " in printed
