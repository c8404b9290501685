"""Answers of steps: a heading that is a step of its own is read with the step below it."""

import pytest

from hintree import Solver
from hintree.models import Completion
from hintree.policies import Protocol, Sampling, StepRule, StepWriter
from hintree.policies.protocol_file import shipped
from hintree.policies.steps import last_line
from hintree.scorers import Prefix
from hintree.scorers.base import steps_of
from hintree.scorers.rollouts import RolloutAgreement, answers_of, roll_out_prefixes
from hintree.search import (
    Handler,
    Problem,
    Response,
    ScoreRequest,
    StepOutput,
    StepRequest,
    Tree,
    Usage,
    from_dict,
    to_dict,
)
from hintree.search.actions import ACTIONS
from tests.support.traces import TraceModel


class WrittenModel:
    """A language model with a chat template that writes the given steps in order."""

    name, chat, parameters, thinking = "written", True, 7, None

    def __init__(self, *steps):
        self.steps = list(steps)

    def unknown_words(self, text):
        return []

    def generate(self, requests):
        return [Completion(self.steps.pop(0), "stop", [0.5], [0.1], Usage(1, 1, 1, 1)) for _ in requests]


HEADINGS = ["**Final Answer**", "## Final Answer", "So we add.\n\n**Final Answer:**", "Final Answer:"]


@pytest.mark.parametrize("heading", HEADINGS)
def test_the_value_below_a_heading_that_is_a_step_of_its_own_is_the_answer(heading):
    model = WrittenModel("12 + 19 = 31.", heading, "31", "never asked for")
    solution = Solver("greedy", reasoner=model).solve("How many?")
    assert (solution.answer, model.steps) == ("31", ["never asked for"])
    assert [step.step.answer for step in solution.steps[-1].path()] == [None, None, "31"]


@pytest.mark.parametrize("above", ["12 + 19 = 31.", "**Step 2**", "**Final Answer**\n\nWe add."])
def test_a_value_below_any_other_line_is_no_answer(above):
    tree = Tree(Problem("How many?"))
    node = tree.add(tree.root, StepOutput(above, "delimiter", 1, 1.0, 1.0, 0.0), "reasoner")
    (done,) = StepWriter(WrittenModel("31"), Sampling())([StepRequest(tree, node)])
    assert done.value.answer is None


NO_VALUES = [
    *(
        "1. Ana has 12 apples.\n2. Ben has 19 apples.",
        "| name | apples |\n|---|---|\n| Ana | 12 |",
        "Step 1: 12 + 19 = 31",
    ),
    *("Total apples: 12 + 19", "Ana has 12 apples. Ben has 19.", "First we add.\nThen we look."),
]


@pytest.mark.parametrize("below", NO_VALUES)
@pytest.mark.parametrize("heading", HEADINGS[:2])
def test_what_stands_below_a_heading_is_an_answer_only_if_the_whole_step_is_a_value(heading, below):
    solution = Solver("greedy", reasoner=WrittenModel(heading, below, "The answer is 31.")).solve("How many?")
    assert (solution.answer, len(solution.steps)) == ("31", 3)


@pytest.mark.parametrize(
    "steps", [("---", "31"), ("$$", "31"), ("***", "\\[", "31"), ("$$\n31\n$$",), ("She has 31.",), ("- 31",)]
)
def test_rules_and_signs_between_a_heading_and_its_value_are_skipped(steps):
    solution = Solver("greedy", reasoner=WrittenModel("**Final Answer**", *steps)).solve("How many?")
    assert solution.answer == "31" and len(solution.steps) == 1 + len(steps)


def test_a_heading_in_a_thought_is_no_heading_of_the_solution():
    tree = Tree(Problem("How many?"))
    node = tree.add(tree.root, StepOutput("**Final Answer**", "delimiter", 1, 1.0, 1.0, 0.0, thinking=True), "reasoner")
    assert last_line(node.path()) == ""


@pytest.mark.parametrize("action", [None, ACTIONS["sub_answer"]])
def test_what_an_earlier_text_answered_is_not_the_answer_of_the_step_below_it(action):
    tree = Tree(Problem("How many?"))
    written = StepOutput("The answer is 600.", "delimiter", 1, 1.0, 1.0, 0.0)
    node = tree.add(tree.root, written, "reasoner", action=action)
    for below in ("We still need the other half.", "31"):
        (done,) = StepWriter(WrittenModel(below), Sampling())([StepRequest(tree, node)])
        assert done.value.answer is None


def test_a_heading_in_a_sub_answer_is_none_of_the_solution():
    tree = Tree(Problem("How many?"))
    heading = StepOutput("**Final Answer**", "delimiter", 1, 1.0, 1.0, 0.0)
    assert last_line(tree.add(tree.root, heading, "reasoner", action=ACTIONS["sub_answer"]).path()) == ""


def test_rollouts_read_a_heading_as_the_writers_do():
    steps = ("12 + 19 = 31.", "**Final Answer**", "31")
    assert answers_of(Prefix("q", steps, 0)) == [None, None, "31"]
    assert answers_of(Prefix("q", (steps[1], "B"), 0, ("30", "31"))) == [None, "B"]

    def fail(requests):
        raise AssertionError("a complete solution is not rolled out")

    (complete,) = roll_out_prefixes([Prefix("q", steps, 0)], Handler(fail), 3)
    assert complete.answers == ["31"] * 3


def test_a_step_below_a_heading_is_compared_with_rollouts_from_before_it():
    def write(requests):
        assert [[node.step.text for node in request.node.path()] for request in requests] == [["**Final Answer**"]] * 4
        return [Response(StepOutput(n, "end", 1, 0.5, 0.5, 0.1, n), Usage(1, 1, 1, 1)) for n in ("31", "31", "5", "31")]

    agreement = RolloutAgreement(Handler(write), 4)
    (score,) = agreement.score_prefixes([Prefix("q", ("**Final Answer**", "31"), 0)])
    assert score.value == 0.75


@pytest.mark.parametrize("protocol", ["default", "gsm8k-8shot", "plain"])
def test_a_sub_question_ends_at_its_line_and_does_not_answer_itself(protocol):
    words = shipped(protocol)
    asked, answered = "Ben has 3 more. How many has he?", "4 + 3 = 7."
    trace = f"{words.begin}Sub-question: {asked}\nAnswer: {answered}\n\nThe answer is 7."
    for name in ("ask", "sub_question"):
        tree, node = Tree(Problem("How many pens?")), None
        for action in (ACTIONS[name], ACTIONS["sub_answer"]):
            request = StepRequest(tree, node or tree.root, action=action)
            [done] = StepWriter(TraceModel(trace), Sampling(), protocol=words)([request])
            node = tree.add(request.node, done.value, "hinter", action=action)
        assert [one.step.text for one in node.path()] == [asked, answered]


class BlankModel(WrittenModel):
    """Writes two steps whose last tokens hold blanks behind the stop text or the match."""

    def generate(self, requests):
        return [
            Completion(self.steps.pop(0), "stop", [0.5], [0.1], Usage(1, 1, 1, 1), *stop, rest=rest)
            for stop, rest in [self.stops.pop(0)]
        ]


@pytest.mark.parametrize(
    ("rule", "stops", "solution", "second"),
    [
        ({"by": "line"}, [(("\n",), "   "), (("\n",), "")], "def f():\n    return 1\n", "    return 1"),
        ({"by": "text"}, [(("\n\n",), "   "), (("\n\n",), "")], "def f():\n\n    return 1\n\n", "    return 1"),
        ({"by": "sentence"}, [((), "\n"), ((), "")], "def f():\n return 1", " return 1"),
        ({"by": "line", "joint": " | "}, [(("\n",), "   "), (("\n",), "")], "def f(): |  return 1 | ", " return 1"),
    ],
)
def test_blanks_behind_a_stop_text_are_kept_in_the_text_of_the_solution(rule, stops, solution, second):
    model = BlankModel("def f():", " return 1")
    model.stops = stops
    writer = StepWriter(model, Sampling(), protocol=Protocol(name="code", step=StepRule(**rule)))
    tree, node = Tree(Problem("Write f.")), None
    for _ in range(2):
        [done] = writer([StepRequest(tree, node or tree.root)])
        node = tree.add(node or tree.root, done.value, "reasoner")
    assert writer.format.solution(node.path()) == solution
    assert steps_of(ScoreRequest(tree, node)) == ("def f():", second)
    assert from_dict(to_dict(tree)).nodes[1].step.delimiter == node.parent.step.delimiter
