"""Positions of requests: their integer encoding is the one that seeds and recordings have always had."""

import pytest

from hintree.search import DVTS, BestOfN, Lorid, Position, Problem, Rewrite, StepRequest, Tree
from hintree.search.core.position import FIRST_DRAFT, FIRST_TOKEN
from hintree.search.core.seeds import seed_of
from tests.support.scripted import random_roles, solve_one

ENCODED = {
    "first draft": (FIRST_DRAFT, 0),
    "sibling": (Position(7), 7),
    "subtree 2 of a DVTS with 4 siblings": (Position(3, 2, 4), 11),
    "second solution of LoRID's round 3": (Position(1, 3, 2), 7),
    "rewrite by the first stage": (Position(2).rewritten(0), 1002),
    "rewrite by the second stage": (Position(2).rewritten(1), 2002),
    "rewrite of a rewrite": (Position(2).rewritten(0).rewritten(1), 3002),
    "rewrite in a subtree": (Position(1, 2, 4).rewritten(0), 1009),
    "probe of the first token": (FIRST_TOKEN, -1),
}


@pytest.mark.parametrize(("position", "index"), ENCODED.values(), ids=ENCODED.keys())
def test_a_position_has_the_index_that_it_had_as_a_number(position, index):
    assert position.index == index
    request = StepRequest(tree := Tree(Problem("question"), 5), tree.root, position, "teacher")
    assert request.seed == seed_of(tree.root.key, "teacher", index)


def test_every_index_is_read_as_a_position_with_that_index():
    for index in [*range(-1, 5000), 10**6, 2**63 - 1]:
        assert Position.from_index(index).index == index
    assert Position.from_index(-1) == FIRST_TOKEN
    assert Position.from_index(3002) == Position(2).rewritten(0).rewritten(1)


def test_only_the_first_draft_at_a_node_is_first():
    assert FIRST_DRAFT.first
    others = [Position(1), Position(0, 1, 4), FIRST_DRAFT.rewritten(0), FIRST_TOKEN]
    assert [position.first for position in others] == [False] * 4


def test_searches_say_by_groups_and_stages_what_they_mean():
    tree = solve_one(random_roles(odd=False), DVTS(2, 3, depth=4)).tree
    assert {node.position.group for node in tree.root.children} == {0, 1}
    assert {node.position.sibling for node in tree.root.children} == {0, 1, 2}
    tree = solve_one(random_roles(odd=False), Lorid(3)).tree
    rounds = {node.position.group for node in tree.root.children}
    assert rounds == set(range(len(rounds))) and {node.position.group_size for node in tree.root.children} == {2}
    tree = solve_one(random_roles(odd=False), BestOfN(5, depth=4), Rewrite.always(stages=("resample", "teacher"))).tree
    stages = {node.position.stages for node in tree.nodes[1:]}
    assert stages == {(), (0,), (0, 1)}
    assert all((node.replaces is not None) == bool(node.position.stages) for node in tree)
