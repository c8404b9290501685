"""The page runs no script of a model's text, loads nothing, and shows the text unchanged."""

from hintree.export import ShownTree
from hintree.search import Problem, StepOutput, Tree, choose
from hintree.search.core.hints import Hint
from hintree.view import page
from hintree.view.story import Story
from tests.support.browser import QUESTION
from tests.support.hostile_texts import HOSTILE
from tests.support.question_trees import CHAIN, add_chain


def hostile_tree():
    """Return a tree with every hostile text in every field of text."""
    tree = Tree(Problem(" ".join(HOSTILE), HOSTILE[0]))
    for text in HOSTILE:
        step = StepOutput(text, "delimiter", 3, float("nan"), float("-inf"), 0.1)
        old = tree.add(tree.root, step, "reasoner", hint=Hint(text))
        old.status, old.reason = "rejected", text
        tree.record_score(old, 0.1)
        tree.record_score(
            tree.add(tree.root, step._replace(text=f"{text} 2", answer=text), "teacher", replaces=old), 0.9
        )
    add_chain(tree, HOSTILE[-len(CHAIN) :])
    account = {"calls": 1, "generated_tokens": 1}
    texts = {HOSTILE[2]: HOSTILE[3], "preset": HOSTILE[4]}
    story = Story(
        HOSTILE[0], 0.5, HOSTILE[5], texts, {"teacher": HOSTILE[6]}, {"teacher": account}, HOSTILE[7], False, 1
    )
    return ShownTree(tree, choose(tree).node, HOSTILE[1], Story.from_dict(story.to_dict()))


def test_hostile_texts_are_shown_as_text_without_scripts_and_requests(browser):
    solved = hostile_tree()
    browser.show(solved, solved, address="#tree=0&with=1&q=pwned")
    browser.click("#all")
    for node in solved.tree:
        browser.run("select(panes[0], arguments[0])", node.id)
    browser.click("#events summary")
    browser.press("c", "[", "[")
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    tags = browser.run("return [...new Set([...document.querySelectorAll('body *')].map((e) => e.localName))]")
    assert not {"iframe", "img", "svg", "base", "meta", "link"} & set(tags)
    assert len(browser.all("script")) == 2 and len(browser.all("style")) == 1
    assert browser.run("return window.pwned") is None
    texts = [row.get_attribute("textContent") for row in browser.all(".row .text")]
    assert "<img src=x onerror=window.pwned=1>" in texts
    assert browser.log() == ([], []), "no complaint, no request"


def test_nothing_inline_runs_but_the_page_itself(browser, trees):
    source = page([trees[0]]).replace("<header>", "<header onclick='window.pwned=1'><script>window.pwned=1</script>")
    browser.show(source=source)
    browser.click("header h1")
    assert browser.run("return window.pwned") is None
    complaints, _ = browser.log()
    assert any("Content Security Policy" in line for line in complaints)


def test_without_javascript_there_is_an_outline(browser, trees):
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    file = browser.folder / "outline.html"
    file.write_text(page([trees[1]]), encoding="utf-8")
    browser.driver.get(file.as_uri())
    shown = browser.one("body").text
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert QUESTION in shown and all(node.step.text in shown for node in trees[1].tree)
