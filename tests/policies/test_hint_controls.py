"""Controls of hinters: hints for another problem, and for an earlier step, by the same model."""

from dataclasses import dataclass, field

import pytest

from hintree.errors import UsageError
from hintree.policies.hint_controls import controlled, read_hinter
from hintree.search import HintRequest, Problem, Tree
from hintree.search.core.hints import Hint
from hintree.search.core.ledger import Usage
from hintree.search.core.requests import HintOutput, Response
from hintree.solver.recorded_models import recorded_name
from tests.support.scripted import written


def about(request):
    return f"{request.tree.problem.question} {request.node.depth}"


@dataclass
class Writer:
    """Answers with the question and the number of steps that it was asked about."""

    asked: list[HintRequest] = field(default_factory=list)

    def __call__(self, requests):
        self.asked += requests
        return [Response(HintOutput(Hint(about(r)), 3), Usage(1, 5, 5, 3)) for r in requests]


def chain(question, steps=4):
    tree = Tree(Problem(question))
    node = tree.root
    for i in range(steps):
        node = tree.add(node, written(f"step {i}"), "reasoner", hint=Hint(f"hint {i}"))
    return tree, node


def test_hints_for_the_next_problem_avoid_those_on_the_path():
    writer = Writer()
    ask = controlled("other", writer, ["A?", "B?", "C?"])
    for question, following in (("A?", "B?"), ("C?", "A?")):
        tree, node = chain(question)
        (answer,) = ask([HintRequest(tree, node)])
        assert answer.value.hint == Hint(f"{following} 0") and answer.usage.generated_tokens == 3
        assert [hint.text for hint in writer.asked[-1].avoid] == [f"hint {i}" for i in range(4)]


def test_hints_for_an_earlier_step_stand_before_the_last_one_and_vary():
    writer = Writer()
    ask = controlled("earlier", writer, [])
    trees = [chain(f"{i}?") for i in range(40)]
    answers = ask([HintRequest(tree, node) for tree, node in trees])
    assert {answer.value.hint.text.split()[-1] for answer in answers} == {"0", "1", "2", "3"}
    assert [request.tree for request in writer.asked] == [tree for tree, _ in trees]


def test_a_first_step_has_no_earlier_one_and_costs_nothing():
    tree, node = chain("A?")
    writer = Writer()
    first, later = controlled("earlier", writer, [])([HintRequest(tree, tree.root), HintRequest(tree, node)])
    assert first.value.hint is None and first.usage == Usage() and later.value.hint is not None
    assert len(writer.asked) == 1


def test_names_and_too_few_problems():
    assert read_hinter("other:embedded:hinter") == ("other", "embedded:hinter")
    assert read_hinter("embedded:hinter") == ("", "embedded:hinter")
    for questions in (["A?"], ["A?", "A?"]):
        with pytest.raises(UsageError, match="give at least two problems"):
            controlled("other", Writer(), questions)


def test_a_question_that_comes_twice_gets_no_hints_for_itself():
    tree, ask = Tree(Problem("A?")), controlled("other", Writer(), ["A?", "B?", "A?"])
    (answer,) = ask([HintRequest(tree, tree.root)])
    assert answer.value.hint == Hint("B? 0")
    unknown = Tree(Problem("C?"))
    with pytest.raises(UsageError, match="'C\\?' is not among the questions of the run"):
        ask([HintRequest(unknown, unknown.root)])


def test_a_recording_tells_a_control_and_a_way_to_judge_from_the_model():
    names = ("/m/a.gguf", "other:/m/a.gguf", "digits:/m/a.gguf", "yes-no:/m/a.gguf", "digits:http://host/v1#a")
    assert [recorded_name(name) for name in names] == [
        "a.gguf",
        "other:a.gguf",
        "digits:a.gguf",
        "yes-no:a.gguf",
        "digits:a",
    ]
