"""Solutions that end without an answer are continued by the protocol's trigger; the model states the answer."""

from dataclasses import replace

import pytest

from hintree.models import Completion, GenerationRequest
from hintree.models.thinking import THINK
from hintree.policies import find_protocol
from hintree.policies.formats import PromptFormat
from hintree.policies.thoughts import WholeRequest, think_whole
from hintree.search import Problem, Usage
from tests.support.traces import TraceModel, grow_path

SILENT = "He has 12 + 14 = 26.\n\nHe keeps 18 of them."


@pytest.mark.parametrize("name", ["default", "de", "es", "fr", "zh", "hi"])
def test_the_model_is_asked_once_for_the_answer_it_did_not_state(name):
    protocol = find_protocol(name)
    model = TraceModel(SILENT, after_force=" 18.")
    path = grow_path(model, protocol, 9)
    assert len(path) == 2 and path[-1].step.answer == "18"
    assert path[-1].step.text == f"He keeps 18 of them.\n\n{protocol.answer_trigger} 18."
    asked = model.requests[-1]
    assert asked.prompt.assistant == f"{SILENT}\n\n{protocol.answer_trigger}"
    assert (asked.temperature, asked.max_tokens, "\n" in asked.stop) == (0.0, 32, True)
    assert path[-1].step.tokens == len("He keeps 18 of them.".split()) + 1
    assert path[-1].step.token_ids == ()


@pytest.mark.parametrize("trace", ["He has 26.\n\nThe answer is 26.", ""])
def test_a_solution_with_an_answer_and_an_empty_one_are_left_as_they_are(trace):
    model = TraceModel(trace, after_force=" 18.")
    path = grow_path(model, find_protocol("default"), 9)
    assert len(model.requests) == len(path)
    assert all("18" not in node.step.text for node in path)


def test_an_answer_that_the_model_does_not_complete_is_none():
    path = grow_path(TraceModel(SILENT, after_force=" not known."), find_protocol("default"), 9)
    assert path[-1].step.answer is None and path[-1].step.text.endswith("The answer is not known.")


@pytest.mark.parametrize("name", ["boxed", "search-and-learn", "gsm8k-8shot", "lab"])
def test_published_protocols_have_none(name):
    protocol = find_protocol(name)
    assert protocol.answer_trigger == ""
    path = grow_path(TraceModel(SILENT), replace(protocol, step=find_protocol("default").step), 9)
    assert [node.step.answer for node in path] == [None, None]


class Thinker:
    """Thinks, then writes an answer that states none, then what follows the trigger."""

    name, chat, parameters = "thinker", True, 7

    def __init__(self, *, continues):
        self.continues_thoughts, self.asked = continues, []

    def generate(self, requests):
        self.asked += requests
        usage = Usage(1, 1, 1, 1)
        written = [
            Completion("She has 26.", "stop", (), (), usage, "</think>"),
            Completion("She has **18** apples.", "end", (), (), usage),
            Completion(" 18.", "stop", (), (), usage),
        ]
        if not self.continues_thoughts:
            written[:2] = [written[1]._replace(thought="She has 26.")]
        return [written[len(self.asked) - 1] for _ in requests]


@pytest.mark.parametrize("continues", [True, False])
def test_the_answer_after_a_whole_thought_is_asked_for_too(continues):
    model, form = Thinker(continues=continues), PromptFormat(find_protocol("default"), THINK, "whole")
    first = GenerationRequest(form.step(Problem("How many?"), [], None))
    [response] = think_whole(model, form, [WholeRequest(first, Problem("How many?"), None)])
    step = response.value
    assert (step.answer, step.thought) == ("18", "She has 26.") and step.text.endswith("The answer is 18.")
    assert model.asked[-1].prompt.assistant.endswith("She has **18** apples.\n\nThe answer is")
    assert ("She has 26." in model.asked[-1].prompt.assistant) == continues
    assert response.usage.calls == len(model.asked) == (3 if continues else 2)
