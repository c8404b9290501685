"""Choosing the answer of a tree that is built by hand: paths of (step, score), noted as in ``scripted``."""

import random

import pytest

from hintree.errors import UsageError
from hintree.search import Problem, Tree, choose, trajectory_score
from tests.support.scripted import find, random_roles, solve, trail, written

HOWS = ["best", "majority", "weighted"]
AGGREGATES = ["last", "min", "product", "mean"]


def grown(*paths):
    """A tree with these paths, each a list of (step, score); a common beginning is one path, a last step never is."""
    tree = Tree(Problem("question"))
    for path in paths:
        node = tree.root
        for i, (text, score) in enumerate(path):
            same = [n for n in node.children if n.step.text == text and i < len(path) - 1]
            node = same[0] if same else tree.add(node, written(text), "reasoner")
            tree.record_score(node, score)
    return tree


VOTES = grown([("a=1", 0.9)], [("b=2", 0.3)], [("c=2", 0.35)], [("d=2", 0.1)], [("e=3", 0.8)], [("f=3", 0.2)])


@pytest.mark.parametrize(
    ("how", "place", "confidence"), [("best", "a=1", 0.9), ("majority", "c=2", 3 / 6), ("weighted", "e=3", 1.0 / 2.65)]
)
def test_each_way_of_choosing_has_its_own_winner(how, place, confidence):
    choice = choose(VOTES, how)
    assert (trail(choice.node), choice.answer) == (place, place[-1])
    assert choice.confidence == pytest.approx(confidence)


def test_best_and_last_are_the_defaults():
    assert choose(VOTES) == choose(VOTES, "best", "last")


@pytest.mark.parametrize(
    ("aggregate", "score", "answer"),
    [("last", 0.8, "1"), ("min", 0.2, "2"), ("product", 0.128, "2"), ("mean", 0.6, "3")],
)
def test_each_aggregate_makes_its_own_score_and_winner(aggregate, score, answer):
    first = [("a", 0.2), ("b", 0.8), ("c=1", 0.8)]
    tree = grown(first, [("d", 0.6), ("e", 0.5), ("f=2", 0.6)], [("g", 1.0), ("h", 0.1), ("i=3", 0.75)])
    assert trajectory_score(find(tree, "a/b/c=1")[0], aggregate) == pytest.approx(score)
    assert choose(tree, "best", aggregate).answer == answer


def test_steps_without_a_score_do_not_count_in_an_aggregate():
    tree = grown([("a", None), ("b", 0.5), ("c", None), ("d=1", 0.7)])
    assert trajectory_score(tree.nodes[-1], "mean") == pytest.approx(0.6)


def test_without_any_score_the_least_sure_step_is_the_score():
    tree = Tree(Problem("question"))
    for text, sure in (("a", 0.7), ("b", 0.4)):
        node = tree.add(tree.root, written(text, sure=sure), "reasoner")
        tree.add(node, written(f"c={text}", sure=0.9), "reasoner")
    choice = choose(tree)
    assert (choice.answer, choice.confidence) == ("a", 0.7)


@pytest.mark.parametrize("how", HOWS)
def test_a_full_tie_goes_to_the_earliest_step(how):
    tree = grown([("a=1", 0.5)], [("b=2", 0.5)], [("c=3", 0.5)])
    assert choose(tree, how).node is tree.nodes[1]


def test_tied_votes_go_to_the_higher_score():
    tree = grown([("a=1", 0.2)], [("b=2", 0.3)], [("c=1", 0.9)], [("d=2", 0.8)])
    assert (choose(tree, "majority").answer, trail(choose(tree, "majority").node)) == ("1", "c=1")


def test_tied_weights_go_to_the_higher_score():
    tree = grown([("a=1", 0.25)], [("b=2", 0.5)], [("c=1", 0.25)])
    assert choose(tree, "weighted").answer == "2"


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("status", ["failed", "rejected", "pruned", "open"])
def test_only_terminal_steps_are_chosen_or_vote(how, status):
    tree = grown([("a=1", 1.0)], [("b=1", 1.0)], [("c=2", 0.1)])
    for node in tree.nodes[1:3]:
        node.status = status
    choice = choose(tree, how)
    assert (choice.answer, choice.node) == ("2", tree.nodes[3])
    assert choice.confidence == pytest.approx(0.1 if how == "best" else 1.0)


@pytest.mark.parametrize("how", HOWS)
def test_with_nothing_finished_there_is_no_answer_and_the_deepest_best_path_is_shown(how):
    tree = grown([("a", 0.9)], [("b", 0.2), ("c", 0.3)], [("b", 0.2), ("d", 0.4)], [("b", 0.2), ("d", 0.4), ("", 0.9)])
    choice = choose(tree, how)
    assert (choice.answer, choice.confidence, trail(choice.node)) == (None, 0.0, "b/d")


@pytest.mark.parametrize("how", HOWS)
def test_a_tree_without_a_sound_step_chooses_the_root(how):
    for tree in (grown(), grown([("", None)]), grown([("a", float("nan"))])):
        choice = choose(tree, how)
        assert (choice.node, choice.answer, choice.confidence) == (tree.root, None, 0.0)


@pytest.mark.parametrize("how", HOWS)
def test_a_solution_without_an_answer_is_shown_but_never_outvotes_one_with_an_answer(how):
    tree = grown([("a!", 0.9)], [("b", 0.95), ("c", 0.95)])
    assert (choose(tree, how).answer, choose(tree, how).node) == (None, tree.nodes[1])
    tree = grown([("a!", 0.9)], [("b!", 0.9)], [("c=1", 0.1)])
    assert choose(tree, how).answer == "1"


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_worthless_scores_still_choose_with_confidence_in_range(how, aggregate):
    choice = choose(grown([("a=1", 0.0)], [("b=2", 0.0)]), how, aggregate)
    assert choice.answer == "1"
    assert choice.confidence == (0.5 if how == "majority" else 0.0)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_confidence_is_in_0_to_1_whatever_was_grown(how, aggregate):
    draw = random.Random(7)
    scores = [None, 0.0, 1.0, 0.1, 1 / 3, 1 - 2**-53, 5e-324]
    trees = [run.tree for run in solve(random_roles(), count=20).values()]
    for _ in range(100):
        paths = [
            [(f"{i}", draw.choice(scores)), (f"x={i % 3}", draw.choice(scores))] for i in range(draw.randint(1, 9))
        ]
        trees.append(grown(*paths))
    for tree in trees:
        choice = choose(tree, how, aggregate)
        assert 0.0 <= choice.confidence <= 1.0
        assert choice.answer == choice.node.step.answer


def test_choosing_changes_nothing_and_repeats():
    tree = grown([("a=1", 0.5)], [("b=2", 0.5)])
    assert choose(tree, "weighted") == choose(tree, "weighted")
    assert [n.status for n in tree] == ["open", "terminal", "terminal"]


@pytest.mark.parametrize(("how", "aggregate"), [("bets", "last"), ("", "last"), ("best", "median")])
def test_an_unknown_way_of_choosing_is_refused(how, aggregate):
    with pytest.raises(UsageError):
        choose(VOTES, how, aggregate)
