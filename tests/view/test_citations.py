"""Citations on the page: lines of a step that open the cited passage, with the quotation marked."""

import pytest

from hintree.search import Passage, Problem, StepOutput, Tree
from hintree.search.actions import ACTIONS
from hintree.search.core.expand import looked_up
from hintree.view.shown_tree import ShownTree

HOSTILE = "<img src=x onerror=window.pwned=1>&amp;\u202e"


@pytest.mark.slow
def test_a_citation_opens_its_passage_and_marks_the_quotation_and_hostile_ids_stay_text(browser):
    tree = Tree(Problem("How many are a dozen?"))
    found = (Passage("p1", "A score is 20."), Passage(HOSTILE, f"{HOSTILE} A dozen is 12. <b>So</b>"))
    node = tree.add(tree.root, looked_up(found), "retriever", action=ACTIONS["look_up_steps"], passages=found)
    text = f"“A dozen is 12. <b>” [{HOSTILE}] and 20 [p1]."
    last = tree.add(node, StepOutput(text, "end", 3, 0.9, 0.8, 0.1, "12"), "reasoner")
    browser.show(ShownTree(tree, last))
    shown = HOSTILE.replace("\u202e", "\\u202e")
    lines = [line.text for line in browser.all("#details .cites li")]
    assert lines == [f"cites [{shown}] of step 1: A dozen is 12. <b>", "cites [p1] of step 1"]
    browser.click("#details .cites li:first-child a")
    assert browser.run("return panes[0].selected") == 1
    assert [box.get_attribute("open") for box in browser.all("#details .passage")] == [None, "true"]
    assert [mark.text for mark in browser.all("mark")] == ["A dozen is 12. <b>"]
    assert browser.all("#details .passage p")[1].text == f"{shown} A dozen is 12. <b>So</b>"
    assert browser.run("return document.activeElement.localName") == "summary"
    browser.run("select(panes[0], 2)")
    browser.click("#details .cites li:last-child a")
    assert [box.get_attribute("open") for box in browser.all("#details .passage")] == ["true", None]
    assert not browser.all("mark")
    assert browser.run("return window.pwned") is None and not browser.all("#details img")
    assert browser.log() == ([], [])
