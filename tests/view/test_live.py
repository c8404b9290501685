"""Pages that are read again while a search or a study runs, in a real browser."""

import pytest

from hintree.cli.live_page import LivePage
from hintree.experiments.study.pages import RunPages
from hintree.search import Problem, Tree
from hintree.view import page
from tests.support.browser import QUESTION
from tests.support.run_pages import ARMS, make_run
from tests.support.scripted import written

COUNT = 12


def size(browser):
    """Return the number of steps on the page, with the problem; 0 while it is being read again."""
    return browser.run("return document.documentElement.dataset.ready ? panes[0].tree.size : 0")


@pytest.mark.slow
def test_a_page_follows_a_growing_tree_until_the_search_ends(browser, trees, tmp_path):
    tree, file, opened = Tree(Problem(QUESTION)), tmp_path / "page.html", []
    with LivePage(file, {"preset": "beam"}, opened.append) as live:
        live.show(tree)
        browser.open(file)
        assert opened == [file] and size(browser) == 1
        assert "none yet" in browser.one(".story").text and "still running" in browser.one("#live").text
        step = tree.root
        for count in (2, 3):
            step = tree.add(step, written(f"step {count}"), "reasoner")
            tree.record_score(step, 0.5)
            live.show(tree)  # too soon after the last one: nothing is written
            live._due = 0.0
            live.show(tree)
            browser.until(lambda count=count: size(browser) == count)
    file.write_text(page(trees[:1]), encoding="utf-8")
    browser.until(lambda: size(browser) == len(trees[0].tree))
    assert not browser.one("#live").is_displayed()
    assert browser.log() == ([], []), "no complaint, no request"


@pytest.mark.slow
def test_a_search_that_is_interrupted_leaves_a_page_that_is_not_read_again(browser, tmp_path):
    tree, file = Tree(Problem(QUESTION)), tmp_path / "page.html"
    with pytest.raises(KeyboardInterrupt), LivePage(file, {}) as live:
        live.show(tree)
        tree.add(tree.root, written("a step"), "reasoner")
        raise KeyboardInterrupt
    browser.open(file)
    assert size(browser) == 2 and not browser.one("#live").is_displayed()
    assert "the search was interrupted" in browser.one(".story").text


@pytest.mark.slow
def test_the_index_of_a_run_fills_while_the_run_goes_on(browser, tmp_path):
    view, made, first = tmp_path / "view", [], []

    def look(store, results):
        if len(results) == 4 * len(ARMS):
            made.append(RunPages(store, view))
            browser.open(made[0].write(live=1))
            assert browser.one("#progress").text == "16 of 48 results so far" and not made[0].complete
            first.append((view / "problem-00001.html").stat().st_mtime_ns)
        if len(results) == 8 * len(ARMS):
            made[0].write(live=1)
            browser.until(lambda: browser.run("return document.getElementById('progress').textContent")[:2] == "32")
        if len(results) == COUNT * len(ARMS):
            made[0].write()

    make_run(tmp_path / "run", COUNT, look)
    browser.until(lambda: browser.run("return document.getElementById('progress').textContent") == "")
    assert made[0].complete and not browser.one("#live").is_displayed()
    assert first == [(view / "problem-00001.html").stat().st_mtime_ns], "nothing changed on that page"
    assert len(list(view.glob("problem-*.html"))) == COUNT
    assert browser.log() == ([], []), "no complaint, no request"
