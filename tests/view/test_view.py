"""The viewer in a real Chromium: what a person can click."""

import re

import pytest

from hintree.errors import UsageError
from hintree.export import ShownTree
from hintree.search import Problem, Tree
from hintree.view import page
from tests.support.browser import QUESTION, Keys


def test_the_best_path_is_open_and_its_answer_is_selected(browser, mcts):
    path = [node.id for node in mcts.chosen.path()]
    assert set(path) <= set(browser.rows())
    assert browser.selected() == path[-1]
    assert [int(row.get_attribute("data-id")) for row in browser.all(".row.path")] == [0, *path]
    others = [node.id for node in mcts.tree if node.depth > 1 and node.parent not in mcts.chosen.path()]
    assert not set(others) & set(browser.rows()), "other branches are closed"


def test_branches_close_and_open_at_a_click(browser, mcts):
    before = browser.rows()
    browser.click('[data-id="0"] .toggle')
    assert browser.rows() == [0] and len(browser.all(".row")) == 1
    browser.click('[data-id="0"] .toggle')
    assert browser.rows() == before
    browser.click("#all")
    assert sorted(browser.rows()) == [node.id for node in mcts.tree]


def test_a_click_on_a_row_shows_everything_about_the_step(browser, mcts):
    node = next(node for node in mcts.chosen.path() if node.hint and node.score is not None)
    browser.click(f'[data-id="{node.id}"] .text')
    shown = browser.details()
    for part in (
        f"Step {node.id}",
        node.step.text,
        node.hint.text,
        f"{node.score:.2f}",
        f"{node.key:016x}",
        f"n = {node.visits}",
    ):
        assert part in shown
    assert f"N = {node.parent.visits}" in shown and f"Q = {node.value:.3g}"[:7] in shown
    browser.click("#details summary")
    assert QUESTION in browser.details() and f"Hint: {node.hint}" in browser.details()


def test_a_click_in_the_picture_selects_the_nearest_step(browser, mcts):
    x, y = browser.run("return panes[0].place(1)")
    browser.on_picture("click", x + 2, y - 2)
    assert browser.selected() == 1


def test_search_counts_marks_and_goes_from_match_to_match(browser, mcts):
    said = {n.id: f"{n.step.text} {n.hint or ''} {n.reason} {n.author}" for n in mcts.tree.nodes[1:]}
    expected = [i for i, text in said.items() if "gina" in text.lower()]
    browser.choose("#query", "GINA")
    assert browser.one("#count").text == f"{len(expected)} found"
    browser.press("n")
    assert browser.selected() == expected[0] and browser.all(".row.match")
    browser.press("n", "n", "p")
    assert browser.selected() == expected[1]
    same = next(n.reason for n in mcts.tree if n.duplicate_of)
    named = [i for i, text in said.items() if same in text]
    for words, ids in ((same, named), ("#7", [7]), ("teacher", [i for i in said if "teacher" in said[i]])):
        browser.choose("#query", words)
        assert browser.run("return found.map(([, id]) => id)") == ids and ids, words
    browser.choose("#query", "no such words")
    assert browser.one("#count").text == "0 found" and not browser.all(".row.match")


@pytest.mark.parametrize(
    ("selector", "value", "passes"),
    [
        ("#author", "teacher", lambda n: n.author == "teacher"),
        ("#author", "hinted", lambda n: n.author == "reasoner" and n.hint is not None),
        ("#status", "rejected", lambda n: n.status == "rejected"),
        ("#low", "0.9", lambda n: n.score is not None and n.score >= 0.9),
        ("#high", "0.1", lambda n: n.score is not None and n.score <= 0.1),
    ],
)
def test_filters_leave_the_steps_that_pass_and_the_way_to_them(browser, mcts, selector, value, passes):
    browser.choose(selector, value)
    left = {node.id for node in mcts.tree.nodes[1:] if passes(node)}
    way = {before.id for i in left for before in mcts.tree.nodes[i].path()}
    assert set(browser.rows()) == {0} | left | way
    assert browser.one("#kept").text == f"{len(left)} pass"


def test_the_keyboard_does_all(browser, mcts):
    path = [0, *(node.id for node in mcts.chosen.path())]
    browser.press(Keys.ARROW_LEFT, Keys.ARROW_UP)
    assert browser.selected() != path[-1]
    browser.press("a")
    assert browser.selected() == path[-1]
    browser.press(*[Keys.ARROW_LEFT] * 2 * len(path))
    assert browser.selected() == 0 and browser.rows() == [0]
    browser.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert browser.selected() == mcts.tree.root.children[0].id
    browser.press("/", "x")
    assert browser.one("#query").get_attribute("value") == "x"
    browser.press("?")
    assert browser.run("return document.getElementById('help').open")


def test_a_path_is_copied_as_markdown(browser, mcts):
    browser.press("c")
    assert browser.one("#said").text == "copied"
    browser.one("#query").send_keys(Keys.CONTROL, "v")
    pasted = browser.one("#query").get_attribute("value")
    assert f"Answer: {mcts.chosen.step.answer}" in pasted
    sums = [node.step.text.split(". ")[2] for node in mcts.chosen.path()[:-1]]
    assert sums and all(re.sub(r"([-+*=])", r"\\\1", text) in pasted for text in sums)


def test_an_address_leads_back_to_trees_step_time_and_words(browser, trees):
    browser.show(*trees, address="#tree=1&with=0&pane=0&step=3&at=40&q=Gina")
    assert (browser.selected(), browser.one("#clock").text.split()[1]) == (3, "40")
    assert [pane.text for pane in browser.all(".panehead")] == ["mcts", "beam"]
    browser.driver.refresh()
    browser.until(lambda: browser.run("return document.documentElement.dataset.ready"))
    assert (browser.selected(), browser.one("#query").get_attribute("value")) == (3, "Gina")
    for odd in ("#step=99999", "#tree=7", "#step=-1&at=x", "#%", "#with=0&pane=5", "#step=__proto__"):
        browser.show(*trees, address=odd)
        assert browser.selected() == trees[0].chosen.id


def test_two_trees_stand_side_by_side(browser, trees):
    browser.show(*trees)
    assert len(browser.all(".pane")) == 1
    browser.choose("#right", "1")
    left, right = browser.all(".pane")
    assert left.location["y"] == right.location["y"] and left.size["width"] == right.size["width"]
    assert set(browser.rows(1)) >= {node.id for node in trees[1].chosen.path()}
    right.find_element("css selector", '[data-id="1"] .text').click()
    assert trees[1].tree.nodes[1].step.text in browser.details()
    other = ShownTree(Tree(Problem("another question")), trees[0].chosen, "other")
    with pytest.raises(UsageError, match="different problems"):
        page([trees[0], other])


def test_dark_and_light_and_print(browser, mcts):
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = browser.run(ground)
    browser.click("#dark")
    assert browser.run(ground) != light
    browser.click("#all")
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    assert len(browser.all(".row")) == len(mcts.tree), "paper has room for all rows"
    paper = browser.run("return document.getElementById('paper').textContent")
    path = mcts.chosen.path()
    assert path and all(f"Step {node.id} " in paper and node.step.text in paper for node in path)
    assert all(str(node.hint) in paper for node in path if node.hint)
    browser.run("window.dispatchEvent(new Event('afterprint'))")
    assert len(browser.driver.execute_cdp_cmd("Page.printToPDF", {})["data"]) > 10_000
