"""rStar: which action follows which, votes, rewards and rollouts, on scripted handlers."""

from collections import Counter

import pytest

from hintree.search import (
    Handler,
    Position,
    Problem,
    Rejection,
    Response,
    RStar,
    StepOutput,
    Tree,
    Usage,
    run_searches,
)
from hintree.search.actions import ACTIONS, LAST_ANSWER, find_actions
from hintree.search.algorithms.rstar import asks_for_all, state_depth, states_after, vote
from hintree.search.core.actions import Yield, applicable, kind_of, solution_path

ACTION = {action.name: action for action in (*find_actions(("rstar",)), LAST_ANSWER)}


def output(text, answer=None, ended="delimiter"):
    return StepOutput(text, "end" if answer else ended, 2, 0.9, 0.8, 0.1, answer=answer)


def add(tree, parent, name, text="", answer=None):
    action, position = None if name == "step" else ACTION[name], Position(*parent.reserve(1))
    return tree.add(parent, output(text or name, answer), "reasoner", position=position, action=action)


def test_each_action_follows_those_of_the_paper():
    tree = Tree(Problem("How many?"))
    step = add(tree, tree.root, "step")
    question = add(tree, tree.root, "sub_question")
    answer = add(tree, question, "sub_answer")
    again = add(tree, answer, "re_answer")
    worded = add(tree, tree.root, "rephrase")
    follows = {
        tree.root: {"step", "finish", "sub_question", "rephrase"},
        step: {"step", "finish"},
        question: {"sub_answer"},
        answer: {"step", "finish", "sub_question", "re_answer"},
        again: {"step", "finish", "sub_question"},
        worded: {"step", "finish", "sub_question"},
    }
    found = {node: {action.name for action in applicable(node, find_actions(("rstar",)))} for node in follows}
    assert found == follows
    assert [state_depth(node) for node in (step, question, answer, again)] == [1, 0, 1, 2]
    assert solution_path(again.path()) == [question, again]
    assert states_after(tree.root) == [step, answer, worded] and states_after(answer) == [again]


def test_a_vote_keeps_the_first_sample_of_the_most_frequent_answer_with_its_share():
    tree = Tree(Problem("q"))
    texts = (("a", "1"), ("b", "2.0"), ("c", "2"), ("d", None))
    ends = [add(tree, tree.root, "finish", *one) for one in texts]
    vote(tree, [*ends, ends[1], None])
    assert [node.score for node in ends] == [None, 3 / 6, None, None]
    assert [node.status for node in ends] == ["pruned", "terminal", "pruned", "pruned"]
    assert {node.rejected_because for node in ends if node.status == "pruned"} == {Rejection.VOTE}
    question = add(tree, tree.root, "sub_question")
    said = [add(tree, question, "sub_answer", text) for text in ("4 + 3 = 7.", "nobody", "It is 7, or 7.0")]
    vote(tree, said)
    assert [node.status for node in said] == ["open", "pruned", "pruned"] and said[0].score == 2 / 3
    steps = [add(tree, tree.root, "step", *one) for one in (("e", "1"), ("f", "3"), ("g", None))]
    vote(tree, [*steps, steps[0]])
    assert [node.score for node in steps] == [0.5, 0.25, None] and steps[2].status == "open"


def test_a_sub_question_that_is_the_question_is_answered_by_the_end_of_a_solution():
    tree = Tree(Problem("Ana has 1.5 kg. How many kg has Ben?"))
    for text, same in (
        ("Then, how many kg has Ben", True),
        ("Has Ben how many kg?", True),
        ("How many kg has Ana?", False),
    ):
        assert asks_for_all(tree, add(tree, tree.root, "sub_question", text)) == same
    worded = add(tree, tree.root, "rephrase", "Ben has some kg. What is Ben's weight?")
    assert asks_for_all(tree, add(tree, worded, "sub_question", "What is Ben's weight?"))
    assert not asks_for_all(tree, add(tree, worded, "sub_question", "How many kg has Ben?"))


def rolled(write, **settings):
    """Return the run of a search whose texts are written by ``write(action name, request)``."""

    def handle(requests):
        return [Response(write(r.action.name if r.action else "step", r), Usage(1, 1, 1, 2)) for r in requests]

    batches = []
    tree = Tree(Problem("Ana has 4 pens. How many has Ben?"), 3)

    def counted(requests):
        batches.append(Counter(r.action.name if r.action else "step" for r in requests))
        return handle(requests)

    search = RStar(**{"steps": 2, "questions": 1, "votes": 3, "last_votes": 4, **settings})
    [run] = run_searches([(tree, search.grow(tree))], {"reasoner": Handler(counted)})
    assert str(run.stop_reason) == "complete"
    return run, batches


def test_votes_of_an_expansion_are_one_round_and_those_of_answers_another():
    def write(name, request):
        return output(f"{name} {request.index}", "7" if name == "finish" else None)

    run, batches = rolled(write, rollouts=1, depth=1)
    assert batches == [{"step": 2, "finish": 4, "sub_question": 1, "rephrase": 1}, {"sub_answer": 3}]
    kept = [node for node in run.tree.root.children if kind_of(node) is Yield.SOLUTION and node.status == "terminal"]
    assert [node.score for node in kept] == [1.0]


def test_a_rollout_backs_up_the_share_of_the_votes_and_a_path_without_an_end_nothing():
    def write(name, request):
        return output(f"{name} {request.index}", str(request.index % 2) if name == "finish" else None)

    run, _ = rolled(write, rollouts=9, depth=2, c=0.0)
    root = run.tree.root
    ends = [node for node in run.tree if node.visits and not node.children]
    found = {node.score if node.status == "terminal" else node.rejected_because for node in ends}
    assert found == {0.5, Rejection.TOO_LONG}
    assert root.visits == 9 == sum(node.visits for node in ends)
    won = sum(node.visits * 0.5 for node in ends if node.status == "terminal")
    assert root.value == pytest.approx(won / 9)
    states = states_after(root)
    assert all(state.visits for state in states)


def test_actions_that_yield_nothing_fail_by_type_and_the_search_ends():
    run, _ = rolled(lambda name, request: output(""), rollouts=5, depth=3)
    assert {node.rejected_because for node in run.tree.nodes[1:]} == {Rejection.EMPTY_STEP}
    deaf, _ = rolled(lambda name, request: output(f"{name} {request.index}"), rollouts=40, depth=2)
    assert deaf.tree.root.value == 0.0 and not deaf.tree.terminals()
    assert set(ACTIONS) >= {"re_answer", "rephrase"} and "last_answer" not in ACTIONS


def test_a_cut_step_is_continued_by_one_step():
    def write(name, request):
        text = output(f"{name} {request.node.id}", None, "length" if request.node.parent is None else "delimiter")
        return text if name == "step" else output(name, "7")

    _, batches = rolled(write, rollouts=3, depth=2, actions=("step",))
    assert batches[0] == {"step": 2} and batches[1] == {"step": 1}
