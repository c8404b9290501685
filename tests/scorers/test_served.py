"""Scorers whose model is on a server: what each asks for, and what a server cannot tell."""

import pytest

from hintree.errors import UsageError
from hintree.scorers import make_scorer
from tests.support.scores import request_with
from tests.support.small_server import SmallServer


def answer(path, body):
    """A chat model that finds every solution right with P(Yes) = 3 P(No), and writes "+" thrice as often as "-"."""
    if body and body.get("logprobs") and "prompt" in body:
        tops = {"Yes": -0.5, "No": -0.5 - 1.0986123, " +": -0.6, "-": -0.6 - 1.0986123}
        logprobs = {"tokens": ["Yes"], "token_logprobs": [-0.5], "top_logprobs": [tops]}
        choice = {"text": "Yes", "finish_reason": "length", "logprobs": logprobs}
    elif path.endswith("/chat/completions"):
        choice = {"message": {"role": "assistant", "content": "It adds up."}, "finish_reason": "stop"}
    else:
        choice = {"text": "It adds up.", "finish_reason": "stop"}
    return 200, {"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 3}}


@pytest.mark.parametrize("kind", ["yes-no", "genprm", "think", "br-rm"])
def test_a_judge_on_a_server_is_read_by_its_label_tokens(kind):
    with SmallServer(answer) as server:
        [found] = make_scorer(f"{kind}:{server.url}#m").handler.handle([request_with((0.5,))])
    assert found.value == pytest.approx(0.75)


def test_debaters_on_a_server_vote():
    with SmallServer(answer) as server:
        [found] = make_scorer(f"maj:{server.url}#m").handler.handle([request_with((0.5,))])
    assert found.value == 1


def test_a_prm_on_a_server_is_read_at_the_labels_of_its_declaration():
    with SmallServer(answer) as server:
        [found] = make_scorer(f"{server.url}#m", "math-shepherd").handler.handle([request_with((0.5,))])
        asked = {path for path, _, _ in server.seen}
    assert found.value == pytest.approx(0.75)
    assert asked == {"/v1/completions"}


def test_grades_of_a_server_are_refused_with_what_to_use():
    with pytest.raises(UsageError, match=r"10 label tokens, .* use yes-no:http://host/v1#m"):
        make_scorer("digits:http://host/v1#m")
    with pytest.raises(UsageError, match="name the scorer's model after #"):
        make_scorer("yes-no:http://host/v1")
