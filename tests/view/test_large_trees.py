import pytest

from hintree.export import ShownTree
from hintree.search import Problem, StepOutput, Tree
from hintree.view import page
from tests.support.browser import large_tree


@pytest.mark.parametrize("size", [500, pytest.param(10_000, id="ten thousand")])
def test_large_trees_make_small_pages_with_few_elements(browser, size):
    solved = large_tree(size)
    source = page([solved])
    assert len(source) < 300_000 * size / 500
    browser.show(source=source)
    assert len(browser.all("*")) < 600
    browser.press("e")
    assert len(browser.rows()) == len(solved.tree) and len(browser.all("*")) < 600
    browser.press("a")
    assert browser.all(f'[data-id="{solved.chosen.id}"]'), "the answer is in sight again"


def test_a_path_of_ten_thousand_steps_and_no_step_at_all(browser):
    deep, empty = Tree(Problem("how deep?")), Tree(Problem("how deep?"))
    node = deep.root
    for i in range(10_000):
        node = deep.add(node, StepOutput(f"step {i}", "delimiter", 3, 0.5, 0.5, 0.1), "reasoner")
    browser.show(ShownTree(deep, node, "deep"), ShownTree(empty, empty.root, "empty"), address="#tree=0&with=1")
    assert len(browser.rows(0)) == 10_001 and browser.rows(1) == [0] and len(browser.all("*")) < 700
    assert browser.selected() == 10_000 and "step 9999" in browser.details()
    browser.run("select(panes[1], 0)")
    assert "how deep?" in browser.details() and browser.log() == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize(("size", "goal"), [(500, 500), (10_000, 1_000), (50_000, 2_000)])
def test_how_soon_pages_are_ready(browser, capsys, size, goal):
    """``pytest -m slow -k soon tests/view/test_large_trees.py`` prints the figures of docs/views.md."""
    source = page([large_tree(size)])
    times = []
    for _ in range(10):
        browser.show(source=source)
        times.append(int(browser.run("return document.documentElement.dataset.ready")))
    low, middle, high = min(times), sorted(times)[5], max(times)
    with capsys.disabled():
        print(f"\n{size:,} steps, {len(source) / 1e6:.2f} MB: ready after {middle} ms [{low}, {high}], 10 loads")
    assert low < goal
