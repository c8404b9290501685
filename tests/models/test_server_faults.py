"""Faults of servers: transient ones are retried, others fail at once, and no partial response is used."""

import random
import threading
import time

import pytest

from hintree.errors import CancelledRequestError, ContextError, ServerError, UsageError
from hintree.models import GenerationRequest, Prompt
from hintree.models.remote.address import parse_address
from hintree.models.remote.client import Limits, Server
from hintree.models.remote.model import RemoteModel
from hintree.models.remote.replies import parse_reply
from hintree.search import Budget
from hintree.search.core.scope import Scope
from hintree.solver import Solver
from tests.support.small_server import TRANSIENT_FAULTS, SmallServer, fixed, lab_server

QUICK = Limits(seconds=60, try_seconds=20, tries=4, wait=0.01, longest_wait=0.1, bytes=100_000)
SHORT_TRIES = Limits(seconds=60, try_seconds=0.5, tries=8, wait=0.01, longest_wait=0.1, bytes=100_000)
QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"


def ask(server, limits=QUICK):
    there = Server(parse_address(f"{server.url}#m"), limits)
    return there.run(there.request(f"{server.url}/completions", {"model": "m"}, parse_reply))


def first(fault):
    return lambda number: fault if number == 0 else ""


@pytest.mark.parametrize("fault", TRANSIENT_FAULTS)
def test_a_transient_fault_is_retried(fault):
    limits = SHORT_TRIES if fault in ("hang", "drip", "drip headers") else QUICK
    with SmallServer(fixed, first(fault)) as server:
        assert ask(server, limits).text == "four"
        assert len(server.seen) >= 2


@pytest.mark.parametrize("fault", ["400", "401", "404", "422"])
def test_a_permanent_fault_fails_at_once_and_names_url_and_model(fault):
    with SmallServer(fixed, lambda number: fault) as server, pytest.raises(ServerError, match=fault) as caught:
        ask(server)
    assert f"{server.url}/completions" in str(caught.value) and "'m'" in str(caught.value)
    assert len(server.seen) == 1


def test_a_server_with_one_endpoint_fails_by_the_error_of_that_one():
    """The endpoint that is not there (404) is not what the user has to fix; the refusal of the other is."""
    for there in ("completions", "chat/completions"):

        def answer(path, body, there=there):
            return (401, {"error": "no key"}) if path == f"/v1/{there}" else (404, {"error": "not here"})

        with SmallServer(answer) as server, pytest.raises(ServerError, match=f"{server.url}/{there}, .*HTTP 401"):
            RemoteModel(f"{server.url}#m", limits=QUICK)


TOO_LONG = {
    "openai": {
        "error": {"message": "This model's maximum context length is 9 tokens.", "code": "context_length_exceeded"}
    },
    "vllm": {
        "message": "This model's maximum context length is 9 tokens. However, you requested 12 tokens",
        "code": 400,
    },
    "vllm before": {"message": "max_tokens must be at least 1, got -3.", "code": 400},
    "sglang": {"message": "The input (12 tokens) is longer than the model's context length (9 tokens)."},
    "llama.cpp": {"error": {"type": "exceed_context_size_error", "n_prompt_tokens": 12, "n_ctx": 9}},
}


@pytest.mark.parametrize("server", TOO_LONG)
def test_a_text_beyond_the_context_is_a_context_error(server):
    with SmallServer(lambda path, body: (400, TOO_LONG[server])) as there, pytest.raises(ContextError, match="400"):
        ask(there)


@pytest.mark.parametrize("fault", ["500", "garbage", "no end", "truncated", "reset"])
def test_a_fault_that_persists_fails_after_the_tries(fault):
    with SmallServer(fixed, lambda number: fault) as server, pytest.raises(ServerError, match="4 tries"):
        ask(server)
    assert len(server.seen) == 4


@pytest.mark.parametrize("fault", ["hang", "drip", "drip headers"])
def test_one_deadline_covers_connection_headers_and_body(fault):
    limits = Limits(seconds=0.5, try_seconds=100, wait=0.01)
    with SmallServer(fixed, lambda number: fault) as server, pytest.raises(ServerError, match=r"within 0\.5 s"):
        ask(server, limits)
    assert len(server.seen) == 1


def test_a_server_that_is_not_running_is_a_server_error():
    with SmallServer(fixed) as server:
        pass
    with pytest.raises(ServerError, match=r"ConnectError.*; start the server, or correct host and port"):
        ask(server)


def test_a_redirect_is_not_followed():
    with SmallServer(fixed) as other, SmallServer(fixed, lambda n: "redirect", location=other.origin) as server:
        with pytest.raises(ServerError, match=f"307.*{other.port}.*not followed"):
            ask(server)
        assert (len(server.seen), len(other.seen)) == (1, 0)


def test_backoff_doubles_with_full_jitter_and_a_cap_and_honours_retry_after():
    server = Server(parse_address("http://h/v1#m"), Limits(wait=1, longest_wait=8))
    for attempt, most in enumerate([1, 2, 4, 8, 8, 8]):
        pauses = [server._backoff(attempt, None) for _ in range(200)]
        assert 0 <= min(pauses) < most / 4 and most * 0.75 < max(pauses) <= most
    assert 5 <= server._backoff(0, 5.0) <= 5.25
    assert server._backoff(0, 3600.0) <= 8.25


def test_the_key_is_sent_to_its_own_server_only(monkeypatch, tmp_path, caplog):
    caplog.set_level("DEBUG")
    with lab_server() as server, lab_server() as other:
        monkeypatch.setenv(f"HINTREE_KEY_127_0_0_1_{server.port}", "sk-secret")
        solver = Solver("greedy", reasoner=f"{server.url}/completions#student", recording=tmp_path / "r")
        solution = solver.solve(QUESTION)
        RemoteModel(f"{other.url}#student")
        assert {headers.get("authorization") for _, headers, _ in server.seen} == {"Bearer sk-secret"}
        assert {headers.get("authorization") for _, headers, _ in other.seen} == {None}
    texts = [
        solution.tree.to_json(),
        (tmp_path / "r").read_text(),
        caplog.text,
        repr(vars(solver)),
        repr(solver.models),
    ]
    assert not any("sk-secret" in text for text in texts)


def test_a_key_that_the_server_repeats_is_removed_from_the_error(monkeypatch):
    with SmallServer(lambda path, body: (401, {"error": "bad key sk-secret"})) as server:
        monkeypatch.setenv(f"HINTREE_KEY_127_0_0_1_{server.port}", "sk-secret")
        with pytest.raises(ServerError, match=f"HINTREE_KEY_127_0_0_1_{server.port}, which is set") as caught:
            ask(server)
        assert "sk-secret" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["http://", "http://user:pw@host/v1#m", "http://host/v1?key=1#m", "http://host:port/v1", "http://h#m?labels=a"],
)
def test_bad_names_are_refused(name):
    with pytest.raises(UsageError) as caught:
        parse_address(name)
    assert "pw" not in str(caught.value)


def test_concurrent_requests_stay_within_the_limit():
    limits = Limits(at_once=3)
    with SmallServer(fixed, delay=0.05) as server:
        there = Server(parse_address(f"{server.url}#m"), limits)

        async def many():
            import asyncio

            return await asyncio.gather(
                *(there.request(f"{server.url}/completions", {}, parse_reply) for _ in range(12))
            )

        assert len(there.run(many())) == 12
        assert 1 < server.busiest <= 3


def test_a_budget_of_seconds_cancels_pending_requests():
    with lab_server() as server:
        model = RemoteModel(f"{server.url}/completions#student")
        server.fault = lambda number: "hang"
        solution = Solver("beam", reasoner=model, scorer="confidence", budget=Budget(seconds=0.5)).solve(QUESTION)
        assert str(solution.stop_reason) == "budget: seconds"
        deadline = time.monotonic() + 60
        while server.busy and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.dropped > 0 and server.busy == 0
    account = solution.ledger["reasoner"]
    assert 0 < account.calls == model.usage.calls <= 4
    assert account.prompt_tokens == model.usage.prompt_tokens >= 20 * account.calls


def test_a_cancelled_request_costs_what_its_time_and_the_speed_of_others_tell():
    with lab_server() as server:
        model = RemoteModel(f"{server.url}/completions#student")
        [done] = model.generate([GenerationRequest(Prompt(QUESTION), max_tokens=30)])
        server.fault, scope = lambda number: "hang", Scope()
        timer = threading.Timer(0.5, scope.end)
        timer.start()
        with scope.open():
            [found] = model.generate([GenerationRequest(Prompt(QUESTION), max_tokens=30)])
        timer.join()
    assert isinstance(found, CancelledRequestError) and found.usage.prompt_tokens > 20
    assert 0 < found.usage.generated_tokens <= 30 and found.usage.calls == 1
    assert model.usage == done.usage.plus(found.usage)


def test_a_fifth_of_all_requests_failing_changes_no_answer():
    questions = [QUESTION, QUESTION.replace("3 more", "9 more"), QUESTION.replace("4 pens", "12 pens")]
    dice = random.Random(5)
    faults = [fault for fault in (*TRANSIENT_FAULTS, "") if fault not in ("hang", "drip", "drip headers")]
    with lab_server() as server:
        name = f"{server.url}/completions#student"
        model = RemoteModel(name, Limits(tries=30, wait=0.01, longest_wait=0.05, bytes=100_000))
        fine = [lines(s) for s in Solver("greedy", reasoner=model, protocol="lab").solve_many(questions)]
        before = len(server.seen)
        server.fault = lambda number: dice.choice(faults) if dice.random() < 0.2 else ""
        for _ in range(3):
            assert [lines(s) for s in Solver("greedy", reasoner=model, protocol="lab").solve_many(questions)] == fine
        assert sum(server.fault(0) != "" for _ in range(1000)) > 150 and len(server.seen) > before
    local = Solver("greedy", reasoner="embedded:student").solve_many(questions)
    assert [lines(s) for s in local] == fine


def lines(solution):
    """Return the facts of a tree that do not depend on rounding."""
    return solution.answer, [(n.step.text, n.step.ended, n.step.tokens, n.author, n.status) for n in solution.tree]
