"""Trees as JSON and as graphs: nothing is lost, and whatever is not a tree is refused."""

import copy
import json
import operator

import networkx as nx
import pytest

from hintree.errors import UsageError
from hintree.search import (
    Beam,
    PathLimits,
    Problem,
    Rejection,
    Rewrite,
    Tree,
    choose,
    from_dict,
    from_networkx,
    to_dict,
    to_networkx,
)
from hintree.search.core.serialization import NUMBERS
from tests.support.scripted import random_roles, solve, solve_one, written

TREES = [run.tree for run in solve(random_roles(), Beam(2, 3, depth=5), Rewrite(threshold=0.6), count=20).values()]
SMALL = to_dict(
    solve_one(random_roles(), Beam(1, 2, depth=3), Rewrite(threshold=0.6, stages=("teacher",)), seed=7).tree
)
DEFAULTS = {("problem", "id"): "", ("step", "answer"): None, ("step", "log_probability"): None}


@pytest.fixture(scope="module")
def chain():
    tree = Tree(Problem("how deep?"))
    tree.limits = PathLimits(path_tokens=10**9)
    node = tree.root
    for i in range(10_000):
        node = tree.add(node, written(f"step {i}" if i < 9_999 else "end=7"), "reasoner")
        tree.record_score(node, 0.5)
    return tree


def places(data, path=()):
    """The path to every key of the data, all nodes included."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


PLACES = list(places(SMALL))


def damaged(path, change):
    """A copy of the small tree, with ``change(container, key)`` made at the path."""
    data = copy.deepcopy(SMALL)
    inside = data
    for key in path[:-1]:
        inside = inside[key]
    change(inside, path[-1])
    return data


def shape(tree):
    """Return the ids of every node's children, which ``to_dict`` does not write."""
    return [[child.id for child in node.children] for node in tree]


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.problem.id)
def test_trees_come_back_from_plain_data_json_and_graphs(tree):
    data = to_dict(tree)
    graph = to_networkx(tree)
    for back in (from_dict(data), from_dict(json.loads(json.dumps(data))), from_networkx(graph)):
        assert to_dict(back) == data
        assert json.dumps(to_dict(back)) == json.dumps(data)
        assert shape(back) == shape(tree)
        assert (back.root, back.problem) == (back.nodes[0], tree.problem)
        assert choose(back).confidence == choose(tree).confidence
        assert choose(back).node.id == choose(tree).node.id


def test_the_exported_trees_hold_every_kind_of_node():
    assert {n.status for tree in TREES for n in tree} == {"open", "terminal", "pruned", "rejected", "failed"}
    assert {n.author for tree in TREES for n in tree} == {"", "reasoner", "teacher"}
    assert {n.step.ended for tree in TREES for n in tree} == {"delimiter", "end", "length"}


def test_a_graph_survives_networkxs_own_json():
    written_down = json.dumps(nx.node_link_data(to_networkx(TREES[0]), edges="edges"))
    graph = nx.node_link_graph(json.loads(written_down), edges="edges")
    assert to_dict(from_networkx(graph)) == to_dict(TREES[0])


def test_the_graph_is_a_tree_from_parents_to_children():
    for tree in TREES:
        graph = to_networkx(tree)
        assert nx.is_arborescence(graph)
        assert set(graph.edges) == {(n.parent.id, n.id) for n in tree if n.parent is not None}
        assert graph.nodes[1]["step"]["text"] == tree.nodes[1].step.text
        assert graph.graph["problem"] == {"id": tree.problem.id, "question": tree.problem.question}


def test_a_tree_that_was_read_can_be_grown_on():
    tree = from_dict(SMALL)
    node = tree.add(tree.nodes[1], written("more=1"), "teacher", replaces=tree.nodes[-1])
    assert (node.id, node.depth, tree.nodes[1].children[-1]) == (len(SMALL["nodes"]), 2, node)
    again = [tree.add(node, written(tree.nodes[1].step.text), "teacher") for _ in range(2)]
    assert [n.status for n in again] == ["open", "open"], "a step that is said again is no loop"
    twice = tree.add(again[0], written(tree.nodes[1].step.text), "teacher")
    thrice = tree.add(twice, written(tree.nodes[1].step.text), "teacher")
    assert (twice.status, thrice.status, thrice.rejected_because) == ("open", "failed", Rejection.LOOP)


def test_version_1_had_no_index_and_is_still_read():
    old = json.loads(json.dumps(SMALL))
    old["version"] = 1
    for row in old["nodes"]:
        del row["index"]
    tree = from_dict(old)
    assert [node.step for node in tree] == [node.step for node in from_dict(SMALL)]
    assert {node.index for node in tree} == {0}


def test_places_and_counts_are_restored():
    tree, again = TREES[0], from_dict(to_dict(TREES[0]))
    assert [node.key for node in again] == [node.key for node in tree]
    assert [node.children_requested for node in again] == [node.children_requested for node in tree]


@pytest.mark.parametrize("version", [6, 0, 10**30, 1.5, float("inf"), True])
def test_a_newer_version_is_refused(version):
    with pytest.raises(UsageError, match="version 5 or older"):
        from_dict(SMALL | {"version": version})


@pytest.mark.parametrize("data", [None, [], {}, "tree", 7, {"format": "other", "version": 1}])
def test_other_data_is_refused(data):
    with pytest.raises(UsageError, match="not a hintree tree"):
        from_dict(data)


@pytest.mark.parametrize(
    "graph",
    [nx.DiGraph(), nx.path_graph(3, nx.DiGraph), nx.DiGraph([("a", 1)]), to_networkx(TREES[0]).subgraph([1, 2])],
    ids=["empty", "plain", "mixed names", "part"],
)
def test_other_graphs_are_refused(graph):
    with pytest.raises(UsageError):
        from_networkx(graph)


@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_a_missing_part_is_refused(path):
    data = damaged(path, operator.delitem)
    if path[-2:] in DEFAULTS:
        assert to_dict(from_dict(data)) == damaged(path, lambda inside, key: inside.update({key: DEFAULTS[path[-2:]]}))
    elif path == ("nodes", len(SMALL["nodes"]) - 1):
        assert to_dict(from_dict(data)) == data
    else:
        with pytest.raises(UsageError):
            from_dict(data)


@pytest.mark.parametrize("value", [None, -1, 0, 3, 10**6, 1.5, float("inf"), True, "", "open", [], [0], {}, {"id": 1}])
def test_a_changed_part_is_refused_or_read_as_written(value):
    for path in PLACES:
        data = damaged(path, lambda inside, key: operator.setitem(inside, key, value))
        try:
            tree = from_dict(data)
        except UsageError:
            continue
        if path[-1] in NUMBERS and value == float("inf"):
            data = damaged(path, lambda inside, key: operator.setitem(inside, key, "Infinity"))
        assert to_dict(tree) | {"version": 0} == data | {"version": 0}, path


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        ((), "parent", -1),
        ((), "parent", 2),
        ((), "score", "high"),
        ((), "score", 1.5),
        ((), "author", "nobody"),
        ((), "status", "lost"),
        (("step",), "text", None),
    ],
)
def test_a_node_that_no_search_could_have_made_is_refused(place, name, value):
    data = damaged(("nodes", 2, *place, name), lambda inside, key: operator.setitem(inside, key, value))
    with pytest.raises(UsageError):
        from_dict(data)


def test_a_chain_of_ten_thousand_steps_needs_no_recursion(chain):
    [last] = chain.terminals()
    assert (len(last.path()), last.depth, choose(chain).answer) == (10_000, 10_000, "7")
    data = to_dict(chain)
    assert to_dict(from_dict(json.loads(json.dumps(data)))) == data
    assert to_dict(from_networkx(to_networkx(chain))) == data


def test_a_deep_node_can_be_printed(chain):
    assert len(repr(chain.terminals()[0])) < 1_000


def test_a_deep_loop_is_seen(chain):
    node = chain.nodes[5_000]
    for text in ("step 4999", "step 4999"):
        assert node.status == "open"
        node = chain.add(node, written(text), "reasoner")
    assert (node.status, node.reason) == ("failed", "the same step, 3 times in a row")
