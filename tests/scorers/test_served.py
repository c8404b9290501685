"""Scorers whose model is on a server: what each asks for, and what a server cannot tell."""

import pytest

from hintree.errors import ServerError, UsageError
from hintree.models.local.text import conversation, part
from hintree.scorers import FAMILIES, make_scorer
from hintree.scorers.families import known_family
from hintree.scorers.layout import lay_out
from tests.support.prm_checkpoints import special_tokenizer
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


QWEN_PRM = "models/Qwen2.5-Math-PRM-7B"


class Reading:
    """The classifier that a tokenizer with a chat template belongs to."""

    chat = True

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def conversation(self, turns):
        return conversation(self.tokenizer, turns)


def prm_server(tokenizer, manner):
    """vLLM's ``/tokenize``, ``/detokenize`` and ``/pooling``, or llama.cpp's ``/apply-template``."""

    def rendered(body):
        return tokenizer.apply_chat_template(body["messages"], tokenize=False, add_generation_prompt=False)

    def reply(path, body):
        if path == "/tokenize" and ("messages" not in body or manner == "vllm"):
            text = rendered(body) if "messages" in body else body["prompt"]
            return 200, {"tokens": tokenizer.encode(text, add_special_tokens=False)}
        if path == "/detokenize" and manner == "vllm":
            return 200, {"prompt": tokenizer.decode(body["tokens"], skip_special_tokens=False)}
        if path == "/apply-template" and manner == "llama.cpp":
            return 200, {"prompt": rendered(body)}
        if path == "/pooling":
            return 200, {"data": [{"data": [[1 - i / 1000, i / 1000] for i in range(len(body["input"]))]}]}
        return 404, {"error": f"no {path}"}

    return SmallServer(reply)


@pytest.mark.parametrize("manner", ["vllm", "llama.cpp"])
def test_a_known_prm_on_a_server_is_read_in_its_chat_template(manner):
    tokenizer = special_tokenizer("<extra_0>")
    request = request_with((0.5,))
    with prm_server(tokenizer, manner) as server:
        [found] = make_scorer(f"{server.url}#{QWEN_PRM}").handler.handle([request])
        [ids] = [body["input"] for path, _, body in server.seen if path == "/pooling"]
    steps = [node.step.text for node in request.node.path()]
    [pieces] = lay_out(FAMILIES["qwen-math-prm"], Reading(tokenizer), request.tree.problem.question, steps)
    assert ids == [token for piece in pieces for token in part(tokenizer, piece.text, piece.control)]
    assert "<|im_start|>system" in tokenizer.decode(ids) and tokenizer.decode(ids).endswith("<extra_0>")
    assert found.value == pytest.approx((len(ids) - 1) / 1000)


def test_a_prm_whose_chat_template_is_not_shown_is_an_error():
    with prm_server(special_tokenizer("<extra_0>"), "neither") as server:
        scorer = make_scorer(f"{server.url}#{QWEN_PRM}")
        with pytest.raises(ServerError, match="does not show the chat template for turns of system, user, assistant"):
            scorer.handler.handle([request_with((0.5,))])


def test_families_are_known_by_the_served_name():
    assert known_family("Qwen/Qwen2.5-Math-PRM-7B") == known_family(QWEN_PRM.lower()) == "qwen-math-prm"
    assert known_family("math-shepherd-mistral-7b-prm") == "math-shepherd"
    assert known_family("my-prm") is None
    with pytest.raises(
        UsageError, match=r"reads sigmoid of outputs .*, and servers return the probability of the last"
    ):
        make_scorer("http://host/v1#Skywork-o1-Open-PRM-Qwen-2.5-7B")
