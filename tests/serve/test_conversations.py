"""A conversation before the question reaches the model's prompt, and a thought stays out of the content."""

import json

import pytest

from hintree.serve.benchmark import serving
from hintree.serve.errors import ApiError
from hintree.serve.requests import ChatBody, parse_request
from hintree.serve.service import ServerLimits, Service
from hintree.solver import Solver
from tests.support.server import fetch
from tests.support.thinking_server import QUESTION, THOUGHT, Trace, thinking_server

MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "developer", "content": [{"type": "text", "text": "Use metric units."}]},
    {"role": "user", "content": "Hello."},
    {"role": "user", "content": "My name is Ana."},
    {"role": "assistant", "content": "Hello, Ana."},
    {"role": "assistant", "content": None},
    {"role": "tool", "content": "17"},
    {"role": "user", "content": QUESTION},
]


def parsed(messages):
    return parse_request({"messages": messages}, ChatBody, 1000)


def test_messages_become_a_system_text_and_turns():
    problem, [warning] = parsed(MESSAGES).problem, parsed(MESSAGES).warnings
    assert problem.question == QUESTION and problem.system == "Be brief.\n\nUse metric units."
    assert problem.turns == (("user", "Hello.\n\nMy name is Ana."), ("assistant", "Hello, Ana."))
    assert warning.startswith("2 earlier messages")
    two = [{"role": "user", "content": "Read this."}, {"role": "user", "content": QUESTION}]
    assert parsed(two).problem.question == f"Read this.\n\n{QUESTION}" and parsed(two).problem.turns == ()
    with pytest.raises(ApiError, match=r"U\+0007"):
        parsed([{"role": "system", "content": "bell \a"}, *MESSAGES])


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("trace", [Trace(), Trace(parser="reasoning_content", prefill="")], ids=["text", "field"])
def test_a_request_is_answered_in_its_conversation_and_without_the_thought(trace, stream):
    with thinking_server(trace) as model:
        service = Service({"greedy": Solver("greedy", reasoner=f"{model.url}#r1")}, [], ServerLimits())
        probes = len(model.seen)
        with serving(service) as url:
            status, _, text = fetch(url, "/chat/completions", {"messages": MESSAGES, "stream": stream})
        sent = model.seen[probes][2]["messages"]
    assert status == 200
    assert sent[0]["role"] == "system"
    assert sent[0]["content"].startswith("Be brief.\n\nUse metric units.\n\nPlease reason")
    assert [(turn["role"], turn["content"]) for turn in sent[1:4]] == [
        ("user", "Hello.\n\nMy name is Ana."),
        ("assistant", "Hello, Ana."),
        ("user", QUESTION),
    ]
    if stream:
        events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
        message = {"content": "".join(e["choices"][0]["delta"].get("content", "") for e in events if e["choices"])}
    else:
        message = json.loads(text)["choices"][0]["message"]
        assert message["reasoning_content"].strip() == THOUGHT
    assert message["content"] == "She has 12 + 14 - 8 = 18 apples.\n\nThe answer is 18.\n\nAnswer: 18"
