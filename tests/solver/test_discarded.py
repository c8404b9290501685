"""Discarded tokens: those that are not on the selected path."""

from hintree.search import Critique, Ledger, Problem, Tree, Usage
from hintree.search.actions import ACTIONS, CORRECT
from hintree.search.core.hints import Hint
from hintree.solver import book_discarded
from tests.support import scripted


def test_what_was_dropped_is_discarded():
    tree = Tree(Problem("question"))
    node = tree.root
    for hint in (Hint("look"), None):  # the second one was dropped
        node = tree.add(node, scripted.written(f"step {node.id}"), "reasoner", hint=hint, hint_tokens=5)
    ledger = Ledger()
    ledger["hinter"].add(Usage(2, 9, 9, 10), 7, 0.0)
    book_discarded(ledger, node)
    assert ledger["hinter"].discarded_tokens == 5


def test_a_hint_that_the_next_version_keeps_is_not_discarded():
    tree = Tree(Problem("question"))
    old = tree.add(tree.root, scripted.written("step 1"), "reasoner", hint=Hint("look"), hint_tokens=5)
    same = tree.add(tree.root, scripted.written("step 2"), "reasoner", hint=Hint("look"), replaces=old)
    again = tree.add(tree.root, scripted.written("step 3"), "reasoner", hint=Hint("look"), replaces=same)
    other = tree.add(tree.root, scripted.written("step 4"), "teacher", hint=Hint("there"), replaces=again)
    for node, tokens in {old: 5, same: 5, again: 5, other: 0}.items():
        ledger = Ledger()
        ledger["hinter"].add(Usage(1, 9, 9, 5), 7, 0.0)
        book_discarded(ledger, node)
        assert ledger["hinter"].discarded_tokens == 5 - tokens


def test_sub_questions_of_the_hinter_and_critiques_of_kept_corrections_are_not_discarded():
    tree, ledger = Tree(Problem("question")), Ledger()
    facts = {"action": ACTIONS["ask"], "hint": Hint("look"), "hint_tokens": 2}
    asked = tree.add(tree.root, scripted.written("what?"), "hinter", **facts)
    fixed = tree.add(asked, scripted.written("step 1"), "reasoner", action=CORRECT, critique=Critique("wrong", 4))
    for role in ("hinter", "reasoner"):
        ledger[role].add(Usage(2, 9, 9, 50), 7, 0.0)
    book_discarded(ledger, fixed)
    assert ledger["hinter"].discarded_tokens == 50 - 2 - asked.step.tokens
    assert ledger["reasoner"].discarded_tokens == 50 - 4 - fixed.step.tokens
