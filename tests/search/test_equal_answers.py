"""Votes compare answers as the grader does, not as they are spelled."""

import pytest

from hintree.search import Problem, StepOutput, Tree, choose
from hintree.search.selection import votes


def tree_of(*answers):
    tree = Tree(Problem("q"))
    for i, answer in enumerate(answers):
        step = StepOutput(f"{i}: the answer is {answer}", "end", 1, 0.5, 0.5, 0.1, answer)
        tree.record_score(tree.add(tree.root, step, "reasoner"), 0.9 if answer == "3" else 0.4)
    return tree


def test_spellings_of_one_number_vote_together():
    tree = tree_of("3", "1/2", r"\frac{1}{2}", "0.5")
    assert votes(tree) == {"3": 1, "1/2": 3}
    chosen = choose(tree, "majority")
    assert (chosen.answer, chosen.confidence) == ("1/2", 0.75)


def test_a_weighted_vote_adds_the_scores_of_all_spellings():
    tree = tree_of("3", "1/2", "0.5", "2/4")
    chosen = choose(tree, "weighted")
    assert chosen.answer == "1/2"
    assert chosen.confidence == pytest.approx(1.2 / 2.1)


def test_case_and_units_of_words_do_not_split_a_vote_but_other_words_do():
    assert votes(tree_of("Blue", "blue", "red")) == {"Blue": 2, "red": 1}
