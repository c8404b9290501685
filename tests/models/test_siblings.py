"""Siblings on servers: what is sent for several texts after one prompt, and that no text depends on it."""

import hashlib
import threading
from dataclasses import replace

import pytest

from hintree.errors import ServerError
from hintree.models import Completion, GenerationRequest, Prompt
from hintree.models.remote.address import parse_address
from hintree.models.remote.capabilities import Capabilities
from hintree.models.remote.client import Limits
from hintree.models.remote.completion import completions_of_family
from hintree.models.remote.logprobs import TokenLogprobs
from hintree.models.remote.model import RemoteModel, _probed
from hintree.models.remote.prefixes import SeenPrompts, shared_length
from hintree.models.remote.replies import Reply
from tests.support.small_server import SmallServer

LONG = "A question of many words, so long that its prefix is worth computing before its drafts are written. " * 2
PLAIN = Capabilities(
    "m", completions=True, endpoint="completions", sampling="yes", seed=True, logprobs="content", usage="right"
)


def words(prompt, seed):
    """The text of a prompt and a seed, three tokens."""
    return [f"{c} " for c in hashlib.sha256(f"{prompt}{seed}".encode()).hexdigest()[:3]]


def served(path, body):
    """Answer with ``n`` texts of the seeds s, s + 1, ..."""
    choices = []
    for i in range(body.get("n", 1)):
        tokens = words(body["prompt"], body.get("seed", 0) + i)[: body["max_tokens"]]
        rows = [{"token": token, "logprob": -0.5} for token in tokens]
        choices.append({"index": i, "text": "".join(tokens), "finish_reason": "length", "logprobs": {"content": rows}})
    usage = {"prompt_tokens": 50, "completion_tokens": len(rows), "prompt_tokens_details": {"cached_tokens": 7}}
    return 200, {"choices": choices[::-1], "usage": usage}


def drafts(count=4, user=LONG, assistant="", **more):
    family = {"family": 10**12 + 7, "temperature": 0.8, "max_tokens": 3} | more
    prompt = Prompt(user, assistant)
    return [GenerationRequest(prompt, seed=99 + i, sibling=i, group="q", **family) for i in range(count)]


def generate(way, requests, choices=1, answer=served):
    """The results of a model on a server with siblings of this kind, the model, and the bodies that were sent."""
    with SmallServer(served) as server:
        model = opened(server, siblings=way, choices=choices)
        server.answer = answer
        return model.generate(requests), model, [body for _, _, body in server.seen]


def opened(server, **known):
    """A model whose server is not probed."""
    name = f"{server.url}/completions#m"
    _probed[parse_address(name)] = replace(PLAIN, **known)
    return RemoteModel(name, Limits(tries=1))


@pytest.mark.parametrize(("way", "choices"), [("n", 4), ("n", 2), ("n", 1), ("first", 1), ("together", 1), ("", 1)])
def test_no_text_depends_on_the_way_in_which_siblings_are_sent(way, choices):
    requests = [*drafts(), *drafts(3, assistant="One step. ", family=5), *drafts(1, temperature=0.0)]
    results, model, _ = generate(way, requests, choices)
    expected = [
        "".join(words(r.prompt.plain(), (r.family % 2**30 + r.sibling) if r.temperature else 0)) for r in requests
    ]
    assert [done.text for done in results] == expected
    assert [len(done.probabilities) for done in results] == [3] * 8
    assert model.usage[:2] == (8, 400) and model.usage.generated_tokens == 24


def test_consecutive_siblings_are_one_request_and_the_first_bears_the_prompt():
    requests = [*drafts(), *drafts(2)[1:], *drafts(1, temperature=0.0)]
    results, _, bodies = generate("n", requests, choices=8)
    assert [(body.get("n", 1), body["temperature"]) for body in bodies] == [(2, 0.8), (3, 0.8), (1, 0.0)]
    computed = [done.usage.forwarded_tokens for done in results]
    assert sorted(computed) == [2, 2, 2, 45, 45, 45]


def test_groups_after_one_prompt_follow_each_other():
    with SmallServer(served, delay=0.02) as server:
        model = opened(server, siblings="n", choices=4)
        model.generate([*drafts(), *drafts(1, temperature=0.0)])
        assert server.busiest == 1


def test_a_prompt_of_several_texts_is_computed_first_where_it_is_new():
    results, model, bodies = generate("first", [*drafts(3), *drafts(1, user="Short?")])
    assert sorted(body["max_tokens"] for body in bodies) == [1, 3, 3, 3, 3]
    long = [body["max_tokens"] for body in bodies if body["prompt"].startswith(LONG)]
    assert long[0] == 1
    assert sorted(done.usage.forwarded_tokens for done in results) == [45, 45, 45, 88]
    assert model._meter._sent == {} == model._meter._done


def test_a_prefix_that_several_prompts_share_is_computed_first():
    requests = [*drafts(1, assistant="Hint: add.\n"), *drafts(1, assistant="Hint: multiply.\n")]
    _, _, bodies = generate("first", requests)
    assert [body["max_tokens"] for body in bodies] == [1, 3, 3]


def test_an_error_of_one_request_for_several_texts_is_the_error_of_each():
    results, _, _ = generate("n", drafts(), choices=4, answer=lambda path, body: (400, {"error": "no"}))
    assert len(results) == 4 and all(isinstance(found, ServerError) for found in results)


@pytest.mark.parametrize("indices", [[0, 0], [0, 2], [None, 1], [True, 0], [0]])
def test_several_texts_have_their_own_numbers(indices):
    def answer(path, body):
        choices = [{"index": i, "text": "a", "finish_reason": "stop"} for i in indices]
        return 200, {"choices": choices}

    results, _, _ = generate("n", drafts(2), choices=2, answer=answer)
    assert len(results) == 2 and all(isinstance(found, ServerError) for found in results)


def test_siblings_that_arrive_in_several_threads_are_planned_together():
    with SmallServer(served) as server:
        model, found = opened(server, siblings="n", choices=4), []
        threads = [threading.Thread(target=lambda r=r: found.extend(model.generate([r]))) for r in drafts()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(found) == 4 and all(isinstance(done, Completion) for done in found)
        assert len(server.seen) < 4


def test_tokens_of_several_texts_are_counted_by_their_log_probabilities():
    """llama.cpp shows the token that ends a text, as "", and no stop text."""
    can = replace(PLAIN, ending="count", stop="removed")
    rows = {"a stop text": (" a b", (" a", " b"), 3, "stop"), "the end": (" a b", (" a", " b", ""), 3, "end")}
    for text, tokens, written, ended in rows.values():
        logprobs = TokenLogprobs(tokens, (0.5,) * len(tokens), (), "content", 0)
        reply = Reply(text, "stop", None, logprobs, 50, None, 0)
        request = GenerationRequest(Prompt("q"), max_tokens=9, stop=("\n",))
        [first, second] = completions_of_family([reply, reply], [request, request], can)
        assert (first.ended, first.usage.generated_tokens) == (second.ended, written) == (ended, written)
        assert (first.usage.forwarded_tokens, second.usage.forwarded_tokens) == (52, 2)


def test_the_longest_prefix_of_earlier_prompts_is_found():
    seen = SeenPrompts()
    for text in ("abcd", "abxx", "b"):
        seen.add(text)
    assert [seen.longest(text) for text in ("abce", "abx", "c", "", "bz")] == [3, 3, 0, 0, 1]
    assert [shared_length(*pair) for pair in (("", "a"), ("ab", "ab"), ("abc", "abd"))] == [0, 2, 2]
