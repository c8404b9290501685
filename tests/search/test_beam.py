"""Beam search over scripted landscapes."""

from collections import Counter

import pytest

from hintree.errors import UsageError
from hintree.search import Beam, Hint, Rewrite, choose
from tests.support.scripted import find, hints, random_roles, scores, solve, solve_one, steps, trail

BAD_SCORES = [float("nan"), float("inf"), float("-inf"), 1.5, -0.1]


def test_two_paths_find_the_best_answer_that_one_path_misses():
    lines = {"": ["a", "b"], "a": ["c", "d"], "a/c": ["e=1", "f=2"], "b": ["c", "d"], "b/d": ["e=3", "f=4"]}
    lines |= {"a/d": ["e=5", "f=6"], "b/c": ["e=7", "f=8"]}
    landscape = {"a": 0.6, "b": 0.5, "a/c": 0.3, "a/d": 0.2, "b/c": 0.4, "b/d": 0.8, "b/d/f=4": 0.9, "a/c/e=1": 0.7}
    answers = {}
    for width in (1, 2):
        run = solve_one({"reasoner": steps(lines), "scorer": scores(landscape, 0.1)}, Beam(width, 2))
        assert str(run.stop_reason) == "complete"
        answers[width] = choose(run.tree)
    assert answers[1].answer == "1"
    assert (answers[2].answer, answers[2].confidence, trail(answers[2].node)) == ("4", 0.9, "b/d/f=4")


def test_every_level_continues_at_most_width_steps_with_branch_drafts_each():
    search = Beam(3, 4, depth=6)
    roles = random_roles(odd=False)
    solve(roles, search, count=20)
    drafts = Counter(
        (request.tree.problem.id, request.node.depth, request.node.id) for request in roles["reasoner"].requests()
    )
    assert set(drafts.values()) == {4}
    levels = Counter((problem, depth) for problem, depth, _ in drafts)
    assert max(levels.values()) == 3
    assert all(levels[problem, 0] == 1 for problem, _ in levels)


def test_open_steps_outside_the_beam_are_marked_pruned_and_never_continued():
    lines = {"": ["a", "b", "c"], "b": ["x=1", "y=2", "z=3"]}
    tree = solve_one({"reasoner": steps(lines), "scorer": scores({"b": 0.9})}, Beam(1, 3)).tree
    assert [(trail(n), n.status) for n in tree.root.children] == [("a", "pruned"), ("b", "open"), ("c", "pruned")]
    assert [len(n.children) for n in tree.root.children] == [0, 3, 0]


def test_a_finished_path_keeps_its_place_until_better_ones_take_it():
    lines = {"": ["a=1", "b"], "b": ["c=2", "d"], "b/d": ["e=3", "f=4"]}
    roles = {"reasoner": steps(lines), "scorer": scores({"a=1": 0.7, "b": 0.6, "b/d": 0.65, "b/c=2": 0.1}, 0.2)}
    run = solve_one(roles, Beam(2, 2))
    assert str(run.stop_reason) == "complete"
    assert len(find(run.tree, "b/d")[0].children) == 2
    assert choose(run.tree).answer == "1"


@pytest.mark.parametrize("rule", [None, Rewrite(threshold=0.01), Rewrite(threshold=0.01, when="before")])
def test_a_finished_path_that_lost_its_place_does_not_take_it_back(rule):
    lines = {"": ["a=1", "b"], "b": ["c", "d"], "b/c": ["g", "h"], "b/d": ["e", "f"], "b/c/g": ["i=2", "j=3"]}
    lines |= {"b/d/e": ["k=4", "l=5"]}
    judged = {"a=1": 0.6, "b": 0.7, "b/c": 0.8, "b/d": 0.9, "b/d/e": 0.5, "b/c/g": 0.45, "b/c/g/i=2": 1.0}
    run = solve_one({"reasoner": steps(lines), "scorer": scores(judged, 0.1)}, Beam(2, 2), rule)
    assert (str(run.stop_reason), choose(run.tree).answer) == ("complete", "2")


@pytest.mark.parametrize(("aggregate", "answer"), [("last", "3"), ("min", "1"), ("product", "1"), ("mean", "1")])
def test_the_beam_ranks_paths_by_its_aggregate(aggregate, answer):
    lines = {"": ["a", "b"], "a": ["x", "w"], "b": ["y", "z"], "a/x": ["e=1", "f=1"], "a/w": ["e=1", "f=1"]}
    lines |= {"b/y": ["e=3", "f=3"], "b/z": ["e=3", "f=3"]}
    judged = {"a": 0.9, "b": 0.4, "a/x": 0.5, "a/w": 0.5, "b/y": 0.6, "b/z": 0.6}
    tree = solve_one({"reasoner": steps(lines), "scorer": scores(judged)}, Beam(2, 2, aggregate=aggregate)).tree
    assert {node.step.answer for node in tree.terminals()} == {answer}


def test_only_the_last_drafts_are_written_without_a_hint():
    reasoner, hinter = steps({"": ["a=1", "b=2", "c=3"]}), hints("look", "think")
    tree = solve_one({"reasoner": reasoner, "hinter": hinter}, Beam(1, 3, unhinted=1)).tree
    assert [request.hint for request in reasoner.requests()] == [Hint("look"), Hint("think"), None]
    assert [(n.hint, n.hint_tokens) for n in tree.root.children] == [(Hint("look"), 2), (Hint("think"), 2), (None, 0)]
    assert len(hinter.requests()) == 2


def test_duplicates_among_siblings_are_merged_and_scored_once():
    scorer = scores({"a": 0.9})
    lines = {"": ["a", "b", "a"], "a": ["c=1", "c=1", "c=1"]}
    tree = solve_one({"reasoner": steps(lines), "scorer": scorer}, Beam(1, 3)).tree
    first, _, again = tree.root.children
    assert (again.status, again.reason, again.score) == ("pruned", f"same as step {first.id}", None)
    assert [trail(request.node) for request in scorer.requests()] == ["a", "b", "a/c=1"]
    assert [n.status for n in first.children] == ["terminal", "pruned", "pruned"]


@pytest.mark.parametrize(
    ("second", "text", "reason"),
    [
        ("a", "a", "the same step, 3 times in a row"),
        ("b", "", "empty step"),
        ("b", " \n\t", "empty step"),
        ("b", "\u200b \u2060", "empty step"),
    ],
)
def test_a_looping_or_empty_step_fails_the_path_unscored(second, text, reason):
    scorer = scores({"a": 0.9, f"a/{second}/{text}": 1.0})
    lines = {"": ["a", "a"], "a": [second, "c=1"], f"a/{second}": [text, text]}
    run = solve_one({"reasoner": steps(lines), "scorer": scorer}, Beam(2, 2))
    last = find(run.tree, f"a/{second}/{text}")
    assert [(n.status, n.reason, n.score) for n in last] == [("failed", reason, None)] * 2
    assert not any(request.node in last for request in scorer.requests())
    assert (str(run.stop_reason), choose(run.tree).answer) == ("complete", "1")


def test_a_path_longer_than_depth_fails_and_one_just_as_long_does_not():
    lines = {"": ["a", "b"], "a": ["c", "d"], "a/d": ["e=1", "f"]}
    roles = {"reasoner": steps(lines), "scorer": scores({"a": 0.9, "a/d": 0.9})}
    search = Beam(1, 2, depth=3)
    assert choose(solve_one(roles, search).tree).answer == "1"
    lines["a/d"] = ["e", "f"]
    run = solve_one(roles, search)
    node = find(run.tree, "a/d/e")[0]
    assert (node.status, node.reason, str(run.stop_reason)) == ("failed", "longer than 3 steps", "complete")
    assert choose(run.tree).answer is None


def test_a_step_cut_by_its_length_is_continued():
    lines = {"": ["long~"], "long~": ["er~"], "long~/er~": ["end=5"]}
    run = solve_one({"reasoner": steps(lines)}, Beam(1, 1))
    assert [n.status for n in run.tree] == ["open", "open", "open", "terminal"]
    assert choose(run.tree).answer == "5"


@pytest.mark.parametrize("bad", BAD_SCORES)
def test_a_score_outside_0_to_1_fails_its_step_which_never_wins(bad):
    lines = {"": ["a", "b"], "b": ["x=1", "y=2"]}
    run = solve_one({"reasoner": steps(lines), "scorer": scores({"a": bad, "b/x=1": bad}, 0.01)}, Beam(2, 2))
    for place in ("a", "b/x=1"):
        node = find(run.tree, place)[0]
        assert (node.status, node.score, node.children) == ("failed", None, [])
        assert str(bad) in node.reason
    assert (str(run.stop_reason), choose(run.tree).answer) == ("complete", "2")


@pytest.mark.parametrize("bad", BAD_SCORES)
def test_a_scorer_that_never_makes_sense_leaves_no_answer(bad):
    run = solve_one({"reasoner": steps({"": ["a=1", "b"]}), "scorer": scores({}, bad)}, Beam(2, 2))
    assert (str(run.stop_reason), choose(run.tree).answer) == ("complete", None)


@pytest.mark.parametrize("score", [0, 1, 0.0, 1.0])
def test_scores_at_the_ends_of_the_range_count(score):
    tree = solve_one({"reasoner": steps({"": ["a=1"]}), "scorer": scores({}, score)}, Beam(1, 1)).tree
    assert (tree.nodes[1].score, tree.nodes[1].status) == (score, "terminal")


def test_a_step_of_a_megabyte_is_a_step_like_any_other():
    text = "x" * 1_000_000
    run = solve_one({"reasoner": steps({"": [text], text: ["end=1"]})}, Beam(1, 1))
    assert (str(run.stop_reason), choose(run.tree).answer, run.tree.nodes[1].step.text) == ("complete", "1", text)


@pytest.mark.parametrize("value", [0, -1, 2.0, "4", None])
@pytest.mark.parametrize("name", ["width", "branch", "depth"])
def test_a_size_that_is_no_whole_number_above_0_is_refused_by_name(name, value):
    with pytest.raises(UsageError, match=rf"Beam {name}={value!r} .* at least 1"):
        Beam(**{name: value})


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("unhinted", -1, "at least 0"),
        ("unhinted", 5, "from 0 to 4"),
        ("aggregate", "median", "last, min, product, mean, max"),
    ],
)
def test_a_value_outside_its_range_is_refused_with_what_is_accepted(name, value, accepted):
    with pytest.raises(UsageError, match=rf"Beam {name}={value!r} .*{accepted}"):
        Beam(**{name: value})


def test_the_smallest_and_the_fully_unhinted_beams_are_accepted():
    assert Beam(1, 1, 0, 0, 1).depth == 1
    assert Beam(branch=3, unhinted=3).unhinted == 3
