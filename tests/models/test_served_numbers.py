"""Numbers in servers' replies: each is read with its type and range; a bad one fails its own request only."""

import json
from dataclasses import replace

import pytest

from hintree.errors import ServerError
from hintree.models import Completion, GenerationRequest, Prompt
from hintree.models.remote.client import MalformedReplyError
from hintree.models.remote.model import RemoteModel
from hintree.models.remote.numbers import LARGEST_COUNT, read_count, read_log_probability, read_number, read_probability
from hintree.models.remote.replies import parse_reply
from hintree.solver import Solver
from tests.support.small_server import Quirks, lab_server

HUGE = 10**400
QUESTIONS = [
    "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?",
    "(1) Ida has 4 pens. (2) Ben gets 3 more pens than Ida. How many pens does Ben have?",
]


@pytest.mark.parametrize("value", [HUGE, -1, 1.5, LARGEST_COUNT + 1, "12", True, [12], float("inf"), float("nan")])
def test_a_count_is_a_whole_number_in_range(value):
    with pytest.raises(MalformedReplyError, match=r"prompt_tokens is .* not a whole number from 0 to 1e\+09"):
        read_count(value, "prompt_tokens")
    reply = {"choices": [{"text": "a", "finish_reason": "stop"}], "usage": {"prompt_tokens": value}}
    with pytest.raises(MalformedReplyError, match="prompt_tokens"):
        parse_reply(reply)


def test_numbers_in_range_are_read():
    assert [read_count(value, "n") for value in (None, 0, 12, 12.0)] == [None, 0, 12, 12]
    assert read_number(0.25, "x", 0, 1) == 0.25
    assert read_probability(1 + 1e-7, "p") == 1.0
    assert [read_log_probability(value) for value in (0, 1e-5, -1e6)] == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("value", [HUGE, -HUGE, 0.1, "-1", None, True, float("nan")])
def test_a_log_probability_is_a_number_of_at_most_0(value):
    with pytest.raises(MalformedReplyError, match="log-probability"):
        read_log_probability(value)


@pytest.mark.parametrize("value", [HUGE, -0.01, 1.01, "0.5", None, True, float("nan")])
def test_a_probability_is_a_number_from_0_to_1(value):
    with pytest.raises(MalformedReplyError, match="pooled output"):
        read_probability(value, "pooled output")


@pytest.mark.parametrize("field", ["prompt_tokens", "completion_tokens"])
def test_a_count_of_400_digits_fails_its_own_problem_only(field):
    with lab_server(Quirks(chat=False)) as server:
        model = RemoteModel(f"{server.url}#student")
        model.server.limits = replace(model.server.limits, tries=2, wait=0.01)
        honest = server.answer

        def lying(path, body):
            status, data = honest(path, body)
            if "Ida" in str(body):
                data["usage"][field] = HUGE
            return status, json.dumps(data)

        server.answer = lying
        good, bad = Solver("greedy", reasoner=model).solve_many(QUESTIONS)
        [found, done] = model.generate([GenerationRequest(Prompt(question)) for question in QUESTIONS[::-1]])
    assert str(good.stop_reason) == "complete" and f"its {field} is a number of 401 digits" in str(bad.stop_reason)
    assert isinstance(found, ServerError) and isinstance(done, Completion)
