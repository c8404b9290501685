"""SMART and RSD on scripted handlers."""

from collections import Counter
from dataclasses import replace

from hintree.policies import Sampling
from hintree.presets.escalation import ESCALATION
from hintree.search import Beam, Rejection, Smart, choose
from tests.support.scripted import (
    Scripted,
    random_roles,
    scores,
    solve,
    solve_one,
    steps,
    trail,
    trees,
    written,
)

RSD = ESCALATION["rsd"].rewrite
SMART = ESCALATION["smart"].rewrite
SMART_LINES = {
    "": ["a", "b", "c", "d"],
    **{x: ["e=1", "f"] for x in "abcd"},
    **{f"{x}/f": ["g=2", "h=3"] for x in "abcd"},
    **{x.upper(): ["e=4", "f=5"] for x in "abcd"},
}
SMART_SCORES = {"a": 0.95, "b": 0.8, "c": 0.7, "d": 0.6, "B": 0.1}


def smart_roles():
    return {
        "reasoner": steps(SMART_LINES),
        "teacher": Scripted(
            lambda request: written(request.tree.nodes[1 + request.position.sibling].step.text.upper())
        ),
        "scorer": scores(SMART_SCORES, 0.92),
    }


def test_smart_with_one_beam_is_rsd():
    for odd in (True, False):
        ours = solve(random_roles(odd=odd), Smart(1, 1, depth=6), RSD, count=40)
        assert trees(ours) == trees(solve(random_roles(odd=odd), Beam(1, 1, depth=6), RSD, count=40))


def test_smart_prunes_before_it_calls_the_teacher_and_keeps_a_worse_step():
    roles = smart_roles()
    tree = solve_one(roles, Smart(4, 2), SMART).tree
    first = [(n.step.text, n.status, n.replaces) for n in tree.root.children]
    assert first == [
        ("a", "open", None),
        ("b", "rejected", None),
        ("c", "pruned", None),
        ("d", "pruned", None),
        ("B", "open", 2),
    ]
    assert len(roles["teacher"].requests()) == 1
    assert [len(node.children) for node in tree.root.children] == [2, 0, 0, 0, 2]


def test_smarts_switches():
    def rewritten(search=Smart(4, 2), **switches):  # noqa: B008
        roles = smart_roles()
        tree = solve_one(roles, search, replace(SMART, **switches)).tree
        return [trail(tree.nodes[node.replaces]) for node in tree if node.replaces is not None], tree

    assert rewritten(when="before")[0] == ["b", "c", "d"]
    assert rewritten(search=Smart(4, 1))[0] == ["b", "c", "d"]
    better = rewritten(accept="better")[1]
    assert [n.status for n in better.root.children] == ["open", "open", "pruned", "pruned", "rejected"]
    ends = {"scorer": scores({"a": 0.95}, 0.5)}
    for final in (False, True):
        roles = smart_roles() | ends | {"teacher": Scripted(lambda request: written("t=9"))}
        tree = solve_one(roles, Smart(1, 1), replace(SMART, final=final)).tree
        assert [n.author for n in choose(tree).node.path()] == ["reasoner", "teacher" if final else "reasoner"]


def test_smart_stops_when_n_beams_have_ended_equal_ones_counted():
    roles = {"reasoner": Scripted(lambda request: written("x=1" if request.index < 3 else f"go {request.node.depth}"))}
    roles["scorer"] = scores({})
    tree = solve_one(roles, Smart(4, 4, depth=9)).tree
    assert [len(batch) for batch in roles["reasoner"].batches] == [4, 4]
    assert Counter(node.status for node in tree.nodes[1:]) == {"terminal": 2, "pruned": 5, "open": 1}
    assert Counter(node.rejected_because for node in tree.nodes[1:])[Rejection.SEARCH_ENDED] == 1


def test_smart_calls_the_teacher_once_for_equal_drafts():
    roles = smart_roles() | {"reasoner": Scripted(lambda request: written("b" if request.node.depth == 0 else "end=1"))}
    rule = replace(SMART, when="before", final=True)
    tree = solve_one(roles, Smart(4, 2), rule).tree
    assert [request.node.depth for request in roles["teacher"].requests()].count(0) == 1
    assert len({node.key for node in tree}) == len(tree)
    assert Counter(node.status for node in tree.root.children) == {"rejected": 1, "pruned": 3, "open": 1}


def test_beams_are_refilled_in_turn():
    roles = {
        "reasoner": Scripted(lambda request: written(f"{request.node.depth}{request.index}{request.node.id}")),
        "scorer": scores({}),
    }
    tree = solve_one(roles, Smart(7, 2, depth=2)).tree
    assert [len(node.children) for node in tree.root.children] == [3, 2, 2, 0, 0, 0, 0]


def test_sampling_of_smart_is_the_published_one():
    assert ESCALATION["smart"].sampling == Sampling(0.8, top_p=1.0, greedy_first=False)
