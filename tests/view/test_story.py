"""The story strip, hints, ids and versions: what is understood without a click."""

import json

import pytest

from hintree.cli import main
from hintree.errors import UsageError
from hintree.export import ShownTree, read, render
from hintree.search import Problem, StepOutput, Tree
from hintree.search.core.endings import Rejection
from hintree.view.story import Story


def lines(browser, strip=0):
    """Return the lines of a story strip by name."""
    terms = "[...document.querySelectorAll('.story')[arguments[0]].querySelectorAll(':scope > dl > dt')]"
    return dict(browser.run(f"return {terms}.map((dt) => [dt.textContent, dt.nextSibling.innerText])", strip))


def rewritten_tree():
    """Return a tree whose first step the teacher rewrote, after a version of the reasoner that was no better."""
    tree = Tree(Problem("How many coins has Gina?"))
    old = tree.add(tree.root, StepOutput("Gina has 68 coins in all.", "delimiter", 9, 0.5, 0.5, 0.1), "reasoner")
    again = tree.add(tree.root, old.step._replace(text="Gina has 69 coins in all."), "reasoner", replaces=old)
    new = tree.add(tree.root, old.step._replace(text="Gina has 71 coins in all."), "teacher", replaces=old)
    end = tree.add(new, StepOutput("The answer is 71.", "end", 5, 0.9, 0.9, 0.1, "71"), "reasoner")
    for node, score in ((old, 0.2), (again, 0.1), (new, 0.9), (end, 0.8)):
        tree.record_score(node, score)
    again.close("rejected", Rejection.NOT_BETTER, f"not better than step {old.id}")
    old.replace_by(new, f"rewritten as step {new.id}")
    account = {"calls": 4, "generated_tokens": 1234, "flops": 2.5e12, "seconds": 1.5}
    story = Story(
        answer="71",
        confidence=0.75,
        status="complete",
        method={"preset": "hintree", "search": "Beam(width=1)"},
        models={"reasoner": "small-model"},
        usage={"reasoner": account},
        reference="72",
        right=False,
        first_wrong=3,
    )
    return ShownTree(tree, end, "hintree", Story.from_dict(story.to_dict()))


def test_the_story_strip_says_what_was_asked_done_answered_and_paid(browser):
    solved = rewritten_tree()
    browser.show(solved)
    told = lines(browser)
    assert list(told) == ["Answer", "Path", "Rewritten", "Method", "Cost"]
    assert told["Answer"] == "71 ✗ wrong reference 72 · confidence 0.75 · first wrong step 3 · complete"
    assert told["Path"] == "2 of 4 steps kept: 3 → 4 · 1 by the teacher"
    assert told["Rewritten"] == "step 1 → 3 by the teacher · 2 tried: 1 by the reasoner, 1 by the teacher"
    assert "hintree · Beam · seed 0" in told["Method"] and "small-model 1,234 tokens" in told["Cost"]
    browser.run("document.querySelectorAll('.story summary').forEach((summary) => summary.click())")
    assert "Beam(width=1)" in lines(browser)["Method"] and "2.5 T" in lines(browser)["Cost"]
    browser.run("document.querySelector('.story a').click()")
    assert browser.selected() == 3


def test_versions_are_one_block_in_their_order_with_authors_scores_and_differences(browser):
    browser.show(rewritten_tree(), address="#step=1")
    block = [version.text.replace("\n", " ") for version in browser.all(".version")]
    assert [text.split()[1] for text in block] == ["1", "2", "3"]
    assert "0.20 → 0.90" in block[2] and "teacher" in block[2] and "in place of step 1: kept" in block[2]
    marked = [[part.text for part in browser.all(f".version:last-child {tag}")] for tag in ("del", "ins")]
    assert marked == [["68"], ["71"]]
    rows = browser.rows()
    assert [rows.index(i) for i in (1, 3, 2)] == sorted(rows.index(i) for i in (1, 2, 3))
    browser.run("document.querySelector('.version small a').click()")
    assert browser.selected() == 3, "the reason of step 1 names step 3, and leads there"


def test_long_versions_and_long_steps_do_not_freeze_the_page(browser):
    tree, words = Tree(Problem("how long?")), [f"word{i % 977} and {i}," for i in range(50_000)]
    other = [word if i % 5000 else "changed here," for i, word in enumerate(words)]
    old = tree.add(tree.root, StepOutput(" ".join(words), "delimiter", 9, 0.5, 0.5, 0.1), "reasoner")
    new = tree.add(tree.root, old.step._replace(text=" ".join(other)), "teacher", replaces=old)
    huge = tree.add(new, StepOutput("x" * 1_000_000, "delimiter", 9, 0.5, 0.5, 0.1), "reasoner")
    browser.show(ShownTree(tree, huge, "long"), address=f"#step={new.id}")
    assert [part.text for part in browser.all("ins")] == ["changed here"] * 10
    parts = browser.run("return modules.diff.wordDiff(arguments[0], arguments[1])", " ".join(words), " ".join(other))
    assert "".join(text for kind, text in parts if kind != "new") == " ".join(words)
    assert "".join(text for kind, text in parts if kind != "gone") == " ".join(other)
    browser.run("select(panes[0], arguments[0])", huge.id)
    assert len(browser.run("return document.getElementById('app').textContent")) < 100_000
    assert browser.one(".whole button, .whole .more").text == "Show all 1,000,000 characters"


def test_hints_ids_and_reasons_are_seen_without_a_click_and_copied(browser, mcts):
    rows = browser.run(
        "return [...document.querySelectorAll('.row')].map((r) => [+r.dataset.id, r.querySelector('.id')?.textContent,"
        "r.querySelector('.hint')?.textContent ?? null])"
    )
    hinted = [(i, hint) for i, _, hint in rows if hint is not None]
    assert len(hinted) > 3 and all(hint == f"hint: {mcts.tree.nodes[i].hint}" for i, hint in hinted)
    assert all(label == str(i) for i, label, _ in rows if i)
    copied = browser.run("return modules.markdown.asMarkdown(panes[0].tree, panes[0].tree.chosen)")
    for node in mcts.chosen.path():
        assert f"`{node.id} " in copied
    for hint in [str(node.hint) for node in mcts.chosen.path() if node.hint]:
        assert hint.replace("(", r"\(").replace(")", r"\)")[:10] in copied


def test_the_facts_of_a_search_are_in_its_file_and_come_back(tmp_path, trees):
    for ending in (".json", ".graphml", ".gexf"):
        path = tmp_path / f"tree{ending}"
        path.write_bytes(render(trees[1], ending))
        back = read(path)
        assert back.story == trees[1].story and back.tree.events == trees[1].tree.events
    data = json.loads((tmp_path / "tree.json").read_text())
    facts = data["result"]
    assert (facts["answer"], facts["status"], facts["method"]["preset"]) == ("73", "finished", "mcts")
    assert facts["models"]["teacher"] == "embedded:teacher" and facts["usage"]["hinter"]["generated_tokens"] > 0
    assert facts["reference"] is None and facts["right"] is None
    old = {name: value for name, value in data.items() if name not in ("result", "events")}
    (tmp_path / "old.json").write_text(json.dumps(old))
    assert read(tmp_path / "old.json").story is None
    usage = {"teacher": {"calls": -1}}
    odd = [("result", 3), ("result", {"right": "yes"}), ("result", {"usage": usage}), ("events", [["step", 9**9, []]])]
    for name, value in odd:
        (tmp_path / "odd.json").write_text(json.dumps({**old, name: value}))
        with pytest.raises(UsageError, match=name):
            read(tmp_path / "odd.json")


def test_a_reference_that_the_user_gives_is_graded(tmp_path, trees):
    (tmp_path / "tree.json").write_bytes(render(trees[0], ".json"))
    files = ["export", str(tmp_path / "tree.json"), "--to", str(tmp_path / "to.json")]
    for reference, right in (("73", True), ("73.0", True), ("98", False)):
        assert main([*files, "--reference", reference]) == 0
        story = read(tmp_path / "to.json").story
        assert (story.reference, story.right) == (reference, right)
    assert Story(answer=None).graded("7").right is False
