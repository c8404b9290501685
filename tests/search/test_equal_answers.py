"""Votes compare answers as the grader does, not as they are spelled."""

import pytest

from hintree.errors import UsageError
from hintree.search import Problem, StepOutput, Tree, choose, from_dict, to_dict
from hintree.search.algorithms.lorid import agreement
from hintree.search.selection import votes

OPEN = Problem("q")


def tree_of(*answers, problem=OPEN):
    tree = Tree(problem)
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


def test_a_letter_and_the_text_of_its_option_vote_together():
    choices = ("4", "5", "6")
    tree = tree_of("C", "5", "B", "(B)", "B. 5", problem=Problem("Which is prime?", choices=choices))
    assert votes(tree) == {"C": 1, "5": 4}
    assert (choose(tree, "majority").answer, choose(tree, "majority").confidence) == ("5", 0.8)
    assert choose(tree, "weighted").answer == "5"
    assert votes(tree_of("C", "5", "B")) == {"C": 1, "5": 1, "B": 1}
    again = from_dict(to_dict(tree))
    assert again.problem == tree.problem and votes(again) == votes(tree)
    assert agreement(tree.nodes[2:3], tree.nodes[3:4], choices) == tree.nodes[2:4]
    assert agreement(tree.nodes[1:2], tree.nodes[3:4], choices) == []


def test_options_of_a_tree_that_are_no_texts_are_refused():
    data = to_dict(tree_of("B", problem=Problem("Which?", choices=("4", "5"))))
    for choices in ("45", [4], [["4"]], {"A": "4"}, None):
        with pytest.raises(UsageError, match="not a hintree tree"):
            from_dict(data | {"problem": data["problem"] | {"choices": choices}})
