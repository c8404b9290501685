"""Critiques and faults in every export, on the page and in the terminal."""

import json

import pytest

from hintree.cli.show import step_json, tree_lines
from hintree.export.files import WRITERS, render
from hintree.search import Critique, Fault, Problem, StepOutput, Tree
from hintree.search.actions import CORRECT
from hintree.view.shown_tree import ShownTree

SAID = "the sum <b>is</b> wrong"


@pytest.fixture
def solved():
    tree = Tree(Problem("How many?"))
    draft = tree.add(tree.root, StepOutput("4 + 3 = 8", "end", 3, 0.5, 0.5, 0.1, "8"), "reasoner")
    draft.fault = Fault.ARITHMETIC
    fields = {"replaces": draft, "action": CORRECT, "critique": Critique(SAID, 4)}
    new = tree.add(tree.root, StepOutput("4 + 3 = 7", "end", 3, 0.5, 0.5, 0.1, "7"), "reasoner", **fields)
    draft.replace_by(new, f"rewritten as step {new.id}")
    return ShownTree(tree, new)


@pytest.mark.parametrize("ending", [ending for ending in WRITERS if ending != ".png"])
def test_every_export_holds_the_critique(ending, solved):
    text = " ".join(render(solved, ending).decode().split())
    assert "the sum" in text
    if ending in (".html", ".svg", ".md", ".mmd"):
        assert SAID not in text, "markup in a critique is escaped"


def test_the_terminal_shows_the_critique_and_json_holds_it_beside_the_rejected_version(solved):
    [line] = [line.plain for line in tree_lines(solved.tree, solved.chosen, everything=False)]
    assert f"critique: {SAID} 4 + 3 = 7" in line
    found = json.loads(json.dumps(step_json(solved.chosen)))
    assert found["critique"] == SAID and "critique" not in found["rejected"][0]
    assert json.loads(render(solved, ".json"))["nodes"][1]["fault"] == "arithmetic"
