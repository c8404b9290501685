"""Actions: where they apply, what they add to a tree, and how the tree keeps them."""

import json
from collections import Counter

import pytest

from hintree.errors import UsageError
from hintree.search import (
    Action,
    ActionPrompt,
    Beam,
    BestFirst,
    Handler,
    Passage,
    Position,
    Problem,
    Rejection,
    Response,
    Rewrite,
    Tree,
    Usage,
    Yield,
    from_dict,
    run_searches,
    to_dict,
)
from hintree.search.actions import ACTIONS, SETS, find_actions
from hintree.search.core.actions import OWN_AUTHORS, STEP, applicable, kind_of, solution_path
from hintree.search.core.expand import plan
from tests.support.look_ups import written

PASSAGE = Passage("p1", "A dozen is 12.")


def roles(passages=(PASSAGE,), log=None):
    """Handlers that write the name of the action, end a solution where one finishes it, and score all alike."""

    def write(requests):
        found = []
        for request in requests:
            name = request.action.name if request.action else "step"
            ends = name in ("finish", "step")
            found.append(
                Response(written(f"{name} {request.node.id}", answer="7" if ends else None), Usage(1, 9, 9, 3))
            )
            if log is not None:
                log.append((request.node.id, name))
        return found

    return {
        "reasoner": Handler(write, 10),
        "retriever": Handler(lambda requests: [Response(passages, Usage(1)) for _ in requests]),
        "scorer": Handler(lambda requests: [Response(0.5, Usage(1, 5, 5)) for _ in requests], 5),
    }


def grow(search, handlers):
    tree = Tree(Problem("How many are two dozen?"), 1)
    [run] = run_searches([(tree, search.grow(tree))], handlers)
    assert str(run.stop_reason) == "complete"
    return run


def test_an_expansion_writes_the_samples_of_every_action_that_applies_in_one_round():
    log = []
    sub = Action("sub_question", Yield.SUB_QUESTION, samples=2)
    run = grow(Beam(1, 1, depth=1, actions=("step", "finish", sub, "sub_answer")), roles(log=log))
    assert log == [(0, "step"), (0, "finish"), (0, "sub_question"), (0, "sub_question")]
    assert [event.more for event in run.tree.events if event.kind == "request"] == [
        ("hinter", 1),
        ("reasoner", 4),
        ("scorer", 3),
    ]
    assert [kind_of(node) for node in run.tree.root.children[1:]] == [
        Yield.SOLUTION, Yield.SUB_QUESTION, Yield.SUB_QUESTION
    ]  # fmt: skip
    assert run.tree.root.children[3].duplicate_of == 3 and run.tree.root.children[0].action is None


def test_looked_up_passages_are_no_part_of_the_solution_and_have_no_score():
    run = grow(
        Beam(1, 1, depth=3, actions=("query", "look_up", Action("finish", Yield.SOLUTION, after_look_up))), roles()
    )
    query, found, end = run.tree.nodes[1:]
    assert [node.score for node in (query, found, end)] == [None, None, 0.5]
    assert found.author == "retriever" and found.passages == (PASSAGE,)
    assert found.step.text == "[p1] A dozen is 12." and solution_path(end.path()) == [end]
    assert end.status == "terminal" and end.step.answer == "7"


def after_look_up(node):
    return kind_of(node) is Yield.PASSAGES


def test_a_look_up_without_passages_fails_its_node_alone():
    run = grow(Beam(2, 1, depth=3, actions=("query", "look_up", "finish")), roles(passages=()))
    failed = [node for node in run.tree if node.status == "failed"]
    assert [(kind_of(node), node.rejected_because) for node in failed] == [(Yield.PASSAGES, Rejection.NO_PASSAGES)]
    assert [kind_of(node) for node in run.tree.terminals()] == [Yield.SOLUTION]


def test_text_that_leads_to_a_solution_never_ends_it():
    tree = Tree(Problem("q"))
    for kind in Yield:
        node = tree.add(
            tree.root,
            written(kind, "7", "end"),
            "reasoner",
            action=Action("own", kind, author=OWN_AUTHORS.get(kind, ("reasoner",))[0]),
        )
        assert (node.status == "terminal") == kind.may_end


def test_a_step_that_was_cut_is_continued_and_no_action_applies():
    tree = Tree(Problem("q"))
    cut = tree.add(tree.root, written("He has", ended="length"), "reasoner")
    assert applicable(cut, find_actions(("decompose",))) == [STEP]
    assert [slot.action for slot in plan([cut], find_actions(("finish",)))] == [None]


def test_the_account_of_an_action_is_a_part_of_its_roles():
    run = grow(Beam(1, 1, depth=2, actions=("sub_question", "sub_answer", "finish")), roles())
    names = Counter(node.action.name for node in run.tree.nodes[1:])
    assert {name: account.calls for name, account in run.ledger.actions.items()} == dict(names)
    own = sum(account.generated_tokens for account in run.ledger.actions.values())
    assert own == run.ledger["reasoner"].generated_tokens == 3 * sum(names.values())
    assert set(run.ledger.to_dict()) == {"reasoner", "hinter", "teacher", "scorer"}


def test_a_tree_keeps_its_actions_and_other_trees_keep_their_version():
    run = grow(Beam(1, 1, depth=3, actions=("query", "look_up", "finish")), roles())
    data = json.loads(run.tree.to_json())
    again = from_dict(data)
    assert data["version"] == 5 and to_dict(again) == to_dict(run.tree)
    assert [(n.action and n.action.name, kind_of(n), n.passages, n.key) for n in again] == [
        (n.action and n.action.name, kind_of(n), n.passages, n.key) for n in run.tree
    ]
    plain = Tree(Problem("q"))
    plain.add(plain.root, written("a"), "reasoner", position=Position(0))
    assert to_dict(plain)["version"] == 4 and "action" not in to_dict(plain)["nodes"][1]
    for field, value in (("yields", "poem"), ("action", 7), ("passages", [["p1"]]), ("passages", [[1, "text", 0.5]])):
        rows = [dict(row) for row in data["nodes"]]
        rows[2][field] = value
        with pytest.raises(UsageError, match="not a hintree tree"):
            from_dict(data | {"nodes": rows})


def test_what_is_no_part_of_the_solution_is_never_rewritten():
    tree = Tree(Problem("q"))
    for name in ("query", "rephrase"):
        node = tree.add(tree.root, written(""), "reasoner", action=ACTIONS[name])
        assert node.status == "failed" and not Rewrite.always().rewrites(node)


def test_names_are_checked():
    assert {*SETS["decompose"]} == {action.name for action in find_actions(("decompose", "step"))}
    for wrong, said in (("poem", "action 'poem' is not one of step, finish"), (3, "neither a name nor an Action")):
        with pytest.raises(UsageError, match=said):
            Beam(actions=(wrong,))
    for settings, said in (
        ({"samples": 0}, "samples=0"),
        ({"author": "scorer"}, "author='scorer'"),
        ({"samples": True}, "samples=True"),
        ({"yields": "poem"}, "yields='poem' is no Yield"),
        ({"when": True}, "must be functions"),
        ({"queries": ()}, "must be functions"),
        ({"prompt": "Recall."}, "is no ActionPrompt"),
    ):
        with pytest.raises(UsageError, match=said):
            Action("own", **settings)
    with pytest.raises(UsageError, match="is no name"):
        Action(" ")
    for wording in ({"ask": None}, {"ends": "\n"}, {"ends": (7,)}, {"max_tokens": -1}, {"max_tokens": "5"}):
        with pytest.raises(UsageError, match="wording"):
            ActionPrompt(**wording)


@pytest.mark.parametrize("search", [Beam, BestFirst])
def test_a_step_after_which_no_action_applies_is_a_dead_end(search):
    run = grow(search(actions=(Action("once", when=lambda node: node.depth < 1),)), roles())
    assert {(node.depth, node.rejected_because) for node in run.tree} == {(0, None), (1, Rejection.DEAD_END)}


def test_an_error_of_a_condition_ends_its_search_and_names_the_action():
    tree = Tree(Problem("How many are two dozen?"))
    search = Beam(actions=(Action("own", when=lambda node: 1 / 0),))
    [run] = run_searches([(tree, search.grow(tree))], roles())
    assert run.stop_reason.failed
    assert "action own: its condition `when` failed after step 0: ZeroDivisionError" in run.stop_reason.detail
