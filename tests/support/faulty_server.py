"""A scripted server that breaks HTTP and OpenAI's API in one way per question, and answers all others honestly.

A question names its fault, as in "(fault: half body)". Every faulty response that holds a text states the answer 99999,
so that a client that uses one gives itself away.
"""

import asyncio
import gzip
import json
import re
import socket
import ssl
import struct
from collections import Counter

from tests.support.loop_server import LoopServer
from tests.support.small_server import Quirks, answer

WRONG = 99999
NAMED = re.compile(rb"\(fault: ([^)]+)\)")
RESET = b"RESET"
"""Ends a script: the connection is reset, not closed."""
SLOW = b"SLOW"
"""In a script: what follows is sent byte by byte, then again, until the client leaves."""
KEEP = b"KEEP"
"""Ends a script: the connection goes on."""


def completion(text=f"The answer is {WRONG}.", usage=None, **choice):
    data = {"choices": [{"index": 0, "text": text, "finish_reason": "stop"} | choice]}
    return json.dumps(data | ({} if usage is None else {"usage": usage})).encode()


def response(body=None, status="200 OK", length=None, *headers):
    body = completion() if body is None else body.encode() if isinstance(body, str) else body
    length = len(body) if length is None else length
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers, f"Content-Length: {length}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def chunked(body):
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body


WHOLE = completion()
LENGTH = len(WHOLE)
ROWS = {"tokens": ["a", "b"], "token_logprobs": [-0.1]}
NO_TOOL = {"role": "assistant", "content": None, "tool_calls": [{"type": "function"}]}
HTTP_FAULTS = {
    "closed at once": (b"", "disconnected"),
    "reset": (RESET, "ReadError|disconnected"),
    "half a status line": (b"HTTP/1.1 2", "disconnected"),
    "no status line": (WHOLE + b"\r\n\r\n", "RemoteProtocolError"),
    "status 999": (response(status="999 Odd"), "HTTP 999"),
    "status of letters": (response(status="abc"), "RemoteProtocolError"),
    "head only": (response(b"", length=LENGTH), "without sending complete|incomplete"),
    "half body": (response(WHOLE[: LENGTH // 2], length=LENGTH), "without sending complete|incomplete"),
    "half body, reset": (response(WHOLE[: LENGTH // 2], length=LENGTH) + RESET, "ReadError"),
    "half a chunk": (chunked(b"%x\r\n" % LENGTH + WHOLE[:40]), "incomplete chunked"),
    "no last chunk": (chunked(b"%x\r\n" % LENGTH + WHOLE + b"\r\n"), "incomplete chunked"),
    "chunk of no size": (chunked(b"xyz\r\n" + WHOLE), "RemoteProtocolError"),
    "chunk of 2**80": (chunked(b"1" + b"0" * 20 + b"\r\n" + WHOLE), "RemoteProtocolError|incomplete"),
    "endless chunks": (chunked((b"10000\r\n" + b" " * 65536 + b"\r\n") * 8), "more than 200000 bytes"),
    "length too small": (response(length=LENGTH - 20), "no JSON"),
    "length too large": (response(length=LENGTH + 20), "without sending complete|incomplete"),
    "length negative": (response(length=-5), "RemoteProtocolError"),
    "length no number": (response(length="many"), "RemoteProtocolError"),
    "two lengths": (response(WHOLE, "200 OK", LENGTH, "Content-Length: 7"), "RemoteProtocolError"),
    "no length, half body": (b"HTTP/1.1 200 OK\r\n\r\n" + WHOLE[:40], "no JSON"),
    "huge header": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000, "RemoteProtocolError"),
    "endless headers": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 60_000, "RemoteProtocolError"),
    "binary": (b"\x16\x03\x01\x02\x00" + bytes(range(256)), "RemoteProtocolError"),
    "switched protocols": (b"HTTP/1.1 101 Switching\r\nUpgrade: h2\r\n\r\n" + WHOLE, "RemoteProtocolError"),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", "HTTP 204"),
    "part of a content": (response(status="206 Partial"), "HTTP 206"),
    "gzip bomb": (response(gzip.compress(bytes(10**8)), "200 OK", None, "Content-Encoding: gzip"), "compressed"),
    "gzip in disguise": (response(gzip.compress(WHOLE)), "no JSON"),
    "redirect to a file": (response("", "302 Found", None, "Location: file:///etc/passwd"), "not followed"),
    "redirect elsewhere": (response("", "307 T", None, "Location: http://127.0.0.1:1/"), "not followed"),
    "redirect to itself": (response("", "308 P", None, "Location: /v1/completions"), "not followed"),
    "redirect nowhere": (response("", "301 M"), "not followed"),
    "proxy's login": (response("{}", "407 Proxy"), "HTTP 407"),
    "limit until a date": (
        response("{}", "429 Wait", None, "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT"),
        "HTTP 429.*2 tries",
    ),
    "limit for 30 years": (response("{}", "503 Wait", None, "Retry-After: 1000000000"), "HTTP 503.*2 tries"),
    "limit until no date": (response("{}", "429 Wait", None, "Retry-After: Wed, 99 Foo"), "HTTP 429.*2 tries"),
}
BODY_FAULTS = {
    "html": ("<html>Bad gateway</html>", "no JSON"),
    "event stream": (b"data: " + WHOLE + b"\n\ndata: [DONE]\n\n", "no JSON"),
    "two values": (WHOLE + WHOLE, "no JSON"),
    "null": ("null", "not a JSON object"),
    "list": (b"[" + WHOLE + b"]", "not a JSON object"),
    "text": ('"The answer is 99999."', "not a JSON object"),
    "deep": ("[" * 100_000, "no JSON"),
    "not UTF-8": (WHOLE.replace(b"answer", b"\xff\xfe"), "no JSON"),
    "NaN": (WHOLE.replace(b'"stop"', b"NaN"), "no JSON"),
    "number of 5000 digits": (
        completion(usage={}).replace(b"{}", b'{"prompt_tokens": ' + b"9" * 5000 + b"}"),
        "no JSON",
    ),
    "choices null": ('{"choices": null}', "no choices"),
    "choice null": ('{"choices": [null]}', "choice is not a JSON object"),
    "text a number": (completion(text=WRONG), "no text"),
    "no end": (completion(finish_reason=None), "not marked as complete"),
    "tokens negative": (completion(usage={"prompt_tokens": -1}), "prompt_tokens is -1"),
    "tokens of letters": (completion(usage={"completion_tokens": "12"}), "completion_tokens is '12'"),
    "log-probability positive": (
        completion(logprobs={"tokens": ["a"], "token_logprobs": [0.5]}),
        "log-probability is 0.5",
    ),
    "log-probabilities missing": (completion(logprobs=ROWS), "log-prob"),
    "error inside": ('{"error": {"message": "no such model", "code": 404}}', "HTTP 404.*no such model"),
    "error of load inside": ('{"error": "server overloaded"}', "HTTP 503.*2 tries"),
    "error as an object": ('{"object": "error", "message": "wrong", "code": 400}', "HTTP 400"),
    "error beside a text": (completion(error={"message": "cut off", "code": 500}), "HTTP 500.*cut off"),
    "filtered": (completion(finish_reason="content_filter"), "content filter"),
    "tool call": (completion(finish_reason="tool_calls", message=NO_TOOL), "called a tool"),
    "refusal": (completion(message={"content": None, "refusal": "I will not"}), "refused: 'I will not'"),
}
SLOW_FAULTS = {
    "hang": (SLOW + b"", "within"),
    "slow head": (b"HTTP/1.1 200 OK\r\nX: " + SLOW + b"x", "within"),
    "slow body": (response(b"", length=10**6) + SLOW + b" ", "within"),
    "endless 1xx": (SLOW + b"HTTP/1.1 100 Continue\r\n\r\n", "within"),
    "slow chunks": (chunked(SLOW + b"1\r\n \r\n"), "within"),
}
FAULTS = HTTP_FAULTS | {name: (response(body), says) for name, (body, says) in BODY_FAULTS.items()}
"""Name -> what the server sends, and a pattern of the error."""


class FaultyServer(LoopServer):
    """Serves the scripts of ``faults`` to questions that name one, and the student's texts to all others.

    calls: Number of requests by fault; "" for honest ones.
    keys: Authorization headers that were received.
    """

    def __init__(self, faults, certificate=None):
        self.faults, self.certificate = faults, certificate
        self.scheme = "https" if certificate else "http"
        self.calls, self.keys = Counter(), set()

    async def _serve(self, ready):
        self.loop, self.over, tasks = asyncio.get_running_loop(), asyncio.Event(), set()
        tls = None
        if self.certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(self.certificate)

        async def meet(reader, writer):
            tasks.add(asyncio.current_task())
            try:
                while await self._respond(reader, writer):
                    pass
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                writer.transport.abort()
                tasks.discard(asyncio.current_task())

        server = await asyncio.start_server(meet, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self.over.wait()
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _respond(self, reader, writer):
        """Answer one request; return True if the connection goes on."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(length[1]) if length else 0)
        key = re.search(rb"authorization: ([^\r]*)", head, re.IGNORECASE)
        self.keys.add(key and key[1].decode())
        named = NAMED.search(body)
        name = named[1].decode() if named else ""
        self.calls[name] += 1
        if name:
            script = self.faults[name][0]
            script = script(key) if callable(script) else script
        else:
            path = head.split()[1].decode()
            status, data = answer(Quirks(chat=False), path, json.loads(body or "null"))
            script = response(json.dumps(data), f"{status} X") + KEEP
        at_once, slow, repeated = script.removesuffix(KEEP).removesuffix(RESET).partition(SLOW)
        if not script.endswith(KEEP):  # else the client may send its next request into a connection that is closing
            at_once = at_once.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        writer.write(at_once)
        await writer.drain()
        while slow:
            await asyncio.sleep(0.05)
            writer.write(repeated)
            await writer.drain()
        if script.endswith(RESET):
            await asyncio.sleep(0.05)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif not script.endswith(KEEP):
            writer.close()
            await writer.wait_closed()
        return script.endswith(KEEP)
