"""Mutual consistency and verdicts: the formulas on small cases, and what they ask models for."""

import pytest

from hintree.errors import ContextError, UsageError
from hintree.export.rows import prm_rows
from hintree.search import Beam, Handler, Problem, Selection, Tree, from_dict, run_searches, select, to_dict
from hintree.search.agreement import agreed_weights, agreements, complete_solutions, cut_shares, filtered_weights
from hintree.search.answering import grow_and_ask
from hintree.search.core.actions import Yield, kind_of
from hintree.search.selection import NEEDS, finished_solutions
from tests.support.scripted import Scripted, scores, steps, written


def test_cuts_keep_between_a_fifth_and_a_half_of_the_words():
    assert cut_shares(4) == [0.2, 0.3, 0.4, 0.5]
    assert (cut_shares(1), cut_shares(2), cut_shares(3)) == ([0.2], [0.2, 0.5], [0.2, 0.35, 0.5])


CLASSES = {1: 0, 2: 0, 3: 0, 4: 1, 5: 1}
ONES = dict.fromkeys(CLASSES, 1.0)


def test_an_answer_weighs_the_sum_of_reward_times_agreement():
    shares = {1: 0.0, 2: 0.25, 3: 0.25, 4: 0.75, 5: 1.0}
    assert agreed_weights(CLASSES, ONES, shares) == {0: 0.5, 1: 1.75}
    assert agreed_weights(CLASSES, ONES | {5: 0.5, 3: 2.0}, shares) == {0: 0.75, 1: 1.25}
    for unknown in ({}, dict.fromkeys(CLASSES, 0.0)):
        assert agreed_weights(CLASSES, ONES | {5: 0.5}, unknown) == {0: 3.0, 1: 1.5}


def test_rstars_filter_adds_mean_reward_of_the_kept_and_the_share_that_was_kept():
    rewards, times = {1: 0.9, 2: 0.8, 3: 0.7, 4: 1.0, 5: 0.3}, {1: 1, 2: 1, 3: 1, 4: 2, 5: 1}
    shares = {1: 0.5, 2: 0.25, 3: 0.0, 4: 0.75, 5: 0.5}
    found = filtered_weights(CLASSES, rewards, shares, times)
    assert found == pytest.approx({0: 0.9 / 4 + 1 / 3, 1: 1.3 / 4 + 3 / 3})
    one = filtered_weights(CLASSES, rewards, {2: 1.0}, times)
    assert one == pytest.approx({0: 0.8 + 1 / 3})
    none = filtered_weights(CLASSES, rewards, {1: 0.25}, times)
    assert none == pytest.approx({0: 2.4, 1: 1.3})


LINES = {"": ["a", "b", "c"], "a": ["x=1"] * 3, "b": ["y=2"] * 3, "c": ["z=2"] * 3}
SCORES = scores({}, 0.5)


def grown(selection, roles):
    """Return the run of three solutions, of which two state 2, and of what the selection asks."""
    tree = Tree(Problem("question", "p0"))
    named = {role: Handler(who, 10) for role, who in roles.items()}
    [run] = run_searches([(tree, grow_and_ask(Beam(3, 3, depth=2), tree, None, selection))], named)
    return run


def completions(answers):
    """Complete a solution with the answers, by the text of its last step and the number of the cut."""
    return Scripted(lambda request: written(f"rest={answers[request.node.step.text][request.index]}"))


AGREEING = {"x=1": "1112", "y=2": "1331", "z=2": "2113"}


def test_the_verifier_completes_every_solution_from_every_cut_in_one_round():
    verifier = completions(AGREEING)
    run = grown(Selection("mutual"), {"reasoner": steps(LINES), "scorer": SCORES, "verifier": verifier})
    assert [len(batch) for batch in verifier.batches] == [12]
    assert [r.cut for r in verifier.requests()] == [0.2, 0.3, 0.4, 0.5] * 3
    finished = finished_solutions(run.tree)
    assert agreements(finished) == dict(zip((n.id for n in finished), (0.75, 0.0, 0.25), strict=True))
    choice = select(run.tree, Selection("mutual"))
    assert (choice.answer, choice.confidence) == ("1", 0.75)
    filtered = select(run.tree, Selection("mutual", agreement="filter"))
    assert (filtered.answer, filtered.confidence) == ("1", 1.0)
    assert select(run.tree, Selection("majority")).answer == "2"
    assert len(list(prm_rows(run.tree, choice.node))) == 3
    again = from_dict(to_dict(run.tree))
    assert select(again, Selection("mutual")).answer == "1" and to_dict(again) == to_dict(run.tree)
    account = run.ledger["verifier"]
    assert account.calls == 12 and run.ledger.actions["complete"] == account
    assert account.generated_tokens == sum(n.step.tokens for n in run.tree if kind_of(n) is Yield.COMPLETION)


def test_equal_solutions_are_completed_once_and_share_the_result():
    tree = Tree(Problem("q"))
    for text in ("x=1", "x=1", "y=2"):
        tree.add(tree.root, written(text), "reasoner")

    who = completions({"x=1": "1", "y=2": "1"})
    finished = finished_solutions(tree)
    list(run_searches([(tree, complete_solutions(tree, finished, 1))], {"verifier": Handler(who)}))
    assert len(who.requests()) == 2 and list(agreements(finished).values()) == [1.0, 1.0, 0.0]
    assert select(tree, Selection("mutual")).confidence == 1.0


@pytest.mark.parametrize("selection", [Selection("mutual"), Selection("verdict")], ids=["mutual", "verdict"])
def test_nothing_is_asked_where_it_cannot_change_the_answer_and_votes_stand_where_nobody_answers(selection):
    asked = Scripted(lambda request: written("rest=1"))
    same = LINES | {"a": ["x=2"] * 3}
    run = grown(selection, {"reasoner": steps(same), "scorer": SCORES, "verifier": asked, "teacher": asked})
    assert not asked.requests() and select(run.tree, selection).answer == "2"
    absent = grown(selection, {"reasoner": steps(LINES), "scorer": SCORES})
    full = Scripted(lambda request: ContextError("too long"))
    lost = grown(selection, {"reasoner": steps(LINES), "scorer": SCORES, "verifier": full, "teacher": full})
    for run in (absent, lost):
        assert str(run.stop_reason) == "complete" and select(run.tree, selection).answer == "2"
        assert len(run.tree.terminals()) == 3
    assert full.requests()


def test_the_teacher_reads_the_best_solution_of_each_frequent_answer_and_its_own_one_is_the_answer():
    teacher = Scripted(lambda request: written("v=3"))
    roles = {"reasoner": steps(LINES), "scorer": scores({"c/z=2": 0.9}, 0.5), "teacher": teacher}
    run = grown(Selection("verdict"), roles)
    [request] = teacher.requests()
    assert [last.step.text for last in request.candidates] == ["z=2", "x=1"]
    choice = select(run.tree, Selection("verdict"))
    assert (choice.answer, choice.node.author, choice.node.parent) == ("3", "teacher", run.tree.root)
    assert run.ledger["teacher"].calls == 1 == run.ledger.actions["verdict"].calls
    assert select(run.tree, Selection("majority")).answer == "2"


def test_settings_of_selections_are_checked_and_recorded_only_where_they_are_new():
    for name, value in (("agreement", "x"), ("cuts", 0), ("candidates", 1), ("cuts", True)):
        with pytest.raises(UsageError, match=f"{name}={value!r}"):
            Selection("mutual", **{name: value})
    assert Selection("mutual").recorded() == {"choice": "mutual", "aggregate": "last"}
    assert Selection(cuts=5).recorded() == {"choice": "best", "aggregate": "last", "cuts": 5}
    assert {role for roles in NEEDS.values() for role in roles} == {"verifier", "teacher"}
