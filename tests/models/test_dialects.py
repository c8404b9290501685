"""Dialects of servers: other names, shapes and manners lead to the same text, or to an error that says why."""

import json
import logging

import pytest

from hintree.cli import main
from hintree.errors import ContextError, ServerError, UsageError
from hintree.models import Completion, GenerationRequest, Prompt
from hintree.models.remote.address import TIMEOUT, parse_address
from hintree.models.remote.capabilities import Capabilities
from hintree.models.remote.client import Limits, Server, usual_limits
from hintree.models.remote.completion import completion_of
from hintree.models.remote.model import RemoteModel
from hintree.models.remote.replies import parse_reply
from tests.support.small_server import SmallServer
from tests.support.thinking_server import TOKEN

QUICK = Limits(seconds=30, try_seconds=10, tries=3, wait=0.01, longest_wait=0.05)
TEXT = "One and two is three.\n\nSo the answer is 3.\n\nDone."


def chat_server(refused=(), renamed=False, text=TEXT, **choice):
    """A chat server that writes one text; it refuses some fields, and asks for max_completion_tokens if ``renamed``."""

    def answer(path, body):
        if path != "/v1/chat/completions":
            return 404, {"error": "not here"}
        if renamed and "max_tokens" in body:
            what = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
            return 400, {"error": {"message": what, "param": "max_tokens", "code": "unsupported_parameter"}}
        for field in refused:
            if field in body:
                return 422, {"detail": [{"type": "extra_forbidden", "loc": ["body", field], "msg": "not permitted"}]}
        tokens = TOKEN.findall(text)
        limit = body.get("max_completion_tokens", body.get("max_tokens"))
        cut = {"finish_reason": "length"} if len(tokens) > limit else {"finish_reason": "stop"}
        written = "".join(tokens[:limit])
        usage = {"prompt_tokens": 9, "completion_tokens": min(len(tokens) + 1, limit)}
        return 200, {"choices": [{"message": {"content": written}, **cut, **choice}], "usage": usage}

    return SmallServer(answer)


def asked(server, limits=QUICK, **fields):
    there = Server(parse_address(f"{server.url}#m"), limits)
    return there.run(there.request(f"{server.url}/chat/completions", {"max_tokens": 99, **fields}, parse_reply))


def test_another_name_of_the_limit_is_found_and_kept():
    with chat_server(renamed=True) as server:
        model = RemoteModel(f"{server.url}#m")
        [done] = model.generate([GenerationRequest(Prompt("Q"), max_tokens=5)])
        body = server.seen[-1][2]
    assert model.capabilities.limit == "max_completion_tokens"
    assert body["max_completion_tokens"] == 5 and "max_tokens" not in body
    assert isinstance(done, Completion) and done.ended == "length"


def test_a_temperature_that_is_refused_is_left_out():
    with chat_server(refused=["temperature"]) as server:
        model = RemoteModel(f"{server.url}#m")
        assert isinstance(model.generate([GenerationRequest(Prompt("Q"))])[0], Completion)
    assert model.capabilities.refused == ("temperature",)


def test_a_field_that_is_refused_is_left_out_from_then_on_and_said_once(caplog):
    caplog.set_level(logging.WARNING)
    with chat_server() as server:
        model = RemoteModel(f"{server.url}#m")
    with chat_server(refused=["chat_template_kwargs", "seed"]) as server:
        model.server = Server(parse_address(f"{server.url}#m"), QUICK)
        prompt = Prompt("Q", template=(("enable_thinking", False),))
        for _ in range(2):
            [done] = model.generate([GenerationRequest(prompt, seed=1, temperature=1.0)])
            assert isinstance(done, Completion)
        assert len(server.seen) == 4 and model.capabilities.refused == ("chat_template_kwargs", "seed")
        [own] = model.generate([GenerationRequest(Prompt("Q", server=(("seed", "7"),)))])
    assert caplog.text.count("refuses chat_template_kwargs") == 1
    assert isinstance(own, ServerError)  # a field that the user has asked for


ERRORS = {
    "a permanent error": ({"error": {"message": "no such model", "code": 404}}, 1, ServerError),
    "an error without a code": ({"error": {"message": "bad request", "type": "invalid_request_error"}}, 1, ServerError),
    "an error as text": ({"error": "bad request"}, 1, ServerError),
    "vLLM's error": ({"object": "error", "message": "bad", "code": 400}, 1, ServerError),
    "a context that is too short": ({"error": {"message": "maximum context length is 9"}}, 1, ContextError),
    "an error in a choice": ({"choices": [{"error": {"code": 502, "message": "upstream"}}]}, 3, ServerError),
    "an overloaded provider": ({"error": {"message": "provider overloaded"}}, 3, ServerError),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_inside_a_200_is_an_error(kind):
    data, tries, error = ERRORS[kind]
    with SmallServer(lambda path, body: (200, data)) as server:
        with pytest.raises(error):
            asked(server)
        assert len(server.seen) == tries


@pytest.mark.parametrize("text", ["This model's chat template failed: jinja error", "prefill is incompatible with x"])
def test_a_500_that_no_try_changes_is_not_retried(text):
    with SmallServer(lambda path, body: (500, {"error": {"code": 500, "message": text}})) as server:
        with pytest.raises(ServerError):
            asked(server)
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"finish_reason": "content_filter"}, "content filter removed the text"),
        ({"finish_reason": "tool_calls", "message": {"content": None}}, "called a tool"),
        ({"message": {"content": None, "refusal": "I cannot."}, "finish_reason": "stop"}, "refused: 'I cannot"),
    ],
)
def test_a_text_that_was_withheld_is_an_error_at_once(choice, says):
    with chat_server(**choice) as server:
        with pytest.raises(ServerError, match=says):
            asked(server)
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("finish", "ended"),
    [("eos_token", "end"), ("stop_sequence", "stop"), ("end_turn", "end"), ("max_tokens", "length")],
)
def test_finish_reasons_of_other_servers(finish, ended):
    with chat_server(finish_reason=finish) as server:
        reply = asked(server)
    can = Capabilities("m", chat=True, endpoint="chat/completions", stop="kept", ending="field", usage="right")
    assert completion_of(reply, GenerationRequest(Prompt("Q"), stop=("END",)), can).ended == ended


def test_comment_lines_before_a_response_are_skipped():
    body = ": keep-alive\n\n: PROCESSING\n" + json.dumps({"choices": [{"text": "a", "finish_reason": "stop"}]})
    with SmallServer(lambda path, sent: (200, body)) as server:
        assert asked(server).text == "a"


@pytest.mark.parametrize("tokens", [True, False])
def test_a_text_that_overshoots_its_limit_is_cut_and_counted(tokens):
    words = [" one"] * 40
    choice = {"text": "".join(words), "finish_reason": "stop"}
    if tokens:
        choice["logprobs"] = {"tokens": words, "token_logprobs": [-0.1] * 40}
    reply = parse_reply({"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 40}})
    can = Capabilities("m", endpoint="completions", usage="right")
    done = completion_of(reply, GenerationRequest(Prompt("Q"), max_tokens=10), can)
    assert (done.text, done.ended, done.usage.generated_tokens) == ("one" + " one" * 9, "length", 40)


CHAT = Capabilities("m", chat=True, endpoint="chat/completions", stop="removed", ending="field", usage="right")
ENDINGS = {
    "a pattern": ({"stop_pattern": r"\d\."}, "One and two is three.\n\nSo the answer is 3.", "stop", ""),
    "a stop text": ({"stop": ("\n\n",)}, "One and two is three.", "stop", "\n\n"),
    "a stop text after enough tokens": (
        {"stop": ("\n\n",), "min_tokens": 10},
        "One and two is three.\n\nSo the answer is 3.",
        "stop",
        "\n\n",
    ),
    "several": ({"stop": ("Done", "is")}, "One and two ", "stop", "is"),
    "none": ({"stop": ("END",)}, TEXT, "end", ""),
}


@pytest.mark.parametrize("kind", ENDINGS)
def test_stop_texts_and_patterns_hold_on_servers(kind):
    fields, text, ended, stopped_by = ENDINGS[kind]
    with chat_server(stop_reason=None) as server:
        done = completion_of(asked(server), GenerationRequest(Prompt("Q"), max_tokens=99, **fields), CHAT)
    assert (done.text, done.ended, done.stopped_by) == (text, ended, stopped_by)
    assert done.usage.generated_tokens == len(TOKEN.findall(TEXT)) + 1  # what comes after the end is paid for too


def test_a_line_break_before_a_step_does_not_end_it():
    def answer(path, body):
        text = "\n\nOne and two is three.\n\nDone."
        ended = {"finish_reason": "stop", "stop_reason": None}
        for stop in body.get("stop", ()) if body else ():
            text, ended["stop_reason"] = text.partition(stop)[0], stop
        return 200, {"choices": [{"text": text, **ended}], "usage": {"prompt_tokens": 9, "completion_tokens": 9}}

    with SmallServer(answer) as server:
        model = RemoteModel(f"{server.url}/completions#m")
        probes = len(server.seen)
        [done] = model.generate([GenerationRequest(Prompt("Q"), stop=("\n\n",))])
        bodies = [body for _, _, body in server.seen[probes:]]
    assert ["stop" in body for body in bodies] == [True, False]
    assert (done.text, done.ended, done.stopped_by) == ("\n\nOne and two is three.", "stop", "\n\n")
    assert done.usage.calls == 2 and model.usage == done.usage


def test_a_stop_text_that_the_server_removed_is_named():
    with chat_server(text="One", stop_reason="\n\n") as server:
        done = completion_of(asked(server), GenerationRequest(Prompt("Q"), stop=("x", "\n\n")), CHAT)
    assert (done.text, done.ended, done.stopped_by) == ("One", "stop", "\n\n")


@pytest.mark.parametrize(("total", "counted"), [(109, 100), (149, 140)])
def test_tokens_of_a_thought_are_counted_once(total, counted):
    usage = {"prompt_tokens": 9, "completion_tokens": 100, "total_tokens": total}
    usage["completion_tokens_details"] = {"reasoning_tokens": 40}
    message = {"content": "18", "reasoning": "so"}
    reply = parse_reply({"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage})
    assert completion_of(reply, GenerationRequest(Prompt("Q")), CHAT).usage.generated_tokens == counted


def test_the_time_out_is_an_option_and_a_variable(monkeypatch, capsys):
    monkeypatch.delenv(TIMEOUT, raising=False)
    assert usual_limits() == Limits()
    monkeypatch.setenv(TIMEOUT, "900")
    assert (usual_limits().try_seconds, usual_limits().seconds) == (900, 3000)
    monkeypatch.setenv(TIMEOUT, "-1")
    with pytest.raises(UsageError, match="timeout '-1'"):
        usual_limits()
    monkeypatch.delenv(TIMEOUT)
    assert main(["doctor", "http://127.0.0.1:1/v1#m", "--timeout", "soon"]) == 2
    assert "timeout 'soon' is not a number of seconds" in capsys.readouterr().err
    with SmallServer(lambda path, body: (200, {}), fault=lambda number: "hang") as server:
        assert main(["doctor", f"{server.url}#m", "--timeout", "0.05"]) == 2
    assert "no complete response within 0.1" in capsys.readouterr().err
