"""Math, code, tables and Markdown are typeset from data; nothing in a text can run or load."""

import json

from hintree.export import ShownTree
from hintree.search import Problem, StepOutput, Tree
from hintree.view.story import Story
from hintree.view.typeset import typeset
from tests.support.hostile_texts import HOSTILE

STEPS = [
    r"The half is $\frac{1}{2}$, and \(x^2\) costs $5.",
    "```python\nprint('x')  # hello\n```",
    "| a | b |\n|---|---|\n| 1 | $x$ |",
    r"\[ \sum_{i=1}^n i = \frac{n(n+1)}{2} \]",
    "**bold** and `code $x$` but <b>no tag</b> and [no link](https://example.org) ![no picture](https://example.org/x.png)",
]


def test_only_texts_with_markup_are_typeset_and_broken_ones_stay_as_they_are():
    assert typeset("Gina has 68. 49 + 19 = 68.") is None
    assert typeset("x" * 30_000 + " $x$") is None
    assert typeset("it costs $5 and $6") == [["p", "", "it costs $5 and $6"]]
    for broken in (r"$\frac{1}$", r"$\left( x$", "$" + "{" * 99 + "$", r"$\begin{array}$", r"$\input{/etc/passwd}$"):
        assert "passwd" in broken or json.dumps(typeset(broken)), broken
    deep = typeset("> " * 500 + "x $y$")
    assert deep is None or len(json.dumps(deep)) < 10_000


def test_math_code_and_tables_are_elements_with_their_source_on_hover(browser):
    tree = Tree(Problem("What is $x^2$?"))
    node = tree.root
    for text in STEPS:
        node = tree.add(node, StepOutput(text, "delimiter", 3, 0.5, 0.5, 0.1), "reasoner")
    browser.show(ShownTree(tree, node, "math", Story(answer=r"\frac{1}{2}")))
    assert len(browser.all("h1 math")) == 1 and len(browser.all(".story .said mfrac")) == 1
    browser.run("select(panes[0], 1)")
    assert [box.get_attribute("title") for box in browser.all("#details .math")] == [r"$\frac{1}{2}$", "$x^2$"]
    assert browser.one("#details mfrac").size["height"] > browser.all("#details mn")[0].size["height"] * 1.5
    browser.run("[...document.querySelectorAll('#details button')].find((b) => b.textContent === 'Source').click()")
    assert STEPS[0] in browser.details() and not browser.all("#details math")
    browser.run("select(panes[0], 2)")
    assert browser.one("#details pre .co").text == "# hello"
    browser.run("select(panes[0], 3)")
    assert len(browser.all("#details td")) == 2
    browser.run("select(panes[0], 5)")
    assert "<b>no tag</b>" in browser.details() and not browser.all("#details :is(a[href^=http], img, .rich b)")
    assert browser.one("#details .rich strong").text == "bold" and browser.one("#details code").text == "code $x$"
    assert browser.log() == ([], [])


def test_hostile_texts_inside_markup_run_nothing(browser):
    tree = Tree(Problem(f"${HOSTILE[0]}$"))
    math = ("${}$", "$$\\text{{{}}}$$", "$\\href{{javascript:pwned=1}}{{{}}}$")
    forms = (*math, "```{}\n{}\n```", "| {} |\n|---|\n| {} |", "**{}**")
    for text in HOSTILE:
        for form in forms:
            tree.add(tree.root, StepOutput(form.format(text, text), "delimiter", 3, 0.5, 0.5, 0.1), "reasoner")
    browser.show(ShownTree(tree, tree.nodes[-1]))
    set_parts = browser.run("return Object.keys(panes[0].tree.data.rich).length")
    assert set_parts > len(HOSTILE) * 3
    browser.run("for (let i = 1; i < panes[0].tree.size; i++) select(panes[0], i)")
    for node in (1, 2, 3, 4, 7, 10):
        browser.run("select(panes[0], arguments[0])", node)
        tags = browser.run("return [...new Set([...document.querySelectorAll('body *')].map((e) => e.localName))]")
        assert not {"iframe", "img", "svg", "base", "meta", "link", "mglyph", "maction", "annotation-xml"} & set(tags)
        links = browser.run(
            "return [...document.querySelectorAll('body [href], [src]')].map((e) => e.getAttribute('href'))"
        )
        assert links and all(link.startswith("#") for link in links)
    assert browser.run("return window.pwned") is None
    assert browser.log() == ([], []), "no complaint, no request"
