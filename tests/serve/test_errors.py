"""Requests that the server does not serve: invalid fields, missing keys, limits."""

import json
from dataclasses import fields

import openai
import pytest

from hintree.errors import UsageError
from hintree.serve.errors import ApiError
from hintree.serve.keys import ApiKeys, read_keys
from hintree.serve.service import ServerLimits
from tests.support.server import FIRST_KEY, SECOND_KEY, assert_error, fetch, user_message


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"n": 2, "stream": True}, "unsupported_parameter", "n is 1 in a stream"),
        ({"n": 17}, "invalid_value", "n: "),
        ({"best_of": 2}, "unsupported_parameter", "best_of"),
        ({"logprobs": True}, "unsupported_parameter", "logprobs"),
        ({"tools": [{}]}, "unsupported_parameter", "tools"),
        ({"frequency_penalty": 1}, "unsupported_parameter", "frequency_penalty"),
        ({"response_format": {"type": "json_object"}}, "unsupported_parameter", "response_format"),
        ({"temperature": 3}, "invalid_value", "temperature"),
        ({"temperature": "hot"}, "invalid_value", "temperature"),
        ({"top_p": 0}, "invalid_value", "top_p"),
        ({"seed": 1.5}, "invalid_value", "seed"),
        ({"max_tokens": 0}, "invalid_value", "max_tokens"),
        ({"stop": [""]}, "invalid_value", "stop"),
        ({"messages": []}, "invalid_value", "messages"),
        ({"messages": "hello"}, "invalid_value", "messages"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "invalid_value", "last message"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}, "invalid_value", ""),
        ({"messages": [{"role": "user", "content": " "}]}, "invalid_value", "empty"),
        ({"messages": [{"role": "user", "content": "a\x00b"}]}, "invalid_value", "control character"),
        ({"messages": [{"role": "user", "content": "a\ud800b"}]}, "invalid_value", ""),
        ({"messages": [{"role": "user", "content": "long " * 5000}]}, "context_length_exceeded", "20000"),
    ],
)
def test_an_unsupported_request_gets_an_error_that_names_the_field(url, change, code, says):
    message, _ = assert_error(url, 400, code, {"model": "greedy", "messages": user_message(), **change})
    assert says in message


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'"x"', b"NaN"])
def test_an_invalid_body_gets_status_400(url, raw):
    status, _, text = fetch(url, "/chat/completions", raw=raw)
    assert status == 400 and json.loads(text)["error"]["message"]


def test_unknown_fields_and_neutral_values_are_ignored(url):
    odd = {"n": 1, "logprobs": False, "tools": None, "presence_penalty": 0, "user": "me", "chat_template_kwargs": {}}
    assert fetch(url, "/chat/completions", {"messages": user_message(), **odd})[0] == 200


def test_unknown_paths_and_methods_get_the_same_error_object(url):
    assert assert_error(url, 404, None, path="/nothing")
    assert assert_error(url, 405, None, path="/chat/completions")


def test_only_health_works_without_a_valid_key(locked):
    for key in (None, "wrong", FIRST_KEY[:-1], FIRST_KEY + "x", "\xff"):
        for path, data in [("/chat/completions", {}), ("/models", None), ("/trees/x", None)]:
            _, headers = assert_error(locked, 401, "invalid_api_key", data, path, key=key)
            assert headers["WWW-Authenticate"] == "Bearer"
        assert_error(locked.removesuffix("/v1"), 401, "invalid_api_key", path="/metrics", key=key)
    status, _, text = fetch(locked.removesuffix("/v1"), "/health")
    assert status == 200 and json.loads(text)["status"] == "ok"


def test_a_tree_is_readable_with_its_own_key_only_and_the_oldest_is_dropped(locked):
    links = []
    for key in (FIRST_KEY, SECOND_KEY, FIRST_KEY):
        with openai.OpenAI(base_url=locked, api_key=key, max_retries=0) as client:
            done = client.chat.completions.create(model="greedy", messages=user_message())
            links.append(done.model_extra["hintree"]["tree"])
    assert fetch(links[2], key=FIRST_KEY)[0] == 200 and fetch(links[1], key=SECOND_KEY)[0] == 200
    assert_error(links[2], 404, "tree_not_found", path="", key=SECOND_KEY)
    assert_error(links[1], 404, "tree_not_found", path="", key=FIRST_KEY)
    assert_error(links[0], 404, "tree_not_found", path="", key=FIRST_KEY)
    assert_error(links[2], 401, "invalid_api_key", path="")


def test_long_bodies_and_questions_get_errors(locked):
    assert_error(locked, 413, "request_too_large", {"messages": user_message("x" * 3000)}, key=FIRST_KEY)
    assert_error(locked, 400, "context_length_exceeded", {"messages": user_message("x" * 301)}, key=FIRST_KEY)


def test_keys_come_from_a_file_or_the_environment(tmp_path):
    file = tmp_path / "keys"
    file.write_text("one\n\n two \n")
    assert read_keys(str(file), {}) == ["one", "two"]
    assert read_keys(None, {"HINTREE_SERVE_API_KEY": "three"}) == ["three"] and read_keys(None, {}) == []
    assert ApiKeys(["one", "two"]).owner("bearer two") != ApiKeys(["one", "two"]).owner("Bearer one")
    with pytest.raises(ApiError):
        ApiKeys(["one"]).owner("Basic one")
    for text in ("", "\n \n", "a b\n", "\u00e4\n", "x" * 1_100_000):
        file.write_text(text)
        with pytest.raises(UsageError, match="api-key-file"):
            read_keys(str(file), {})
    with pytest.raises(UsageError, match="cannot be read"):
        read_keys(str(tmp_path / "none"), {})


@pytest.mark.parametrize("name", [field.name for field in fields(ServerLimits)])
def test_a_limit_outside_its_range_raises_usage_error(name):
    with pytest.raises(UsageError, match=f"serve {name}=-1"):
        ServerLimits(**{name: -1})
