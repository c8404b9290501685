"""Bounds on connections, on a real socket: their number, slow senders, slow readers, what is no HTTP."""

import json
import select
import socket
import threading
from contextlib import ExitStack, contextmanager

import pytest

from hintree.serve.benchmark import serving
from hintree.serve.service import ServerLimits, Service
from tests.support.server import TIMEOUT, fetch, gated, post_in_thread, user_message, wait_until

POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GET = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
FAST = ServerLimits(header_seconds=0.3, body_seconds=0.6, pause_seconds=0.3, keep_alive=1, body=2000)


@pytest.fixture(scope="module")
def hasty(solvers):
    """A server whose limits of time are under a second."""
    with serving(Service(solvers, limits=FAST)) as url:
        yield url


@contextmanager
def connected(url, source="127.0.0.1", **options):
    """A socket that is connected to the server, from an address of this machine."""
    port = int(url.removesuffix("/v1").rsplit(":", 1)[1])
    with socket.socket() as client:
        if options:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options["buffer"])
        client.settimeout(TIMEOUT)
        client.bind((source, 0))
        client.connect(("127.0.0.1", port))
        yield client


def read_all(client):
    """Return status and error code of the response, up to the end of the connection; (0, None) if there is none."""
    text = b""
    while part := client.recv(65536):
        text += part
    if not text:
        return 0, None
    head, _, body = text.partition(b"\r\n\r\n")
    assert b"application/json" in head, text
    return int(head.split()[1]), json.loads(body).get("error", {}).get("code")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"", (0, None)),
        (b"GET /hea", (408, "timeout")),
        (GET[:-2], (408, "timeout")),
        (POST + b"Content-Length: 10\r\n\r\n{", (408, "timeout")),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", (408, "timeout")),
        (POST + b"Content-Length: 3000\r\nExpect: 100-continue\r\n\r\n", (413, "request_too_large")),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", (400, "invalid_http")),
        (b"no HTTP at all\r\n\r\n", (400, "invalid_http")),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000, (400, "invalid_http")),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", (400, "invalid_http")),
        (GET, (200, None)),
    ],
)
def test_a_connection_that_stalls_or_is_no_http_gets_one_error_and_ends(hasty, sent, expected):
    with connected(hasty) as client:
        client.sendall(sent)
        assert read_all(client) == expected


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\r\nX: ", POST + b"Content-Length: 1999\r\n\r\n"])
def test_a_request_that_comes_byte_by_byte_is_ended(hasty, head):
    with connected(hasty) as client:
        client.sendall(head)
        while not select.select([client], [], [], 0.05)[0]:
            client.sendall(b" ")
        assert read_all(client) == (408, "timeout")


@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"])
@pytest.mark.parametrize("path", [b"/v1/chat/completions", b"/nothing", b"/v1/models"])
def test_the_error_reaches_a_client_that_is_still_sending(hasty, more, path):
    """Half a megabyte is beyond the limit and beyond what the sockets hold."""
    with connected(hasty) as client:
        head = POST.replace(b"/v1/chat/completions", path) + more + b"Transfer-Encoding: chunked\r\n\r\n"
        client.sendall(head + b"80000\r\n" + b" " * 0x80000 + b"\r\n0\r\n\r\n")
        assert read_all(client)[0] == {b"/nothing": 404, b"/v1/models": 405}.get(path, 413)


def test_a_client_that_does_not_read_loses_its_connection(hasty):
    _, _, text = fetch(hasty, "/chat/completions", {"model": "greedy", "messages": user_message()})
    path = json.loads(text)["hintree"]["tree"].partition("/v1")[2]
    page = GET.replace(b"/models", f"{path}?format=html".encode())
    assert fetch(hasty, f"{path}?format=html")[0] == 200
    with connected(hasty, buffer=4096) as client:
        sender = threading.Thread(target=send_until_closed, args=[client, page * 1000])
        sender.start()
        watch = select.poll()
        watch.register(client, select.POLLHUP | select.POLLERR)
        assert watch.poll(TIMEOUT * 1000)
        sender.join()
    assert fetch(hasty, "/models")[0] == 200


def send_until_closed(client, data):
    try:
        client.sendall(data)
    except OSError:
        return


def test_connections_are_bounded_in_all_and_for_each_client(solvers):
    limits = ServerLimits(connections=5, client_connections=3)
    with serving(Service(solvers, limits=limits)) as url, ExitStack() as opened:
        for source in ("127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.2"):
            opened.enter_context(connected(url, source))
        with connected(url, "127.0.0.1") as client:
            client.sendall(GET)
            assert read_all(client) == (503, "too_many_connections")
        opened.close()
        wait_until(lambda: fetch(url, "/models")[0] == 200)
        for _ in range(3):
            opened.enter_context(connected(url))
        with connected(url) as client:
            assert read_all(client) == (429, "too_many_connections")
        with connected(url, "127.0.0.2") as client:
            client.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            assert read_all(client) == (200, None)


def test_a_web_socket_is_not_opened(hasty):
    with connected(hasty) as client:
        client.sendall(GET[:-2] + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert read_all(client) == (200, None)


def test_a_running_request_is_finished_at_shutdown_and_new_ones_get_status_503(solvers):
    finished, refused = [], []
    with gated(solvers, late=TIMEOUT, grace=TIMEOUT) as (gate, service, url):
        running = post_in_thread(url, finished)
        assert gate.entered.wait(TIMEOUT)

        def ask_at_shutdown():
            wait_until(lambda: service.engine.closing)
            refused.append(fetch(url, "/chat/completions", {"messages": user_message()}))
            refused.append(fetch(url.removesuffix("/v1"), "/health"))
            gate.open.set()

        asking = threading.Thread(target=ask_at_shutdown)
        asking.start()
    running.join()
    asking.join()
    assert [status for status, _, _ in finished] == [200]
    assert [status for status, _, _ in refused] == [503, 503]
    assert json.loads(refused[0][2])["error"]["code"] == "shutting_down"
