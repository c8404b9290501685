"""Citations and passages in exports: a quotation names the step that looked it up, and no passage is shown raw."""

import json

import pytest

from hintree.export.files import WRITERS, render
from hintree.search import Passage, Problem, StepOutput, Tree
from hintree.search.actions import ACTIONS
from hintree.search.core.expand import looked_up
from hintree.view.layout import guidance
from hintree.view.page import as_columns
from hintree.view.shown_tree import ShownTree

HOSTILE = "A dozen is 12. <script>alert(1)</script> \x1b[2J\u202e</style>"


@pytest.fixture
def solved():
    tree, found = Tree(Problem("How many are a dozen?")), (Passage("p1", HOSTILE),)
    node = tree.add(tree.root, looked_up(found), "retriever", action=ACTIONS["look_up_steps"], passages=found)
    step = StepOutput('So "dozen is 12" [p1], as in [p1].', "end", 3, 0.9, 0.8, 0.1, "12")
    return ShownTree(tree, tree.add(node, step, "reasoner"), "tree", None)


def test_a_citation_is_a_line_of_its_step_with_the_step_that_looked_it_up(solved):
    assert guidance(solved.chosen) == ["cites [p1] of step 1: dozen is 12", "cites [p1] of step 1"]
    assert r"*cites \[p1\] of step 1: dozen is 12*" in render(solved, ".md").decode()
    [row] = [row for row in json.loads(render(solved, ".json"))["nodes"] if "citations" in row]
    assert row["citations"] == [["p1", 4, 15, 2], ["p1", 29, 33, None]]
    assert as_columns(solved)["cites"] == {2: [["p1", 1, 0, "dozen is 12"], ["p1", 1, 0, None]]}


@pytest.mark.parametrize("ending", [ending for ending in WRITERS if ending != ".png"])
def test_no_export_holds_a_control_character_of_a_passage_and_no_page_its_markup(solved, ending):
    text = render(solved, ending).decode()
    assert "\x1b" not in text and "\u202e" not in text
    assert ending in (".json", ".dot") or "<script>alert(1)" not in text
