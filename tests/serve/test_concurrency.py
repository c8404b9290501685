"""Many callers at once: shared batches, disconnects, deadlines, shutdown, failures."""

import asyncio
import http.client
import json

import openai
import pytest

from hintree.lab.generate import problems
from hintree.search import Beam, Budget, Problem, Rewrite
from hintree.serve.benchmark import serving
from hintree.serve.engine import Engine, QueueFullError, SearchJob
from hintree.serve.service import Service
from hintree.serve.solvers import with_sampling
from hintree.solver import Solver
from tests.support.server import QUESTION, TIMEOUT, assert_error, fetch, gated, post_in_thread, user_message, wait_until


def test_64_concurrent_callers_get_the_answers_of_direct_solving(url, solvers):
    questions = [problem.question for problem in problems("test", range(2, 4), n=64, seed=5)]

    async def call_all():
        async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=TIMEOUT) as client:
            calls = [
                client.chat.completions.create(model="greedy", messages=user_message(q), seed=1) for q in questions
            ]
            return await asyncio.gather(*calls)

    answers = [done.model_extra["hintree"]["answer"] for done in asyncio.run(call_all())]
    direct = Solver("greedy", seed=1, pool=solvers["greedy"].pool)
    assert answers == [solution.answer for solution in direct.solve_many(questions, progress=False)]


def test_later_callers_join_the_batch_and_a_full_queue_gives_status_429(solvers):
    results = []
    with gated(solvers, live=3, queue=1) as (gate, service, url):
        threads = [post_in_thread(url, results)]
        assert gate.entered.wait(TIMEOUT)
        for count in (1, 2, 3):
            threads.append(post_in_thread(url, results, seed=count))
            wait_until(lambda count=count: len(service.engine.waiting) == count)
        _, headers = assert_error(url, 429, "queue_full", {"messages": user_message()})
        assert int(headers["Retry-After"]) >= 1
        gate.open.set()
        for thread in threads:
            thread.join()
    assert [status for status, _, _ in results] == [200] * 4
    assert gate.sizes[:2] == [1, 3]


@pytest.mark.parametrize("stream", [False, True])
def test_a_search_ends_when_its_client_disconnects(solvers, stream):
    with gated(solvers) as (gate, service, url):
        connection = http.client.HTTPConnection(url.removeprefix("http://").removesuffix("/v1"))
        body = json.dumps({"messages": user_message(), "stream": stream})
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        assert gate.entered.wait(TIMEOUT)
        connection.close()
        wait_until(lambda: all(job.cancelled for job in service.engine.jobs))
        gate.open.set()
        wait_until(lambda: not service.engine.jobs)
        assert len(gate.sizes) == 1 and not service.trees.kept


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_beyond_its_deadline_gets_status_504(solvers, stream):
    with gated(solvers, seconds=2) as (_, service, url):
        with openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=TIMEOUT) as client:
            with pytest.raises(openai.APIError, match=r"no answer within 2 seconds") as error:
                list(client.chat.completions.create(model="greedy", messages=user_message(), stream=stream))
            if not stream:
                assert error.value.status_code == 504
        wait_until(lambda: all(job.cancelled for job in service.engine.jobs))


def test_shutdown_ends_waiting_requests_at_once_and_running_ones_after_the_grace_time(solvers):
    results = []
    with gated(solvers, late=1.0, live=1, queue=5, grace=0.2) as (gate, service, url):
        threads = [post_in_thread(url, results)]
        assert gate.entered.wait(TIMEOUT)
        threads.append(post_in_thread(url, results))
        wait_until(lambda: service.engine.waiting)
    for thread in threads:
        thread.join()
    assert [status for status, _, _ in results] == [503, 503]
    assert all(json.loads(text)["error"]["code"] == "shutting_down" for _, _, text in results)


def test_a_failed_search_affects_only_its_own_caller_and_only_the_log_says_why(solvers, caplog):
    broken = Solver("greedy", reasoner=solvers["greedy"].handlers["reasoner"]._replace(handle=fail))
    with serving(Service({"broken": broken, "greedy": solvers["greedy"]})) as url:
        message, _ = assert_error(url, 500, "search_failed", {"messages": user_message(), "model": "broken"})
        assert message == "the search has failed; the server's log says why"
        assert "out of order" in caplog.text
        assert fetch(url, "/chat/completions", {"messages": user_message(), "model": "greedy"})[0] == 200


def fail(requests):
    raise RuntimeError("out of order")


def test_a_bug_in_the_engine_reaches_every_caller(solvers, caplog):
    events = []
    engine = Engine(2, 0)
    job = SearchJob(solvers["greedy"], Problem(QUESTION), 0, Budget(), events.append)
    engine.submit(job)
    engine.submit(SearchJob(solvers["greedy"], Problem(QUESTION), 0, Budget(), events.append))
    with pytest.raises(QueueFullError):
        engine.submit(job)
    engine._round = lambda: 1 / 0
    engine.thread.start()
    wait_until(lambda: len(events) == 2)
    engine.close()
    engine.thread.join()
    assert all(isinstance(event, ZeroDivisionError) for event in events) and "has failed" in caplog.text


def test_a_requested_temperature_holds_for_every_sample(solvers):
    drawn = with_sampling(solvers["beam"], 0.3, 0.9)
    assert (drawn.preset.sampling.temperature, drawn.preset.sampling.top_p) == (0.3, 0.9)
    assert not drawn.preset.sampling.greedy_first and with_sampling(solvers["beam"], 0.3, 0.9) is drawn
    assert with_sampling(solvers["beam"], None, None) is solvers["beam"]
    assert drawn.handlers["scorer"] is solvers["beam"].handlers["scorer"]


def test_a_requested_temperature_keeps_every_other_part_of_the_solver():
    solver = Solver("beam", search=Beam(1, 2), rewrite=Rewrite(0.3), dtype="float64", seed=5, budget=Budget(tokens=9))
    drawn = with_sampling(solver, 0.3, None)
    assert drawn.handlers["scorer"] is solver.handlers["scorer"], "no model is loaded in another number format"
    kept = ("search", "rewrite", "selection", "budget", "seed", "dtype", "device", "prm_spec", "models")
    assert [getattr(drawn, name) for name in kept] == [getattr(solver, name) for name in kept]
