"""Corrections: a step or a whole solution is criticised and written again; every version stays with its score."""

import json

import pytest

from hintree.errors import ContextError, UsageError
from hintree.experiments.report.extract import compare
from hintree.search import (
    Beam,
    BestOfN,
    Critique,
    Fault,
    Rejection,
    Response,
    Revise,
    Rewrite,
    Usage,
    choose,
    from_dict,
    to_dict,
)
from hintree.search.actions import CORRECT, CRITIQUE, REVISE, find_actions
from hintree.search.core.actions import Yield
from hintree.solver.recorded_values import pack_response, unpack_response
from tests.support.scripted import Scripted, hints, random_roles, random_step, scores, solve, solve_one, trail, written

CHAIN = Beam(1, 1)
STAGES = ("hint", "correct", "teacher")


def writer(drafts, mended, critique="the sum is wrong"):
    """Write drafts and corrections from {path: text}, and one critique of everything."""

    def reply(request):
        kind = Yield.STEP if request.action is None else request.action.yields
        if kind is Yield.CRITIQUE:
            return written(critique, tokens=5)._replace(ended="delimiter", answer=None)
        return written((mended if kind is Yield.CORRECTION else drafts)[trail(request.node)])

    return Scripted(reply)


def roles_of(by_place, critique="the sum is wrong"):
    return {
        "reasoner": writer({"": "draft=1"}, {"": "mended=2"}, critique),
        "hinter": hints("look"),
        "teacher": Scripted(lambda request: written("taught=3")),
        "scorer": scores({"draft=1": 0.2, **by_place}),
    }


def finds_nothing(roles):
    """Return the roles with a reasoner whose critiques say that nothing is wrong."""
    reply = roles["reasoner"].reply

    def satisfied(request):
        done = reply(request)
        return done._replace(ended="end") if request.action is not None and request.action is not CORRECT else done

    return {**roles, "reasoner": Scripted(satisfied)}


def test_a_low_step_is_criticised_and_written_again_before_the_teacher_is_asked():
    roles = roles_of({"mended=2": 0.9})
    run = solve_one(roles, CHAIN, Rewrite(stages=STAGES))
    draft, retry, mended = run.tree.root.children
    assert [node.step.text for node in (draft, retry, mended)] == ["draft=1", "draft=1", "mended=2"]
    assert (mended.replaces, mended.score, draft.score) == (draft.id, 0.9, 0.2), "both keep their scores"
    assert (mended.critique, mended.action, draft.critique) == (Critique("the sum is wrong", 5), CORRECT, None)
    assert (draft.status, draft.replaced_by, choose(run.tree).answer) == ("rejected", mended.id, "2")
    asked, written_again = roles["reasoner"].requests()[2:]
    assert (asked.node, asked.revises, asked.action) == (draft, draft, CRITIQUE)
    assert (written_again.node, written_again.revises) == (run.tree.root, draft)
    assert written_again.critique == mended.critique and not roles["teacher"].requests()
    accounts = {name: (one.calls, one.generated_tokens) for name, one in run.ledger.actions.items()}
    assert accounts == {"critique": (1, 5), "correct": (1, 3)}
    assert run.ledger["reasoner"].generated_tokens == 3 + 3 + 5 + 3
    assert [compare(draft, node, {}).author for node in (retry, mended)] == ["reasoner", "correct"], "in reports"


def test_an_informed_hinter_is_told_which_step_is_low():
    for informed in (False, True):
        roles = roles_of({})
        tree = solve_one(roles, CHAIN, Rewrite(stages=("hint",), informed=informed)).tree
        first, second = roles["hinter"].requests()
        assert (first.revises, second.revises) == (None, tree.nodes[1] if informed else None)


@pytest.mark.parametrize(
    ("accept", "score", "answer"), [("better", 0.1, "1"), ("always", 0.1, "2"), ("better", 0.3, "2")]
)
def test_a_correction_is_kept_if_better_or_always(accept, score, answer):
    rule = Rewrite(stages=("correct",), accept=accept)
    assert choose(solve_one(roles_of({"mended=2": score}), CHAIN, rule).tree).answer == answer


def test_the_teacher_writes_a_plain_step_where_the_correction_is_low_too():
    roles = roles_of({"mended=2": 0.3, "taught=3": 0.8})
    tree = solve_one(roles, CHAIN, Rewrite(stages=("correct", "teacher"))).tree
    draft, mended, taught = tree.root.children
    assert (mended.replaces, taught.replaces, taught.action, taught.critique) == (draft.id, mended.id, None, None)
    [request] = roles["teacher"].requests()
    assert (request.action, request.revises) == (None, None)


def test_an_empty_critique_fails_the_correction_and_the_search_goes_on():
    roles = roles_of({"taught=3": 0.8}, critique="")
    tree = solve_one(roles, CHAIN, Rewrite(stages=("correct", "teacher"))).tree
    draft, nothing, taught = tree.root.children
    assert (nothing.rejected_because, nothing.critique) == (Rejection.EMPTY_STEP, Critique("", 5))
    assert (taught.replaces, taught.status, draft.status) == (draft.id, "terminal", "rejected")


@pytest.mark.parametrize(
    ("search", "rule"), [(CHAIN, Rewrite(stages=("correct",), accept="always")), (Revise(accept="always"), None)]
)
def test_a_critique_that_finds_nothing_keeps_the_version_and_nothing_more_is_written(search, rule):
    run = solve_one(finds_nothing(roles_of({})), search, rule)
    draft, unwritten = run.tree.root.children
    assert (draft.status, choose(run.tree).answer, len(run.tree)) == ("terminal", "1", 3)
    assert (unwritten.status, unwritten.rejected_because) == ("rejected", Rejection.NOTHING_WRONG)
    assert (unwritten.replaces, unwritten.critique, unwritten.step.text) == (
        draft.id,
        Critique("the sum is wrong", 5),
        "",
    )
    [(name, account)] = run.ledger.actions.items()
    assert (name in ("critique", "review"), account.calls, account.generated_tokens) == (True, 1, 5)
    assert run.ledger["reasoner"].generated_tokens == 3 + 5
    assert to_dict(from_dict(json.loads(json.dumps(to_dict(run.tree))))) == to_dict(run.tree)


def test_the_teacher_still_writes_a_low_step_in_which_its_author_finds_nothing_wrong():
    tree = solve_one(finds_nothing(roles_of({"taught=3": 0.8})), CHAIN, Rewrite(stages=("correct", "teacher"))).tree
    draft, _, taught = tree.root.children
    assert (taught.author, taught.replaces, draft.status) == ("teacher", draft.id, "rejected")


@pytest.mark.parametrize("kind", [Yield.CRITIQUE, Yield.CORRECTION])
def test_a_critique_or_a_correction_that_does_not_fit_leaves_the_draft_as_it_is(kind):
    for search, rule in ((CHAIN, Rewrite(stages=("correct",))), (Revise(), None)):
        roles = roles_of({})
        plain = roles["reasoner"].reply

        def reply(request, plain=plain):
            full = request.action is not None and request.action.yields is kind
            return ContextError("too long") if full else plain(request)

        roles["reasoner"].reply = reply
        run = solve_one(roles, search, rule)
        assert (str(run.stop_reason), choose(run.tree).answer, len(run.tree)) == ("complete", "1", 2)


def test_what_is_no_complete_step_of_a_solution_is_left_to_other_stages():
    for first, second in (("", ""), ("half~", "rest")):
        roles = {
            "reasoner": writer({"": first, "half~": second}, {"": "mended", "half~": "no"}),
            "scorer": scores({}, 0.1),
        }
        solve_one(roles, Beam(1, 1, depth=2), Rewrite(stages=("correct",)))
        about = [request.revises.step.text for request in roles["reasoner"].requests() if request.action is CRITIQUE]
        assert about == (["half~"] if first else [])


def test_a_correction_that_says_the_same_is_merged_with_the_draft():
    roles = {"reasoner": writer({"": "draft=1"}, {"": "draft=1"}), "scorer": scores({}, 0.1)}
    draft, again = solve_one(roles, CHAIN, Rewrite(stages=("correct",), accept="always")).tree.root.children
    assert (draft.status, again.duplicate_of, again.critique.text) == ("terminal", draft.id, "the sum is wrong")


def test_corrections_are_siblings_that_replace_in_any_batch_and_cost_what_the_models_count():
    rule, found = Rewrite(0.7, stages=("correct", "teacher"), per="step"), 0
    for search, chosen in ((Beam(2, 3, depth=5), rule), (BestOfN(3, depth=5), rule), (Revise(rounds=2, depth=5), None)):
        roles = random_roles()
        runs = solve(roles, search, chosen, count=5, seed=3)
        again = solve(random_roles(), search, chosen, count=5, seed=3, live=1, order=-1)
        for name, run in runs.items():
            data = to_dict(run.tree)
            assert data == to_dict(again[name].tree) == to_dict(from_dict(json.loads(json.dumps(data))))
            corrected = [node for node in run.tree if node.critique is not None]
            assert all(run.tree.nodes[node.replaces].parent is node.parent for node in corrected)
            assert all(node.action in (CORRECT, REVISE) for node in corrected) and data["version"] in (4, 5)
            found += len(corrected)
        for role in ("reasoner", "teacher", "scorer"):
            counted = sum(run.ledger[role].generated_tokens for run in runs.values())
            assert counted == roles[role].usage().generated_tokens
    assert found > 12


def revising(values, **settings):
    """Return the versions of a solution in two steps whose ends score ``values`` in turn, the answer, and the roles."""

    def reply(request):
        kind = Yield.STEP if request.action is None else request.action.yields
        if kind is Yield.CRITIQUE:
            return written("see step 1")._replace(ended="delimiter")
        version = request.node.path()[0].index if request.node.parent else request.index
        return written(f"v{version}" if request.node.parent is None else f"end={version}")

    marks = {f"v{i}/end={i}": value for i, value in enumerate(values)}
    roles = {"reasoner": Scripted(reply), "scorer": scores(marks, 0.95)}
    tree = solve_one(roles, Revise(**settings)).tree
    return tree, choose(tree).answer, roles["reasoner"].requests()


@pytest.mark.parametrize(
    ("values", "settings", "versions", "answer"),
    [
        ((0.2, 0.5, 0.6, 0.7), {"rounds": 3}, 4, "3"),
        ((0.2, 0.5, 0.6, 0.7), {"rounds": 1}, 2, "1"),
        ((0.2, 0.5, 0.55, 0.7), {"rounds": 3, "gain": 0.1}, 3, "2"),
        ((0.6, 0.5, 0.9), {"rounds": 3}, 2, "0"),
        ((0.6, 0.5, 0.9), {"rounds": 3, "accept": "always"}, 2, "1"),
        ((0.4, 0.8, 0.9), {"rounds": 3, "threshold": 0.5}, 2, "1"),
        ((0.6,), {"rounds": 3, "threshold": 0.5}, 1, "0"),
        ((0.1,), {"rounds": 0}, 1, "0"),
    ],
)
def test_solutions_are_revised_until_one_gains_too_little(values, settings, versions, answer):
    tree, chosen, requests = revising(values, **settings)
    firsts = tree.root.children
    assert (len(firsts), chosen, len(tree.terminals())) == (versions, answer, 1)
    assert all(first.children[0].score == value for first, value in zip(firsts, values, strict=False))
    for first in firsts[1:]:
        assert (first.action, first.critique.text) == (REVISE, "see step 1")
        assert first.children[0].critique is None, "the critique is a fact of the version's first step"
        assert tree.nodes[first.replaces].parent is tree.root
    again = [request for request in requests if request.action is REVISE]
    assert len(again) == 2 * (versions - 1)
    assert all(request.critique.text == "see step 1" and request.revises.finished for request in again)


def test_a_revision_that_fails_never_replaces_a_solution():
    def reply(request):
        corrected = request.action is not None and request.action.yields is Yield.CORRECTION
        return written("" if corrected else "x=1" if request.action is None else "wrong")

    tree = solve_one({"reasoner": Scripted(reply)}, Revise(accept="always")).tree
    assert (choose(tree).answer, [node.status for node in tree.nodes[1:]]) == ("1", ["terminal", "failed"])


def test_what_a_scorer_suspects_is_kept_in_trees_and_recordings():
    def score(requests):
        return [Response(0.1, Usage(1), fault=Fault.ARITHMETIC) for _ in requests]

    roles = {"reasoner": Scripted(random_step), "scorer": score}
    tree = solve_one(roles, CHAIN).tree
    assert tree.nodes[1].fault is Fault.ARITHMETIC
    data = to_dict(tree)
    assert (data["version"], data["nodes"][1]["fault"]) == (5, "arithmetic")
    assert from_dict(data).nodes[1].fault is Fault.ARITHMETIC
    for damage in ({"fault": "mood"}, {"fault": 3}, {"critique": "a"}, {"critique": "a", "critique_tokens": -1}):
        broken = json.loads(json.dumps(data))
        broken["nodes"][1] |= damage
        broken["nodes"][1] |= {"action": "correct", "yields": "correction"}
        with pytest.raises(UsageError, match="not a hintree tree"):
            from_dict(broken)
    for one in (
        Response(0.1, Usage(1), 0.5, Fault.FORM),
        Response(0.1, Usage(1), None, Fault.FORM),
        Response(0.1, Usage(1)),
    ):
        assert unpack_response(None, json.loads(json.dumps(pack_response(one)))) == one
    with pytest.raises(ValueError, match="Fault"):
        unpack_response(None, [0.1, 1, 0, 0, 0, None, "mood"])


def test_corrections_are_no_way_to_grow_a_node():
    for action in (CORRECT, REVISE, CRITIQUE):
        with pytest.raises(UsageError, match="stages=hint\\+correct\\+teacher"):
            find_actions([action])
