"""SGLang and Ollama by scripted transcripts: answers in the shapes that their documentation gives, written anew.

Neither server ran for these tests.
"""

import math
from dataclasses import replace

import pytest

from hintree.models import Completion, GenerationRequest, Prompt
from hintree.models.remote.client import Limits
from hintree.models.remote.model import RemoteModel
from tests.support.small_server import SmallServer

TEXT = [" Four", " pens", " and", " three", " make", " seven", "."]
OTHER = [" Seven", " pens", "."]


def tokens_of(body, most):
    """Return the tokens of an answer: greedy, or by the seed; cut at a stop text and at the limit."""
    draw = body.get("temperature") and body.get("seed", 0) % 2
    tokens = list(OTHER if draw else TEXT)
    stops = body.get("stop") or []
    stops = [stops] if isinstance(stops, str) else stops
    for i in range(1, len(tokens) + 1):
        found = [stop for stop in stops if stop in "".join(tokens[:i])]
        if found:
            text = "".join(tokens[:i])
            return tokens[:i], text[: text.index(found[0])], found[0], "stop"
    cut = len(tokens) > most
    return tokens[:most], "".join(tokens[:most]), None, "length" if cut else "stop"


def sglang(path, body):
    """Answer as SGLang documents: ``matched_stop``, ``continue_final_message``, and with --enable-cache-report."""
    if path == "/v1/models":
        return 200, {"object": "list", "data": [{"id": "m", "object": "model", "owned_by": "sglang"}]}
    if path not in ("/v1/chat/completions", "/v1/completions"):
        return 404, {"detail": "Not Found"}
    if body.get("prompt_logprobs"):
        return 400, {"object": "error", "message": "unknown field prompt_logprobs", "code": 400}
    tokens, text, stopped, finish = tokens_of(body, body["max_tokens"])
    values = [-0.1 * (i + 1) for i in range(len(tokens))]
    turns = body.get("messages") or [{"content": body["prompt"]}]
    words = sum(len(turn["content"].split()) for turn in turns)
    closed = turns[-1].get("role") == "assistant" and not body.get("continue_final_message")
    choice = {"index": 0, "finish_reason": finish, "matched_stop": stopped or (None if finish == "length" else 2)}
    if "messages" in body:
        choice["message"] = {"role": "assistant", "content": text, "tool_calls": None, "reasoning_content": None}
        rows = [(token, value) for token, value in zip(tokens, values, strict=True)]
        choice["logprobs"] = {"content": [content_row(*row, body.get("top_logprobs", 0)) for row in rows]}
    else:
        choice["text"] = text
        tops = [{token: value, " x": -3.0} for token, value in zip(tokens, values, strict=True)]
        choice["logprobs"] = {"tokens": tokens, "token_logprobs": values, "top_logprobs": tops, "text_offset": []}
    if not body.get("logprobs"):
        choice["logprobs"] = None
    usage = {
        "prompt_tokens": words + (6 if closed else 3),
        "completion_tokens": len(tokens),
        "prompt_tokens_details": {"cached_tokens": words},
    }
    return 200, {"id": "1", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage}


def content_row(token, value, top):
    rows = [{"token": token, "bytes": [], "logprob": value}, {"token": " x", "bytes": [], "logprob": -3.0}]
    return {"token": token, "bytes": [], "logprob": value, "top_logprobs": rows[:top]}


def ollama(path, body):
    """Answer as Ollama's compatible endpoint documents: no ``n``, no template arguments, unknown fields ignored."""
    if path == "/v1/models":
        return 200, {"object": "list", "data": [{"id": "m", "object": "model", "owned_by": "library"}]}
    if path not in ("/v1/chat/completions", "/v1/completions"):
        return 404, "404 page not found"
    tokens, text, _, finish = tokens_of(body, body["max_tokens"])
    choice = {"index": 0, "finish_reason": finish}
    chat = "messages" in body
    choice |= {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
    turns = body.get("messages") or [{"content": body["prompt"]}]
    words = sum(len(turn["content"].split()) for turn in turns)
    usage = {"prompt_tokens": words + 4, "completion_tokens": len(tokens), "total_tokens": words + 4 + len(tokens)}
    return 200, {
        "id": "chatcmpl-1",
        "system_fingerprint": "fp_ollama",
        "model": "m",
        "choices": [choice],
        "usage": usage,
    }


SERVERS = {
    "sglang": (sglang, {"prefill": "flags", "ending": "field", "logprobs": "content", "siblings": "together"}),
    "ollama": (ollama, {"prefill": "flags", "ending": "no", "logprobs": "", "siblings": "first", "top": 0}),
}


@pytest.mark.parametrize("kind", SERVERS)
def test_the_documented_answers_are_read(kind):
    answer, wanted = SERVERS[kind]
    with SmallServer(answer) as server:
        model = RemoteModel(server.url, Limits(tries=1))
        assert {name: getattr(model.capabilities, name) for name in wanted} == wanted
        assert (model.capabilities.seed, model.capabilities.usage, model.capabilities.n) == (True, "right", False)
        prompt = Prompt("How many pens?", "Ana has four. ")
        whole, stopped, cut = (
            GenerationRequest(prompt),
            GenerationRequest(prompt, stop=(" three",)),
            GenerationRequest(prompt, max_tokens=2),
        )
        results = model.generate([whole, stopped, cut])
        assert all(isinstance(done, Completion) for done in results)
        assert [done.text for done in results] == [" Four pens and three make seven.", " Four pens and", " Four pens"]
        assert (results[0].ended, results[2].ended) == ("stop" if kind == "ollama" else "end", "length")
        assert [done.usage.generated_tokens for done in results] == [7, 4, 2]
        drafts = [replace(whole, temperature=0.8, family=2, sibling=i) for i in range(4)]
        texts = {done.text for done in model.generate(drafts)}
        assert texts == {" Four pens and three make seven.", " Seven pens."}
    if kind == "sglang":
        first = math.exp(-0.1)
        rest = 1 - first - math.exp(-3)
        entropy = -sum(p * math.log(p) for p in (first, math.exp(-3), rest))
        assert results[0].entropies[0] == pytest.approx(entropy)
