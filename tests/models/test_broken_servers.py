"""Sixty ways in which a server breaks: one line of error for the problem that met it, and the others go on."""

import json
import re
import subprocess

import pytest

from hintree.cli import main
from hintree.errors import ServerError
from hintree.models.remote.address import parse_address
from hintree.models.remote.client import Limits, Server
from hintree.models.remote.model import RemoteModel
from hintree.models.remote.replies import parse_reply
from hintree.models.remote.transport import parse_retry_after
from hintree.solver import Solver
from tests.support.faulty_server import FAULTS, KEEP, SLOW_FAULTS, WRONG, FaultyServer, completion, response

HONEST = [
    f"(1) {name} has 4 pens. (2) Ben gets 3 more pens than {name}. How many pens does Ben have?"
    for name in ("Ana", "Gina", "Eva")
]
LIMITS = Limits(seconds=120, try_seconds=60, tries=2, wait=0.01, longest_wait=0.05, bytes=200_000)


def solve_all(faults, limits):
    """Solve honest questions between questions whose requests meet the faults; return the solutions of both."""
    faulty = [f"How many pens does Ben have? (fault: {name})" for name in faults]
    with FaultyServer(faults) as server:
        model = RemoteModel(f"{server.url}/completions#student", limits)
        solver = Solver("greedy", reasoner=model, protocol="lab")
        found = list(solver.solve_many([HONEST[0], *faulty, *HONEST[1:]], progress=False))
    assert server.calls.keys() == {"", *faults}
    return server, [found[0], *found[-2:]], dict(zip(faults, found[1:-2], strict=True))


def check(faults, limits):
    server, honest, faulty = solve_all(faults, limits)
    assert [solution.answer for solution in honest] == ["7"] * 3
    for name, (_, says) in faults.items():
        error = str(faulty[name].stop_reason)
        assert error.startswith(f"failed: server {server.url}/completions, model 'student': "), name
        assert re.search(says, error) and "\n" not in error and len(error) < 600, f"{name}: {error}"
        assert faulty[name].answer is None, name
        assert not [node for node in faulty[name].tree if str(WRONG) in node.step.text], name


def test_a_broken_response_is_one_line_of_error_for_its_own_problem():
    assert len(FAULTS) >= 55
    check(FAULTS, LIMITS)


@pytest.mark.slow
def test_a_response_that_never_ends_is_given_up_while_others_go_on():
    check(SLOW_FAULTS, Limits(seconds=300, try_seconds=15, tries=1, bytes=200_000))


def ask(server, limits=LIMITS):
    there = Server(parse_address(f"{server.url}#m"), limits)
    prompt = {"model": "m", "prompt": "(fault: it)", "max_tokens": 9, "temperature": 0}
    return there.run(there.request(f"{server.url}/completions", prompt, parse_reply)).text


def test_a_second_response_to_one_request_does_not_answer_the_next():
    """The connection stays open, so the second response lies in its buffer when the next request is sent."""
    texts = iter("abcdefgh")

    def twice(_):
        text = next(texts)
        return response(completion(text)) + response(completion(f"{text} again")) + KEEP

    with FaultyServer({"it": (twice, "")}) as server:
        assert [len(ask(server)) for _ in range(3)] == [1, 1, 1]


def test_a_text_far_beyond_the_limit_is_cut():
    with FaultyServer({"it": (response(completion("word " * 30_000, usage={"completion_tokens": 3})), "")}) as server:
        model = RemoteModel(f"{server.url}/completions#student", LIMITS)
        [found] = Solver("greedy", reasoner=model, protocol="lab").solve_many(["How many? (fault: it)"], progress=False)
    assert max(len(node.step.text) for node in found.tree) < 100_000 and found.answer is None


@pytest.mark.parametrize("text", ["7 \ud800 pens", "7 \x00 pens \x1b[31m", "7 \u202e pens"])
def test_a_text_of_odd_characters_is_kept_or_refused_and_can_be_written(text, tmp_path):
    with FaultyServer({"it": (response(completion(text)), "")}) as server:
        model = RemoteModel(f"{server.url}/completions#student", LIMITS)
        file = tmp_path / "recording"
        [found] = Solver("greedy", reasoner=model, recording=file).solve_many(["How? (fault: it)"], progress=False)
    assert json.loads(found.tree.to_json().encode()) and file.read_bytes()


def test_a_date_to_retry_after_is_a_wait_in_seconds():
    assert parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert parse_retry_after("Wed, 21 Oct 2099 07:28:00 GMT") is None
    assert [parse_retry_after(text) for text in ("7", "-1", "nan", "soon", "Wed, 99 Foo", "")] == [7, *[None] * 5]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PROXY", "foo://user:pass-word@host:1"),
        ("ALL_PROXY", "http://user:pass-word@host:port"),
        ("SSL_CERT_FILE", "/no/such/file"),
    ],
)
def test_a_proxy_or_certificate_that_cannot_be_used_is_one_line(monkeypatch, capsys, name, value):
    monkeypatch.setenv(name, value)
    assert main(["doctor", f"http://of-{name.lower()}.invalid/v1#m"]) == 2
    error = capsys.readouterr().err
    assert name in error and error.count("\n") == 1 and "pass-word" not in error


@pytest.mark.parametrize("proxy", ["http://user:pass-word@127.0.0.1:1", "http://user:pass-word@127.0.0.1:{port}"])
def test_a_proxy_that_fails_is_one_line_without_its_password(monkeypatch, proxy):
    """The second proxy is a server that is none."""
    with FaultyServer({"it": (response("{}", "502 Bad Gateway"), "")}) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.format(port=server.port))
        there = Server(parse_address(f"http://of-{len(proxy)}.invalid/v1#m"), LIMITS)
        with pytest.raises(ServerError, match="2 tries") as caught:
            there.run(there.request(f"{there.address.base}/completions", {"prompt": "(fault: it)"}, parse_reply))
    assert "pass-word" not in str(caught.value)


@pytest.mark.slow
def test_a_certificate_of_a_stranger_is_refused_at_once(tmp_path, monkeypatch):
    """The key is not sent, as the connection is refused before the request."""
    file = tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=h -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*command.split(), "-keyout", file, "-out", tmp_path / "own.pem"], check=True, capture_output=True)
    with file.open("a") as both:
        both.write((tmp_path / "own.pem").read_text())
    honest = {"it": (response(completion("four")), "")}
    with FaultyServer(honest, certificate=file) as server:
        monkeypatch.setenv(f"HINTREE_KEY_127_0_0_1_{server.port}", "sk-a-long-secret-key")
        with pytest.raises(ServerError, match=r"certificate is not accepted .*self.signed.*SSL_CERT_FILE") as caught:
            ask(server)
        assert "tries" not in str(caught.value) and not server.keys
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    with FaultyServer(honest, certificate=file) as server:
        assert ask(server) == "four"
