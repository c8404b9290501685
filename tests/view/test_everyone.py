"""The pages on a phone, at 200 % zoom, on paper, by keyboard alone, and as axe-core checks them."""

import base64
from importlib.resources import files
from importlib.util import find_spec

import pytest

from hintree.experiments.study.pages import write_run
from hintree.experiments.study.store import Store
from tests.support.browser import Keys
from tests.support.run_pages import make_run

SIZES = {"desktop": (1400, 900), "phone": (360, 740), "zoomed to 200 %": (700, 450)}
ALL = [(name, scheme) for name in SIZES for scheme in ("light", "dark")]
QUICK = [("desktop", "light"), ("phone", "dark")]
AXE = """
const done = arguments[0], nodes = (found) => found.nodes.map((node) => node.html.slice(0, 200));
axe.run(document, {resultTypes: ['violations']}).then(({violations}) =>
  done(violations.map((v) => [v.id, v.impact, nodes(v)])));
"""
OVERLAPS = """
const parts = [...document.querySelectorAll('header, .frame, .list, #scroll, #details, .panehead')];
const boxes = parts.filter((e) => e.offsetHeight)
  .map((e) => [e.className || e.id || e.localName, e.getBoundingClientRect()]);
const meet = (p, q) => Math.min(p.right, q.right) - Math.max(p.left, q.left) > 2
  && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 2;
return boxes.flatMap(([a, p], i) => boxes.slice(i + 1).filter(([, q]) => meet(p, q)).map(([b]) => [a, b]));
"""
LISTS = "return [...document.querySelectorAll('.list, #scroll')].map((e) => [e.clientWidth, e.clientHeight])"
FOCUS = (
    "const e = document.activeElement; return [e.id || e.className || e.localName, getComputedStyle(e).outlineStyle]"
)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    make_run(folder, 12)
    with Store.open(folder) as store:
        return write_run(store, folder / "view")


@pytest.fixture
def pages(browser, trees, index):
    """Open each page at each size; afterwards the window is as it was."""

    def opened(looks):
        for name, scheme in looks:
            browser.resize(*SIZES[name], scheme)
            browser.show(*trees, address="#tree=0&with=1&step=3")
            yield f"two trees, {name}, {scheme}"
            browser.open(index, "#row=2")
            yield f"index, {name}, {scheme}"

    yield opened
    browser.usual_size()


@pytest.mark.parametrize("looks", [QUICK, pytest.param(ALL, marks=pytest.mark.slow)], ids=["quick", "all"])
def test_axe_finds_nothing_and_nothing_overlaps_or_vanishes(browser, pages, looks):
    if find_spec("axe_core_python") is None:
        pytest.skip("axe-core-python is not installed")
    axe = (files("axe_core_python") / "axe.min.js").read_text()
    seen = []
    for name in pages(looks):
        wide = browser.run("return innerWidth")
        assert browser.run("return document.documentElement.scrollWidth") <= wide, name
        assert browser.run(OVERLAPS) == [], name
        lists = browser.run(LISTS)
        assert lists and all(w > 150 and h > 100 for w, h in lists), (name, lists)
        assert browser.all(".row, tr[data-place]"), name
        browser.driver.execute_script(axe)
        found = browser.driver.execute_async_script(AXE)
        assert found == [], (name, found)
        seen.append(name)
    assert len(seen) == 2 * len(looks)


def test_everything_is_reached_by_keys_and_focus_is_seen(browser, trees):
    browser.show(*trees)
    names, outlined = [], []
    for _ in range(40):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        name, outline = browser.run(FOCUS)
        names.append(name)
        outlined.append(outline)
    order = ["query", "left", "play", "time", "speed", "answer", "picture", "list", "details"]
    assert [names.index(name) for name in order] == sorted(names.index(name) for name in order)
    assert outlined.count("none") <= names.count("body")


@pytest.mark.parametrize("number", [0, 1])
def test_paper_holds_the_whole_answer_path(browser, trees, number):
    browser.show(*trees, address=f"#tree={number}")
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    shown = browser.one("body").text
    pdf = base64.b64decode(browser.driver.execute_cdp_cmd("Page.printToPDF", {})["data"])
    browser.run("window.dispatchEvent(new Event('afterprint'))")
    browser.usual_size()
    assert pdf.startswith(b"%PDF") and len(pdf) > 10_000
    path = trees[number].chosen.path()
    assert path and all(node.step.text in shown and f"Step {node.id} " in shown for node in path)
    assert trees[number].tree.problem.question in shown and "Answer" in shown
    assert "Find text" not in shown and "Open all" not in shown
