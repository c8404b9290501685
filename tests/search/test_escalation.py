"""Escalation: which steps are rewritten, by which author, and which version is kept."""

import pytest

from hintree.errors import UsageError
from hintree.search import Beam, BestOfN, Hint, HintKind, HintOutput, Rejection, Rewrite, choose
from tests.support.scripted import (
    Scripted,
    find,
    hints,
    random_roles,
    scores,
    solve,
    solve_one,
    steps,
    trail,
    trees,
)

CHAIN = Beam(1, 1)
TEACHER = ("teacher",)


def escalation(by_place, *, low=0.4, retry="retry=2", teacher="taught=3"):
    """Return handlers for one step that ends: a draft ("draft=1", scored ``low``), a rewrite and the teacher's."""
    return {
        "reasoner": steps({"": ["draft=1"], "?": [retry]}),
        "hinter": hints("look"),
        "teacher": steps({"": [teacher]}),
        "scorer": scores({"draft=1": low, **by_place}),
    }


@pytest.mark.parametrize("when", ["before", "after"])
def test_threshold_0_is_the_plain_search(when):
    search, rule = Beam(2, 3, unhinted=1, depth=5), Rewrite(threshold=0, when=when)
    assert trees(solve(random_roles(), search, rule, count=100)) == trees(solve(random_roles(), search, count=100))


def test_threshold_0_does_not_rewrite_a_failed_step_either():
    tree = solve_one(escalation({}) | {"reasoner": steps({"": [""]})}, CHAIN, Rewrite(threshold=0, stages=TEACHER)).tree
    assert [n.status for n in tree.root.children] == ["failed"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_threshold_above_1_with_a_teacher_always_accepted_leaves_a_path_of_the_teachers_steps(when):
    rule = Rewrite(threshold=1.01, stages=TEACHER, accept="always", when=when)
    chosen = [choose(run.tree) for run in solve(random_roles(odd=False), CHAIN, rule, count=20).values()]
    assert {node.author for choice in chosen for node in choice.node.path()} == {"teacher"}
    assert all(choice.answer is not None for choice in chosen)


def test_always_is_a_rule_that_rewrites_every_step_and_keeps_every_version():
    rule = Rewrite.always(stages=TEACHER, per="step")
    assert rule == Rewrite(rule.threshold, stages=TEACHER, accept="always", per="step") and rule.threshold > 1
    assert Rewrite.always(accept="better").accept == "better"
    tree = solve_one(random_roles(odd=False), BestOfN(3, depth=4), rule).tree
    drafts = [node for node in tree if node.author == "reasoner"]
    assert len(drafts) > 3 and {node.rejected_because for node in drafts} == {Rejection.REWRITTEN}


def test_with_many_drafts_it_is_the_teachers_step_that_is_continued():
    rule = Rewrite(threshold=1.01, stages=TEACHER, accept="always")
    runs = solve(random_roles(odd=False), Beam(1, 3), rule, count=20).values()
    continued = [node for run in runs for node in run.tree if node.children and node.parent is not None]
    assert {node.author for node in continued} == {"teacher"}
    assert len(continued) > 20


def test_a_step_at_the_threshold_is_not_rewritten():
    assert len(solve_one(escalation({}, low=0.5), CHAIN, Rewrite(threshold=0.5)).tree) == 2
    assert len(solve_one(escalation({}, low=0.499), CHAIN, Rewrite(threshold=0.5)).tree) == 3


def test_the_hint_stage_comes_first_and_the_teacher_only_where_it_did_not_help():
    roles = escalation({"retry=2": 0.9})
    run = solve_one(roles, CHAIN, Rewrite())
    assert (choose(run.tree).answer, roles["teacher"].batches) == ("2", [])
    roles = escalation({"retry=2": 0.45, "taught=3": 0.6})
    run = solve_one(roles, CHAIN, Rewrite())
    assert [(n.author, n.step.answer, n.replaces) for n in run.tree.root.children] == [
        ("reasoner", "1", None),
        ("reasoner", "2", 1),
        ("teacher", "3", 2),
    ]
    assert choose(run.tree).answer == "3"


def test_the_stages_are_taken_in_the_order_given():
    roles = escalation({"retry=2": 0.6, "taught=3": 0.45})
    tree = solve_one(roles, CHAIN, Rewrite(stages=("teacher", "hint"))).tree
    assert [(n.step.answer, n.replaces) for n in tree.root.children] == [("1", None), ("3", 1), ("2", 2)]


def test_a_retry_is_written_under_a_new_hint_that_knows_the_old_one():
    roles = escalation({"retry=2": 0.9})
    roles["hinter"].reply = hints("first", "second").reply
    tree = solve_one(roles, Beam(1, 1), Rewrite()).tree
    first, retry = roles["hinter"].requests()
    assert (first.avoid, retry.avoid, retry.node) == ((), (Hint("first"),), tree.root)
    assert retry.seed != first.seed
    assert roles["reasoner"].requests()[1].hint == tree.nodes[2].hint == Hint("second")


@pytest.mark.parametrize(
    ("accept", "new_score", "answer"),
    [("better", 0.6, "3"), ("better", 0.4, "1"), ("better", 0.1, "1"), ("always", 0.1, "3"), ("always", 0.6, "3")],
)
def test_a_new_version_is_kept_if_better_or_always(accept, new_score, answer):
    rule = Rewrite(stages=TEACHER, accept=accept)
    assert choose(solve_one(escalation({"taught=3": new_score}), CHAIN, rule).tree).answer == answer


@pytest.mark.parametrize(("new_score", "kept", "lost"), [(0.6, 2, 1), (0.1, 1, 2)])
def test_both_versions_stay_in_the_tree_with_their_scores(new_score, kept, lost):
    tree = solve_one(escalation({"taught=3": new_score}), CHAIN, Rewrite(stages=TEACHER)).tree
    old, new = tree.nodes[1:]
    assert (old.score, new.score, old.parent, new.parent) == (0.4, new_score, tree.root, tree.root)
    assert (old.replaces, new.replaces, new.author, old.rewrites, new.rewrites) == (None, old.id, "teacher", 0, 1)
    assert (tree.nodes[kept].status, tree.nodes[lost].status) == ("terminal", "rejected")
    assert str(kept) in tree.nodes[lost].reason


@pytest.mark.parametrize("accept", ["better", "always"])
@pytest.mark.parametrize(("text", "score"), [("", 1.0), ("taught=3", float("nan")), ("taught=3", 1.5)])
def test_a_failed_version_is_never_kept(accept, text, score):
    rule = Rewrite(stages=TEACHER, accept=accept)
    tree = solve_one(escalation({text: score}, teacher=text), CHAIN, rule).tree
    assert (choose(tree).answer, tree.nodes[2].status) == ("1", "failed")


def test_a_version_with_the_same_text_is_merged_and_the_old_one_kept():
    roles = escalation({}, teacher="draft=1")
    tree = solve_one(roles, CHAIN, Rewrite(stages=TEACHER, accept="always")).tree
    assert [n.status for n in tree.root.children] == ["terminal", "pruned"]
    assert len(roles["scorer"].requests()) == 1


@pytest.mark.parametrize(("final", "answer"), [(True, "3"), (False, "1")])
def test_a_terminal_step_is_rewritten_only_if_final_allows_it(final, answer):
    roles = escalation({"taught=3": 0.9})
    rule = Rewrite(stages=TEACHER, final=final)
    assert choose(solve_one(roles, CHAIN, rule).tree).answer == answer
    assert bool(roles["teacher"].batches) == final


def test_smarts_rule_rewrites_open_steps_always_and_final_ones_never():
    rule = Rewrite(threshold=1.01, stages=TEACHER, accept="always", when="after", final=False)
    runs = solve(random_roles(odd=False), Beam(2, 2, depth=6), rule, count=20).values()
    pairs = [(n, run.tree.nodes[n.replaces]) for run in runs for n in run.tree if n.replaces is not None]
    assert {(new.author, old.status, old.step.ended) for new, old in pairs} == {("teacher", "rejected", "delimiter")}
    assert any(node.author == "reasoner" for run in runs for node in run.tree.terminals())


@pytest.mark.parametrize("limit", [0, 1, 2, None])
def test_at_most_limit_steps_of_a_path_are_rewritten(limit):
    reasoner = {"": ["a"], "A": ["b"], "A/B": ["c"], "a": ["b"], "A/b": ["c"], "a/b": ["c"]}
    reasoner |= {"A/B/C": ["d=1"], "A/B/c": ["d=2"], "A/b/c": ["d=3"], "a/b/c": ["d=4"]}
    teacher = {"": ["A"], "A": ["B"], "A/B": ["C"], "A/B/C": ["D=5"]}
    roles = {"reasoner": steps(reasoner), "teacher": steps(teacher), "scorer": scores({}, 0.1)}
    run = solve_one(roles, CHAIN, Rewrite(stages=TEACHER, accept="always", limit=limit))
    path = choose(run.tree).node.path()
    rewritten = 4 if limit is None else limit
    assert [n.author for n in path] == ["teacher"] * rewritten + ["reasoner"] * (4 - rewritten)
    assert [n.rewrites for n in path] == [min(depth, rewritten) for depth in (1, 2, 3, 4)]


def branching():
    """Return handlers for two paths: the best steps come after "a"; those after "b" are low, the teacher's is not."""
    lines = {"": ["a", "b"], "a": ["x=1", "w=2"], "b": ["y=3", "z=4"]}
    judged = {"a": 0.8, "b": 0.8, "a/x=1": 0.9, "a/w=2": 0.85, "b/y=3": 0.2, "b/z=4": 0.1, "b/t=5": 0.95}
    return {"reasoner": steps(lines), "teacher": steps({"b": ["t=5"]}), "scorer": scores(judged)}


@pytest.mark.parametrize(("when", "answer", "rewritten"), [("before", "5", ["b"]), ("after", "1", [])])
def test_rewriting_before_pruning_keeps_paths_that_pruning_would_drop(when, answer, rewritten):
    roles = branching()
    run = solve_one(roles, Beam(2, 2), Rewrite(stages=TEACHER, when=when))
    assert (choose(run.tree).answer, str(run.stop_reason)) == (answer, "complete")
    assert [trail(request.node) for request in roles["teacher"].requests()] == rewritten
    assert [n.replaces for n in find(run.tree, "b/t=5")] == [find(run.tree, "b/y=3")[0].id for _ in rewritten]


@pytest.mark.parametrize(("text", "score"), [("a", 0.9), (" ", 0.9), ("b", float("nan"))])
def test_a_failed_step_is_rescued_by_the_teacher(text, score):
    roles = {
        "reasoner": steps({"": ["a"], "a": [text]}),
        "teacher": steps({"a": ["mended=1"]}),
        "scorer": scores({"a": 0.9, f"a/{text}": score, "a/mended=1": 0.0}),
    }
    chain = Beam(1, 1, repeats=2)  # the second "a" is a loop
    assert choose(solve_one(roles, chain).tree).answer is None
    tree = solve_one(roles, chain, Rewrite(stages=TEACHER)).tree
    failed, mended = tree.nodes[2:]
    assert (choose(tree).node, mended.replaces, failed.status) == (mended, failed.id, "rejected")


def test_a_rescued_step_still_says_why_it_failed():
    roles = {"reasoner": steps({"": [""]}), "teacher": steps({"": ["mended=1"]}), "scorer": scores({})}
    tree = solve_one(roles, CHAIN, Rewrite(stages=TEACHER)).tree
    assert "empty step" in tree.nodes[1].reason


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("threshold", -0.1, "at least 0"),
        ("threshold", float("nan"), "at least 0"),
        ("stages", ("hint", "oracle"), "hint, correct, resample, teacher"),
        ("stages", "teacher", "hint, correct, resample, teacher"),
        ("accept", "never", "better, always"),
        ("when", "during", "before, after"),
        ("limit", -1, "at least 0"),
        ("trigger", "mood", "score, drop, confidence"),
        ("per", "tree", "parent, step"),
    ],
)
def test_a_rule_outside_its_range_is_refused_with_what_is_accepted(name, value, accepted):
    with pytest.raises(UsageError, match=f"{name}.*{accepted}"):
        Rewrite(**{name: value})


def test_resampling_writes_again_under_the_same_hint():
    roles = escalation({"retry=2": 0.9})
    tree = solve_one(roles, CHAIN, Rewrite(stages=("resample",))).tree
    assert len(roles["hinter"].requests()) == 1
    assert [(n.step.answer, n.hint, n.status) for n in tree.root.children] == [
        ("1", Hint("look"), "rejected"),
        ("2", Hint("look"), "terminal"),
    ]


def test_a_rewrite_that_equals_a_pruned_sibling_takes_it_up_again():
    roles = {
        "reasoner": steps({"": ["a=1", "b=2"]}),
        "teacher": steps({"": ["b=2"]}),
        "scorer": scores({"a=1": 0.4, "b=2": 0.3}),
    }
    tree = solve_one(roles, Beam(1, 2), Rewrite(0.5, stages=TEACHER, accept="always")).tree
    assert [(n.step.answer, n.status) for n in tree.root.children] == [
        ("1", "rejected"),
        ("2", "terminal"),
        ("2", "pruned"),
    ]
    assert choose(tree).answer == "2"


@pytest.mark.parametrize(
    "held", [Hint("(2) Gina.", HintKind.PLAN), Hint("work backwards.", HintKind.STRATEGY)], ids=["plan", "strategy"]
)
def test_what_holds_for_all_steps_stays_when_the_first_is_rewritten(held):
    roles = escalation({"retry=2": 0.1, "taught=3": 0.9}) | {"hinter": Scripted(lambda request: HintOutput(held, 2))}
    tree = solve_one(roles, CHAIN, Rewrite(0.5, stages=("resample", "teacher"))).tree
    assert [(node.author, node.hint) for node in tree.root.children] == [
        ("reasoner", held),
        ("reasoner", held),
        ("teacher", held),
    ]
    children = solve_one(roles, CHAIN, Rewrite(0.5, stages=("hint",))).tree.root.children
    assert len(children) == (2 if held.kind is HintKind.PLAN else 1)  # a new plan, but no hint in a strategy's place
