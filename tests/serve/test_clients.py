"""Real clients: OpenAI's package, curl, litellm and Inspect's provider get the same text, and clear errors."""

import asyncio
import json
import os
import shutil
import subprocess

import openai
import pytest

from tests.support.server import QUESTION, TIMEOUT, fetch

SYSTEM = {"role": "system", "content": "Be brief."}
PARTS = [{"type": "text", "text": part} for part in QUESTION.partition(". ")[::2]]
FIELDS = {"model": "greedy", "max_completion_tokens": 2000, "n": 1, "stop": ["Answer:"], "seed": 1, "temperature": 0}
REFUSED = {
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    "response_format": {"type": "json_object"},
    "logprobs": True,
}


@pytest.fixture(scope="module")
def text(url):
    """The text of one question, requested without a client."""
    messages = [SYSTEM, {"role": "user", "content": QUESTION}]
    _, _, found = fetch(url, "/chat/completions", FIELDS | {"messages": messages})
    text = json.loads(found)["choices"][0]["message"]["content"]
    assert text and "Answer:" not in text
    return text


def test_openais_package_gets_the_same_text_at_once_later_and_in_a_stream(client, url, text):
    messages = [SYSTEM, {"role": "user", "content": QUESTION}]
    whole = client.chat.completions.create(**FIELDS, messages=messages)
    assert whole.choices[0].message.content == text and len(whole.choices) == 1
    assert whole.model_extra["hintree"]["answer"]
    with client.chat.completions.stream(**FIELDS, messages=messages) as events:
        kinds = [event.type for event in events]
        assert events.get_final_completion().choices[0].message.content == text
    assert "content.done" in kinds and "chunk" in kinds

    async def ask():
        async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=TIMEOUT) as later:
            parts = [SYSTEM, {"role": "user", "content": PARTS}]
            stream = await later.chat.completions.create(**FIELDS, messages=parts, stream=True)
            return [chunk async for chunk in stream]

    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in asyncio.run(ask()) if chunk.choices)
    assert (
        streamed
        == client.chat.completions.create(**FIELDS, messages=[SYSTEM, {"role": "user", "content": PARTS}])
        .choices[0]
        .message.content
    )


def test_openais_package_raises_its_own_errors(client):
    messages = [{"role": "user", "content": QUESTION}]
    for name, value in REFUSED.items():
        with pytest.raises(openai.BadRequestError) as error:
            client.chat.completions.create(model="greedy", messages=messages, **{name: value})
        assert (error.value.param, error.value.code) == (name, "unsupported_parameter")


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize("options", [["-N"], ["-H", "Expect: 100-continue"], ["--http1.0"]])
def test_curl_reads_a_stream_and_a_whole_response(url, text, options):
    for stream in (False, True):
        body = FIELDS | {"messages": [SYSTEM, {"role": "user", "content": QUESTION}], "stream": stream}
        command = [
            "curl",
            "-sS",
            *options,
            f"{url}/chat/completions",
            "-H",
            "Content-Type: application/json",
            "-d",
            "@-",
        ]
        done = subprocess.run(command, input=json.dumps(body), capture_output=True, text=True, timeout=TIMEOUT)
        assert done.returncode == 0 and not done.stderr
        if stream:
            assert done.stdout.endswith("data: [DONE]\n\n")
            chunks = [json.loads(line[6:]) for line in done.stdout.splitlines() if line.startswith("data: {")]
            found = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"])
        else:
            found = json.loads(done.stdout)["choices"][0]["message"]["content"]
        assert found == text


def answers_of(name, url):
    """Run a client of another environment, and return what it printed."""
    python = os.environ.get("HINTREE_CLIENTS")
    if not python:
        pytest.skip("HINTREE_CLIENTS names no Python (tests/support/clients_environment.sh)")
    command = [python, "tests/support/strange_clients.py", name, url, QUESTION]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_litellm_gets_the_same_text_and_clear_errors(url, text):
    found = answers_of("litellm", url)
    assert [found[name] for name in ("whole", "stream", "later")] == [text] * 3 and found["tokens"] > 0
    assert found["refused"].keys() == REFUSED.keys()
    for name, error in found["refused"].items():
        assert f"{name} is not supported here" in error


@pytest.mark.slow
def test_inspects_own_provider_gets_the_same_text(url, text):
    found = answers_of("inspect", url)
    assert (found["whole"], found["end"]) == (text, "stop") and found["tokens"] > 0
