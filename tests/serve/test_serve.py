"""The server, on the shipped models, called by OpenAI's own client over a real socket."""

import asyncio
import http.client
import json
import threading
import time
from contextlib import contextmanager

import openai
import pytest

from hintree.errors import UsageError
from hintree.lab.generate import problems
from hintree.search import Budget
from hintree.serve.benchmark import serving
from hintree.serve.engine import Engine, FullError, Job
from hintree.serve.errors import RefusalError
from hintree.serve.keys import Keys, read_keys
from hintree.serve.service import Limits, Service
from hintree.serve.solvers import drawn_with, load_solvers
from hintree.solver import Solver

QUESTION = next(problems("test", range(3, 4), n=1, seed=4)).question
SECRET = "the-first-key"
OTHER = "the-second-key"
PATIENCE = 600
"""Seconds: far more than anything here takes, on any machine."""


@pytest.fixture(scope="module")
def solvers():
    return load_solvers(["hintree", "greedy", "beam"], {})


@pytest.fixture(scope="module")
def url(solvers):
    with serving(Service(solvers)) as url:
        yield url


@pytest.fixture
def client(url):
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=PATIENCE) as client:
        yield client


@pytest.fixture(scope="module")
def locked(solvers):
    """A server with two keys and small limits."""
    with serving(Service(solvers, [SECRET, OTHER], Limits(body=2000, question=300, trees=2))) as url:
        yield url


def ask(question=QUESTION):
    return [{"role": "user", "content": question}]


def fetch(url, path="", data=None, key=None, raw=None):
    """Status, headers and text of a request made without any client library's help."""
    import urllib.error
    import urllib.request

    headers = {"Authorization": f"Bearer {key}"} if key else {}
    body = raw if raw is not None else None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(f"{url}{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def refused(url, status, code, data=None, path="/chat/completions", **options):
    """Check a refusal's status and shape; its message."""
    found, headers, text = fetch(url, path, data, **options)
    error = json.loads(text)["error"]
    assert found == status and error["code"] == code and set(error) == {"message", "type", "param", "code"}, text
    assert "Traceback" not in text
    return error["message"], headers


def test_a_chat_completion_is_the_solution_with_its_real_cost(client, solvers):
    done = client.chat.completions.create(model="hintree", messages=ask(), seed=3)
    direct = Solver("hintree", seed=3, share=solvers["hintree"]).solve(QUESTION)
    steps = "\n\n".join(node.step.text for node in direct.steps)
    assert done.choices[0].message.content == f"{steps}\n\nAnswer: {direct.answer}"
    assert done.choices[0].finish_reason == "stop" and done.model == "hintree" and done.object == "chat.completion"
    assert done.usage.completion_tokens == direct.ledger.total("generated_tokens") > 0
    assert done.usage.prompt_tokens == direct.ledger.total("prompt_tokens") > 0
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens
    extra = done.model_extra["hintree"]
    assert extra["answer"] == direct.answer and extra["confidence"] == direct.confidence
    assert extra["stop_reason"] == "complete" and extra["warnings"] == []
    assert set(extra["ledger"]) == {"reasoner", "hinter", "teacher", "scorer"}


@pytest.mark.parametrize("preset", ["greedy", "hintree", "beam"])
def test_a_stream_is_the_same_text_in_steps_and_ends_with_the_usage(client, preset):
    whole = client.chat.completions.create(model=preset, messages=ask())
    stream = client.chat.completions.create(
        model=preset, messages=ask(), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    texts = [c.choices[0].delta.content or "" for c in chunks if c.choices]
    assert "".join(texts) == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].choices == [] and chunks[-1].usage == whole.usage
    assert all(c.usage is None for c in chunks[:-1]) and len({c.id for c in chunks}) == 1
    steps = whole.choices[0].message.content.split("\n\n")
    if preset == "greedy" and len(steps) > 3:
        assert texts[1] == f"{steps[0]}\n\n"
    assert chunks[-2].model_extra["hintree"]["answer"] == whole.model_extra["hintree"]["answer"]


def test_the_older_endpoint_serves_whole_and_streamed(client):
    whole = client.completions.create(model="greedy", prompt=QUESTION)
    assert whole.object == "text_completion" and "Answer: " in whole.choices[0].text
    stream = list(client.completions.create(model="greedy", prompt=[QUESTION], stream=True))
    assert "".join(chunk.choices[0].text for chunk in stream) == whole.choices[0].text
    assert stream[-1].choices[0].finish_reason == "stop" and stream[-1].usage is None


def test_models_are_the_presets(client):
    assert [model.id for model in client.models.list()] == ["hintree", "greedy", "beam"]
    assert client.models.retrieve("beam").owned_by == "hintree"
    with pytest.raises(openai.NotFoundError, match="there are hintree, greedy, beam"):
        client.chat.completions.create(model="gpt-4", messages=ask())


def test_a_tree_link_leads_to_the_tree_as_json_and_as_a_page(client, url):
    done = client.chat.completions.create(model="beam", messages=ask())
    link = done.model_extra["hintree"]["tree"]
    assert link.startswith(f"{url}/trees/")
    status, headers, text = fetch(link)
    tree = json.loads(text)
    assert status == 200 and headers["Cache-Control"] == "no-store" and tree["problem"]["question"] == QUESTION
    last, answer = done.choices[0].message.content.split("\n\n")[-2:]
    assert tree["nodes"][tree["chosen"]]["step"]["text"] == last and answer.startswith("Answer: ")
    status, headers, text = fetch(f"{link}?format=html")
    assert status == 200 and headers["Content-Type"].startswith("text/html") and "<html" in text
    refused(link, 400, "invalid_value", path="?format=exe")
    refused(url, 404, "tree_not_found", path="/trees/guess")


def test_a_limit_of_tokens_ends_the_search_and_says_so(client):
    done = client.chat.completions.create(model="hintree", messages=ask(), max_tokens=1)
    assert done.choices[0].finish_reason == "length"
    assert done.model_extra["hintree"]["stop_reason"] == "budget: tokens"


def test_stop_texts_cut_the_answer_streamed_or_not(client):
    whole = client.chat.completions.create(model="greedy", messages=ask(), stop=["Answer:"])
    assert "Answer:" not in whole.choices[0].message.content and whole.model_extra["hintree"]["answer"]
    stream = client.chat.completions.create(model="greedy", messages=ask(), stop="Answer:", stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert text == whole.choices[0].message.content


def test_earlier_messages_are_not_read_and_the_caller_is_told(client):
    told = [{"role": "system", "content": "Be brief."}, *ask("x"), {"role": "assistant", "content": "y"}, *ask()]
    done = client.chat.completions.create(model="greedy", messages=told)
    alone = client.chat.completions.create(
        model="greedy", messages=[{"role": "user", "content": [{"type": "text", "text": QUESTION}]}]
    )
    assert done.choices[0].message.content == alone.choices[0].message.content
    assert "3 earlier messages were not read" in done.model_extra["hintree"]["warnings"][0]


def test_a_question_from_outside_the_lab_is_answered_with_a_warning(client):
    done = client.chat.completions.create(model="greedy", messages=ask("Why is the sky blue?"))
    assert "only the lab's word problems" in done.model_extra["hintree"]["warnings"][0]


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"n": 2}, "unsupported_parameter", "n is not supported"),
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
def test_a_request_that_cannot_be_honoured_is_refused_by_name(url, change, code, says):
    message, _ = refused(url, 400, code, {"model": "greedy", "messages": ask(), **change})
    assert says in message


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'"x"', b"NaN"])
def test_a_body_that_is_no_request_is_refused(url, raw):
    status, _, text = fetch(url, "/chat/completions", raw=raw)
    assert status == 400 and json.loads(text)["error"]["message"]


def test_fields_that_ask_for_nothing_or_are_unknown_are_ignored(url):
    odd = {"n": 1, "logprobs": False, "tools": None, "presence_penalty": 0, "user": "me", "chat_template_kwargs": {}}
    assert fetch(url, "/chat/completions", {"messages": ask(), **odd})[0] == 200


def test_unknown_paths_and_methods_get_errors_in_the_same_shape(url):
    assert refused(url, 404, None, path="/nothing")
    assert refused(url, 405, None, path="/chat/completions")


def test_without_a_valid_key_nothing_but_the_health_is_told(locked):
    for key in (None, "wrong", SECRET[:-1], SECRET + "x", "\xff"):
        for path, data in [("/chat/completions", {}), ("/models", None), ("/trees/x", None)]:
            _, headers = refused(locked, 401, "invalid_api_key", data, path, key=key)
            assert headers["WWW-Authenticate"] == "Bearer"
        refused(locked.removesuffix("/v1"), 401, "invalid_api_key", path="/metrics", key=key)
    status, _, text = fetch(locked.removesuffix("/v1"), "/health")
    assert status == 200 and json.loads(text)["status"] == "ok"


def test_a_tree_is_for_the_key_that_asked_only_and_the_oldest_is_dropped(locked):
    links = []
    for key in (SECRET, OTHER, SECRET):
        with openai.OpenAI(base_url=locked, api_key=key, max_retries=0) as client:
            done = client.chat.completions.create(model="greedy", messages=ask())
            links.append(done.model_extra["hintree"]["tree"])
    assert fetch(links[2], key=SECRET)[0] == 200 and fetch(links[1], key=OTHER)[0] == 200
    refused(links[2], 404, "tree_not_found", path="", key=OTHER)
    refused(links[1], 404, "tree_not_found", path="", key=SECRET)
    refused(links[0], 404, "tree_not_found", path="", key=SECRET)
    refused(links[2], 401, "invalid_api_key", path="")


def test_long_bodies_and_questions_are_refused(locked):
    refused(locked, 413, "request_too_large", {"messages": ask("x" * 3000)}, key=SECRET)
    refused(locked, 400, "context_length_exceeded", {"messages": ask("x" * 301)}, key=SECRET)


def test_the_metrics_count_requests_and_tokens_and_hold_no_text(url, client):
    done = client.chat.completions.create(model="greedy", messages=ask())
    _, headers, text = fetch(url.removesuffix("/v1"), "/metrics")
    from prometheus_client.parser import text_string_to_metric_families

    values = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values["hintree_requests_total", "200", "greedy"] >= 1
    assert values["hintree_tokens_total", "generated", "reasoner"] >= done.usage.completion_tokens
    assert (
        values["hintree_live_searches",] == 0
        and QUESTION[:20] not in text
        and headers["Content-Type"].startswith("text/")
    )


def test_64_callers_at_once_are_all_answered_as_if_alone(url, solvers):
    questions = [problem.question for problem in problems("test", range(2, 4), n=64, seed=5)]

    async def call_all():
        async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=PATIENCE) as client:
            calls = [client.chat.completions.create(model="greedy", messages=ask(q), seed=1) for q in questions]
            return await asyncio.gather(*calls)

    answers = [done.model_extra["hintree"]["answer"] for done in asyncio.run(call_all())]
    direct = Solver("greedy", seed=1, share=solvers["greedy"])
    assert answers == [solution.answer for solution in direct.solve_many(questions, progress=False)]


class Gate:
    """Holds an answerer's batches back until it is opened."""

    def __init__(self, solver):
        self.solver = Solver(solver.preset, **solver.models, share=solver)
        self.open, self.entered, self.sizes = threading.Event(), threading.Event(), []
        inner = self.solver.handlers["reasoner"]

        def answer(asks):
            self.entered.set()
            self.sizes.append(len(asks))
            assert self.open.wait(PATIENCE)
            return inner.handle(asks)

        self.solver.handlers["reasoner"] = inner._replace(handle=answer)


@contextmanager
def gated(solvers, late=0.0, **limits):
    """A server whose reasoner waits at a gate, which opens ``late`` seconds after the server is told to stop."""
    gate = Gate(solvers["greedy"])
    service = Service({"greedy": gate.solver}, [], Limits(**limits))
    with serving(service) as url:
        try:
            yield gate, service, url
        finally:
            threading.Timer(late, gate.open.set).start()


def later(url, results, **data):
    """Ask in a thread of its own."""
    thread = threading.Thread(
        target=lambda: results.append(fetch(url, "/chat/completions", {"messages": ask(), **data}))
    )
    thread.start()
    return thread


def until(condition):
    """Wait for what another thread does."""
    for _ in range(100 * PATIENCE):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to pass")


def test_callers_who_come_later_join_the_batch_and_who_is_too_many_is_told_when_to_come_back(solvers):
    results = []
    with gated(solvers, live=3, queue=1) as (gate, service, url):
        threads = [later(url, results)]
        assert gate.entered.wait(PATIENCE)
        for count in (1, 2, 3):
            threads.append(later(url, results, seed=count))
            until(lambda count=count: len(service.engine.waiting) == count)
        _, headers = refused(url, 429, "queue_full", {"messages": ask()})
        assert int(headers["Retry-After"]) >= 1
        gate.open.set()
        for thread in threads:
            thread.join()
    assert [status for status, _, _ in results] == [200] * 4
    assert gate.sizes[:2] == [1, 3]


@pytest.mark.parametrize("stream", [False, True])
def test_a_search_ends_when_its_caller_leaves(solvers, stream):
    with gated(solvers) as (gate, service, url):
        connection = http.client.HTTPConnection(url.removeprefix("http://").removesuffix("/v1"))
        connection.request("POST", "/v1/chat/completions", json.dumps({"messages": ask(), "stream": stream}))
        assert gate.entered.wait(PATIENCE)
        connection.close()
        until(lambda: all(job.cancelled for job in service.engine.jobs))
        gate.open.set()
        until(lambda: not service.engine.jobs)
        assert len(gate.sizes) == 1 and not service.trees.kept


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_that_takes_too_long_is_told_so(solvers, stream):
    with gated(solvers, seconds=2) as (_, service, url):
        with openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=PATIENCE) as client:
            with pytest.raises(openai.APIError, match=r"no answer within 2 seconds") as error:
                list(client.chat.completions.create(model="greedy", messages=ask(), stream=stream))
            assert stream or error.value.status_code == 504
        until(lambda: all(job.cancelled for job in service.engine.jobs))


def test_a_server_that_is_stopped_tells_who_waits_at_once_and_who_runs_after_its_grace_time(solvers):
    results = []
    with gated(solvers, late=1.0, live=1, queue=5, grace=0.2) as (gate, service, url):
        threads = [later(url, results)]
        assert gate.entered.wait(PATIENCE)
        threads.append(later(url, results))
        until(lambda: service.engine.waiting)
    for thread in threads:
        thread.join()
    assert [status for status, _, _ in results] == [503, 503]
    assert all(json.loads(text)["error"]["code"] == "shutting_down" for _, _, text in results)


def test_a_search_that_fails_is_its_own_callers_affair(solvers):
    broken = Solver("greedy", reasoner=solvers["greedy"].handlers["reasoner"]._replace(handle=fail))
    with serving(Service({"broken": broken, "greedy": solvers["greedy"]})) as url:
        message, _ = refused(url, 500, "search_failed", {"messages": ask(), "model": "broken"})
        assert "out of order" in message
        assert fetch(url, "/chat/completions", {"messages": ask(), "model": "greedy"})[0] == 200


def fail(asks):
    raise RuntimeError("out of order")


def test_a_bug_in_the_engine_leaves_no_caller_waiting(solvers, caplog):
    told = []
    engine = Engine(2, 0)
    job = Job(solvers["greedy"], QUESTION, 0, Budget(), told.append)
    engine.submit(job)
    engine.submit(Job(solvers["greedy"], QUESTION, 0, Budget(), told.append))
    with pytest.raises(FullError):
        engine.submit(job)
    engine._round = lambda: 1 / 0
    engine.thread.start()
    until(lambda: len(told) == 2)
    engine.close()
    engine.thread.join()
    assert all(isinstance(event, ZeroDivisionError) for event in told) and "has failed" in caplog.text


def test_a_callers_temperature_is_that_of_every_draft(solvers):
    drawn = drawn_with(solvers["beam"], 0.3, 0.9)
    assert (drawn.preset.sampling.temperature, drawn.preset.sampling.top_p) == (0.3, 0.9)
    assert not drawn.preset.sampling.greedy_first and drawn_with(solvers["beam"], 0.3, 0.9) is drawn
    assert drawn_with(solvers["beam"], None, None) is solvers["beam"]
    assert drawn.handlers["scorer"] is solvers["beam"].handlers["scorer"]


def test_keys_come_from_a_file_or_the_environment(tmp_path):
    file = tmp_path / "keys"
    file.write_text("one\n\n two \n")
    assert read_keys(str(file), {}) == ["one", "two"]
    assert read_keys(None, {"HINTREE_SERVE_API_KEY": "three"}) == ["three"] and read_keys(None, {}) == []
    assert Keys(["one", "two"]).owner("bearer two") != Keys(["one", "two"]).owner("Bearer one")
    with pytest.raises(RefusalError):
        Keys(["one"]).owner("Basic one")
    for text in ("", "\n \n", "a b\n", "\u00e4\n"):
        file.write_text(text)
        with pytest.raises(UsageError, match="api-key-file"):
            read_keys(str(file), {})
    with pytest.raises(UsageError, match="cannot be read"):
        read_keys(str(tmp_path / "none"), {})


@pytest.mark.parametrize("name", ["live", "queue", "seconds", "body", "question", "trees", "grace"])
def test_a_limit_outside_its_range_is_refused_by_name(name):
    with pytest.raises(UsageError, match=f"serve {name}=-1"):
        Limits(**{name: -1})
