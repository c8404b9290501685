"""The index of a run: a table that sorts and filters, whose address leads back to what was looked at."""

import pytest

from hintree.experiments.study.pages import write_run
from hintree.experiments.study.store import Store
from tests.support.browser import Keys
from tests.support.run_pages import ARMS, make_run

COUNT = 120


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the index of a run and its results by problem, in the order of the study."""
    folder = tmp_path_factory.mktemp("run")
    results = make_run(folder, COUNT)
    with Store.open(folder) as store:
        index = write_run(store, folder / "view")
    return index, [results[i : i + len(ARMS)] for i in range(0, len(results), len(ARMS))]


def places(browser):
    return browser.run("return table.places")


def test_a_table_of_many_problems_is_short_and_only_rows_in_sight_exist(browser, made):
    index, problems = made
    browser.open(index)
    assert len(places(browser)) == COUNT and len(browser.all("#problems tr")) < 60
    assert browser.run("return document.documentElement.scrollHeight") <= 900
    heads = [head.text for head in browser.all("#arms thead tr:last-child th")][-6:]
    assert heads == ["reasoner", "hinter", "teacher", "scorer", "all", "without scorer"]
    gflops = browser.run("return data.arms.map((arm) => arm.gflops)")
    assert gflops[-1] == ["-"] * 6, "of unknown size"
    assert all(float(g[0]) > 0 and g[4:] == [g[0]] * 2 for g in gflops[:-1])
    wrong = [sum(not result.right for result in problem) for problem in problems]
    assert [wrong[i] for i in places(browser)] == sorted(wrong, reverse=True)
    browser.run("document.getElementById('scroll').scrollTop = 1700")
    browser.frame()
    first = int(browser.all("#problems tr[data-place]")[0].get_attribute("data-place"))
    assert places(browser).index(first) == 1700 // 34 - 8


def test_it_sorts_and_filters_by_arm_outcome_rewrites_cost_and_words(browser, made):
    index, problems = made
    browser.open(index)
    browser.click("th.id button")
    assert places(browser) == list(range(COUNT))
    browser.click("th.id button")
    assert places(browser) == list(range(COUNT))[::-1]
    browser.choose("#arm", "1")
    browser.choose("#outcome", "failed")
    assert sorted(places(browser)) == [i for i, problem in enumerate(problems) if problem[1].status == "failed"]
    browser.choose("#outcome", "")
    browser.choose("#cost", "800")
    tokens = [[result.ledger["reasoner"].generated_tokens for result in problem] for problem in problems]
    assert sorted(places(browser)) == [i for i, amounts in enumerate(tokens) if amounts[1] >= 800]
    browser.choose("#cost", "0")
    browser.run("document.getElementById('rewritten').click()")
    kept = browser.run("return table.places.map((place) => data.problems[place].cells[1][0][3])")
    assert 0 < len(kept) < COUNT and set(kept) == {1}
    browser.run("document.getElementById('rewritten').click()")
    browser.choose("#query", "question 17:")
    assert places(browser) == [17] and browser.one("#count").text == f"1 of {COUNT} problems"


def test_two_arms_side_by_side_and_their_trees(browser, made):
    index, problems = made
    browser.open(index)
    browser.choose("#first", "0")
    browser.choose("#second", "3")
    kinds = [[("failed" if r.status == "failed" else r.right) for r in problem] for problem in problems]
    assert sorted(places(browser)) == [i for i, kind in enumerate(kinds) if kind[0] != kind[3]]
    assert [head.text.split()[-1] for head in browser.all("th.arm")] == ["student", "teacher"]
    place = next(i for i in places(browser) if "failed" not in kinds[i])
    browser.run("select(arguments[0])", place)
    browser.click("#details a.beside")
    browser.until(lambda: browser.run("return document.documentElement.dataset.ready"))
    assert [head.text for head in browser.all(".panehead")] == ["student, seed 0", "teacher, seed 0"]


def test_an_address_survives_a_reload_and_the_way_to_a_tree_and_back(browser, made):
    index, problems = made
    browser.open(index, "#outcome=wrong&arm=0&sort=tokens&arms=0.2&row=7")
    before = places(browser)
    assert sorted(before) == [i for i, p in enumerate(problems) if p[0].status == "done" and not p[0].right]
    browser.driver.refresh()
    browser.until(lambda: browser.run("return document.documentElement.dataset.ready"))
    assert places(browser) == before and browser.run("return state.arms") == [0, 2]
    assert "Question 7:" in browser.one("#details").text
    browser.run("document.activeElement.blur()")
    browser.press(Keys.ARROW_DOWN)
    row = browser.run("return state.row")
    assert row == before[0] if 7 not in before else before[before.index(7) + 1]
    browser.click("#details .results li:first-child a")
    browser.until(lambda: browser.run("return typeof panes === 'object'"))
    assert f"Question {row}:" in browser.one("h1").text
    browser.click("#next")
    browser.until(lambda: f"Question {row}:" not in browser.one("h1").text)
    browser.click("#index")
    browser.until(lambda: browser.run("return typeof table === 'object'"))
    assert places(browser) == before and browser.run("return state.row") == row
    for odd in ("#arms=9.x&row=99999", "#sort=__proto__&cost=-1", "#%", "#outcome=constructor"):
        browser.open(index, odd)
        assert len(places(browser)) == COUNT and browser.log() == ([], [])


@pytest.mark.slow
def test_a_run_of_1200_problems_is_one_screen_high(browser, tmp_path, capsys):
    make_run(tmp_path / "run", 1200)
    with Store.open(tmp_path / "run") as store:
        index = write_run(store, tmp_path / "view")
    browser.open(index)
    high, ready = (browser.run(f"return document.documentElement.{name}") for name in ("scrollHeight", "dataset.ready"))
    with capsys.disabled():
        print(f"\n1,200 x {len(ARMS)}: {index.stat().st_size / 1e6:.2f} MB, {high} pixels high, ready after {ready} ms")
    assert high <= 900 and len(browser.all("#problems tr")) < 60
