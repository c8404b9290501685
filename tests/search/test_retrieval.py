"""Look-ups in a search: passages and notes, and searches that look up."""

import pytest

from hintree.search import (
    MCTS,
    Action,
    Beam,
    Budget,
    Passage,
    Rejection,
    Retrieve,
    RStar,
    SlimPLM,
    Yield,
    to_dict,
)
from hintree.search.algorithms.rstar import ROUNDS, state_depth, states_after
from hintree.search.core.actions import kind_of, question_and_steps
from hintree.search.selection import value_of
from tests.support.look_ups import MCTS_RAG, Facts, grow, names


def test_each_step_follows_a_look_up_of_the_question_and_the_steps_so_far():
    retriever = Facts()
    run, _ = grow(Retrieve(k=1, depth=4), retriever, {"step": "go on"})
    assert retriever.queries == ["How many are two dozen?", "How many are two dozen? go on"]
    assert names(run.tree)[:3] == [(0, "look_up_steps", "open"), (1, "step", "open"), (2, "look_up_steps", "open")]
    assert run.tree.nodes[-1].rejected_because is Rejection.TOO_LONG
    assert run.ledger.to_dict()["retriever"]["passages"] == 2 and run.ledger["retriever"].calls == 2


def test_a_look_up_once_for_several_chains_whose_equal_steps_stay_apart():
    run, _ = grow(Retrieve(chains=3, when="once", query="model", refine=True), Facts())
    assert names(run.tree) == [
        (0, "query", "open"),
        (1, "look_up", "open"),
        (2, "refine", "open"),
        *[(3, "step", "terminal")] * 3,
    ]
    assert Retrieve(chains=3).selection.choice == "weighted"


def test_slimplm_looks_up_what_an_unsure_answer_lacks_for_the_larger_model():
    retriever = Facts()
    run, seen = grow(SlimPLM(threshold=0.8), retriever, score=0.5)
    assert seen == [("reasoner", "finish"), ("reasoner", "missing"), ("teacher", "finish")]
    assert names(run.tree) == [
        (0, "finish", "pruned"),
        (0, "missing", "open"),
        (2, "look_up", "open"),
        (3, "finish", "terminal"),
    ]
    assert retriever.queries == ["dozen", "score"] and [one.id for one in run.tree.nodes[3].passages] == ["p1", "p2"]


@pytest.mark.parametrize(("score", "missing"), [(0.8, "dozen"), (0.5, "none")])
def test_slimplm_looks_nothing_up_for_a_sure_answer_or_one_that_lacks_nothing(score, missing):
    retriever = Facts()
    run, _ = grow(SlimPLM(threshold=0.8), retriever, {"finish": "so=7", "missing": missing}, score=score)
    assert retriever.queries == [] and run.tree.terminals()[0].parent is run.tree.root


def test_slimplm_without_a_larger_model_answers_again_with_passages_only():
    run, seen = grow(SlimPLM(threshold=0.8), Facts(), roles=("reasoner",), score=0.5)
    assert seen == [("reasoner", "finish"), ("reasoner", "missing"), ("reasoner", "finish")]
    run, seen = grow(SlimPLM(threshold=0.8), None, roles=("reasoner",), score=0.9)
    assert seen == [("reasoner", "finish")] and run.tree.nodes[1].status == "terminal"


def test_slimplm_with_a_teacher_budget_of_0_writes_the_tree_of_the_proxy_alone():
    alone, _ = grow(SlimPLM(threshold=0.8), Facts(), roles=("reasoner",), score=0.5)
    broke, seen = grow(SlimPLM(threshold=0.8), Facts(), score=0.5, budget=Budget(teacher_tokens=0))
    assert to_dict(broke.tree) == to_dict(alone.tree) and ("teacher", "finish") not in seen


def test_the_actions_of_mcts_rag_look_up_questions_and_sub_questions():
    retriever = Facts()
    texts = {**MCTS_RAG, "finish": "so"}
    run, _ = grow(MCTS(simulations=90, depth=4, actions=("mcts_rag",)), retriever, texts, score=0.5)
    after = {}
    for node in run.tree.nodes[1:]:
        after.setdefault((name_of(node.parent), name_of(node.parent.parent)), set()).add(name_of(node))
    assert after[("sub_question", "root")] == {"look_up_steps", "sub_answer"}
    assert after[("look_up_steps", "sub_question")] == {"sub_answer"}
    assert after[("look_up_steps", "step")] == after[("look_up_steps", "sub_answer")] == {"step"}
    assert after[("query", "root")] == {"look_up"}
    assert after[("look_up", "query")] == {"step", "finish", "sub_question", "restate"}
    assert {"What is a dozen?", "dozen", "How many are two dozen? go on"} <= set(retriever.queries)
    query = next(node for node in run.tree.root.children if kind_of(node) is Yield.QUERY)
    assert value_of(query) == 0.5


def name_of(node):
    return "root" if node is None or node.parent is None else node.action.name if node.action else "step"


def test_look_ups_of_mcts_rag_belong_to_the_step_or_the_answer_that_follows():
    settings = {"steps": 2, "questions": 1, "votes": 2, "last_votes": 2, "actions": ("mcts_rag",)}
    run, _ = grow(RStar(12, depth=3, **settings), Facts(), MCTS_RAG)
    root = run.tree.root
    names_of_paths = [[name_of(node) for node in state.path()] for state in states_after(root)]
    assert [path for path in names_of_paths if path[0] == "sub_question"] == [
        ["sub_question", "sub_answer"],
        ["sub_question", "look_up_steps", "sub_answer"],
    ]
    assert ["query", "look_up"] in names_of_paths and ["rephrase"] in names_of_paths
    step = next(node for node in root.children if name_of(node) == "step" and node.children)
    informed = [state for state in states_after(step) if name_of(state.parent) == "look_up_steps"]
    assert [name_of(state) for state in informed] == ["step"] and state_depth(informed[0]) == 2
    assert root.visits == 12 and max(map(state_depth, run.tree)) == 3
    bare, _ = grow(RStar(12, depth=3, **settings), None, MCTS_RAG)
    assert {kind_of(node) for node in bare.tree} == {kind_of(node) for node in run.tree} - {Yield.PASSAGES}


def test_an_action_that_waits_for_ever_ends_the_expansion():
    again = Action("again", Yield.QUERY)
    run, _ = grow(RStar(2, repeats=0, actions=(again, "finish"), last_votes=1), None, {"again": "a", "finish": "so=7"})
    assert max(node.depth for node in run.tree) == ROUNDS and run.tree.terminals()


def test_look_ups_take_their_own_number_of_passages_best_of_each_query_in_turn():
    found = [Passage(f"p{i}", f"text {i}") for i in range(9)]
    two = Action(
        "two", Yield.PASSAGES, author="retriever", k=2, queries=lambda question, path: [question, "more", " ", question]
    )
    retriever = Facts(found)
    run, _ = grow(Beam(1, 1, depth=1, actions=(two, "look_up_steps")), retriever)
    assert [[one.id for one in node.passages] for node in run.tree.root.children] == [["p0", "p1"], ["p0", "p1", "p2"]]
    assert retriever.queries == ["How many are two dozen?", "more", "How many are two dozen?"]
    assert question_and_steps("q", []) == ["q"]
