"""A server on the shipped models for tests: requests to it, and a reasoner that can be held back."""

import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

from hintree.lab.generate import problems
from hintree.serve.benchmark import serving
from hintree.serve.service import ServerLimits, Service
from hintree.solver import Solver

QUESTION = next(problems("test", range(3, 4), n=1, seed=4)).question
FIRST_KEY = "the-first-key"
SECOND_KEY = "the-second-key"
TIMEOUT = 600
"""Seconds: far more than anything here takes, on any machine."""


def user_message(question=QUESTION):
    return [{"role": "user", "content": question}]


def fetch(url, path="", data=None, key=None, raw=None, **headers):
    """Return status, headers and text of a request made without a client library; names of headers as in Python."""
    headers = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    headers |= {"Authorization": f"Bearer {key}"} if key else {}
    body = raw if raw is not None else None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(f"{url}{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def assert_error(url, status, code, data=None, path="/chat/completions", **options):
    """Check status and form of an error; return its message and the headers."""
    found, headers, text = fetch(url, path, data, **options)
    error = json.loads(text)["error"]
    assert found == status and error["code"] == code and set(error) == {"message", "type", "param", "code"}, text
    assert "Traceback" not in text
    return error["message"], headers


class Gate:
    """Hold the reasoner's batches back until ``open`` is set."""

    def __init__(self, solver):
        self.solver = Solver(solver.preset, **solver.models, pool=solver.pool)
        self.open, self.entered, self.sizes = threading.Event(), threading.Event(), []
        inner = self.solver.handlers["reasoner"]

        def handle(requests):
            self.entered.set()
            self.sizes.append(len(requests))
            assert self.open.wait(TIMEOUT)
            return inner.handle(requests)

        self.solver.handlers["reasoner"] = inner._replace(handle=handle)


@contextmanager
def gated(solvers, late=0.0, **limits):
    """A server whose reasoner waits at a gate, which opens ``late`` seconds after the server is events to stop."""
    gate = Gate(solvers["greedy"])
    service = Service({"greedy": gate.solver}, [], ServerLimits(**limits))
    with serving(service) as url:
        try:
            yield gate, service, url
        finally:
            threading.Timer(late, gate.open.set).start()


def post_in_thread(url, results, **data):
    """Post a question in a thread and append the response to ``results``."""
    thread = threading.Thread(
        target=lambda: results.append(fetch(url, "/chat/completions", {"messages": user_message(), **data}))
    )
    thread.start()
    return thread


def wait_until(condition):
    """Wait until a condition becomes true. Raises AssertionError after TIMEOUT seconds."""
    for _ in range(100 * TIMEOUT):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("the condition never became true")
