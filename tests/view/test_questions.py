"""The page of a tree with actions: chips, folded passages, and the questions of a path as one tree."""

from tests.support.question_trees import CHAIN, question_tree


def test_actions_are_chips_passages_are_folded_and_the_questions_of_a_path_are_one_tree(browser):
    browser.show(question_tree(), address="#step=9")
    assert [chip.text for chip in browser.all(".row.path .act")] == [name for name, _ in CHAIN]
    nested = browser.run(
        """const entries = (list) => [...list.children].map((entry) => [...entry.children].map(
             (part) => part.localName === "ol" ? entries(part) : part.textContent));
           return entries(document.querySelector(".questions > ol"));"""
    )
    assert nested == [["How many has Ben? 5", [["How many more has Ben? 6", "3 more. 7"]], "4 + 3 = 7. 8"]]
    browser.run("select(panes[0], 4)")
    assert browser.all(".row.path .text")[2].text == "1 passage"
    assert not browser.all(".passage p")[0].is_displayed()
    browser.click(".passage summary")
    assert browser.all(".passage p")[0].text == CHAIN[1][1] and not browser.all(".passage b")
    browser.run("select(panes[0], 2)")
    assert "copied from\nstep 1" in browser.all("#details .figures")[0].text
    assert browser.log() == ([], [])
