"""A small HTTP server of ours on loopback: answers from a function, and any fault a real server was seen to have.

``lab_server`` stands for an OpenAI-compatible server: the shipped student writes the answers, in the manner of vLLM,
llama.cpp, `transformers serve` or a cloud API, as its quirks say. It is faithful to shapes, not to any one of them.
"""

import asyncio
import json
import math
import socket
import struct
from dataclasses import dataclass
from functools import lru_cache

from hintree.errors import ContextError
from hintree.models import GenerationRequest, Prompt, load_model
from tests.support.loop_server import LoopServer

STATUSES = ("400", "401", "404", "408", "422", "429", "500", "502", "503")
BODIES = {
    "garbage": "{not json",
    "html": "<html>Bad gateway</html>",
    "no choices": '{"choices": []}',
    "two choices": '{"choices": [{"text": "a", "finish_reason": "stop"}, {"text": "b", "finish_reason": "stop"}]}',
    "null text": '{"choices": [{"text": null, "finish_reason": "stop"}]}',
    "no end": '{"choices": [{"text": "par"}]}',
    "NaN": '{"choices": [{"text": "a", "finish_reason": "stop", "logprobs": {"tokens": ["a"], '
    '"token_logprobs": [NaN]}}]}',
    "deep": "[" * 100_000,
}
BROKEN = ("reset", "truncated", "hang", "drip", "drip headers", "huge")
TRANSIENT_FAULTS = ("408", "429", "500", "502", "503", *BODIES, *BROKEN)


class SmallServer(LoopServer):
    """Serves ``answer(path, body) -> (status, JSON)``; ``fault(number)`` names what goes wrong with a request, or "".

    seen: (path, headers, body) of every request.
    busiest: Most requests under way at once.
    dropped: Requests that the client left before their answer.
    """

    def __init__(self, answer, fault=lambda number: "", delay=0.0, location=""):
        self.answer, self.fault, self.delay, self.location = answer, fault, delay, location
        self.seen, self.busy, self.busiest, self.dropped = [], 0, 0, 0

    async def _serve(self, ready):
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        tasks = set()

        async def meet(reader, writer):
            tasks.add(asyncio.current_task())
            try:
                await self._meet(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                writer.transport.abort()
                tasks.discard(asyncio.current_task())

        server = await asyncio.start_server(meet, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self.over.wait()
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _meet(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
        text = await reader.readexactly(int(headers.get("content-length", 0)))
        path, body = lines[0].split()[1], json.loads(text or "null")
        self.seen.append((path, headers, body))
        fault = self.fault(len(self.seen) - 1)
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            if self.delay or fault == "hang":
                waiting = asyncio.ensure_future(asyncio.sleep(600 if fault == "hang" else self.delay))
                gone = asyncio.ensure_future(reader.read(1))
                await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if gone.done():
                    self.dropped += 1
                    return
                gone.cancel()
            await self._reply(writer, fault, path, body)
        finally:
            self.busy -= 1

    async def _reply(self, writer, fault, path, body):
        more, status = "", 200
        if fault in STATUSES:
            status, text = int(fault), json.dumps({"error": f"status {fault}"})
            more = "Retry-After: 0.1\r\n" if fault == "429" else ""
        elif fault == "redirect":
            status, text, more = 307, "", f"Location: {self.location}{path}\r\n"
        elif fault in BODIES:
            text = BODIES[fault]
        else:
            status, data = self.answer(path, body)
            text = data if isinstance(data, str) else json.dumps(data)
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: close\r\n{more}"
        sent = text.encode()
        if fault == "reset":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if fault == "drip headers":
            await drip(writer, (head + "X-Slow: ").encode() + b"x" * 10_000)
        writer.write(f"{head}Content-Length: {10**9 if fault == 'huge' else len(sent)}\r\n\r\n".encode())
        if fault == "truncated":
            sent = sent[: len(sent) // 2]
        elif fault == "drip":
            await drip(writer, b" " * 10_000)
        elif fault == "huge":
            sent = b" " * 10**7
        writer.write(sent)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


async def drip(writer, text):
    for i in range(len(text)):
        writer.write(text[i : i + 1])
        await writer.drain()
        await asyncio.sleep(0.05)


def fixed(path, body):
    """Return the same complete response to every request."""
    return 200, {"choices": [{"text": "four", "finish_reason": "stop"}], "usage": {}}


@dataclass(frozen=True)
class Quirks:
    """What this server does in its own way; the defaults are vLLM's."""

    completions: bool = True
    chat: bool = True
    prefill: str = "flags"
    echo: bool = False
    stop: str = "removed"
    ending: str = "field"
    logprobs: str = "tokens"
    usage: str = "right"
    sampling: str = "yes"
    seed: bool = True
    extras: bool = True


@lru_cache
def student():
    return load_model("embedded:student", device="cpu")


def lab_server(quirks=None, **more):
    """A server of the student; its chat template is the plain prompt, and a turn that is closed costs four tokens."""
    quirks = quirks or Quirks()
    return SmallServer(lambda path, body: answer(quirks, path, body), **more)


def answer(quirks, path, body):
    if path == "/v1/models":
        return 200, {"data": [{"id": "student"}]}
    if path == "/v1/completions" and quirks.completions:
        if "prompt_logprobs" in body:
            return 400, {"error": "no prompt_logprobs"}
        user, _, prefix = body["prompt"].partition("\n")
        return write(quirks, body, Prompt(user, prefix), 0)
    if path == "/v1/chat/completions" and quirks.chat:
        turns = {turn["role"]: turn["content"] for turn in body["messages"]}
        prefix = turns.get("assistant", "")
        goes_on = quirks.prefill == "last" or (quirks.prefill == "flags" and body.get("continue_final_message"))
        if "continue_final_message" in body and quirks.prefill != "flags":
            return 400, {"error": "unknown field continue_final_message"}
        return write(quirks, body, Prompt(turns["user"], prefix), 0 if goes_on or not prefix else 4)
    return 404, {"error": f"no {path}"}


def write(quirks, body, prompt, closing):
    """One answer of the student, in the form of the quirks."""
    if not quirks.extras and {"top_k", "min_p"} & body.keys():
        return 422, {"error": "unknown fields"}
    if "stop" in body and quirks.stop == "refused":
        return 500, "Internal Server Error"
    draws = quirks.sampling == "yes" or (quirks.sampling == "generation_config" and "generation_config" in body)
    temperature = body["temperature"] if draws else 0.0
    seed = body.get("seed", 0) if quirks.seed else lab_server_draws()
    stops = tuple(body.get("stop", ())) if quirks.stop in ("removed", "kept") else ()
    request = GenerationRequest(prompt, seed=seed, temperature=temperature, max_tokens=body["max_tokens"], stop=stops)
    [done] = student().generate([request])
    if isinstance(done, ContextError):
        return 400, {"error": {"message": str(done), "code": "context_length_exceeded"}}
    kept = next((stop for stop in stops), "") if done.ended == "stop" and quirks.stop == "kept" else ""
    text = (prompt.assistant if quirks.echo and not closing else "") + done.text + kept
    choice = {"index": 0, "finish_reason": "length" if done.ended == "length" else "stop"}
    chat = "prompt" not in body
    choice |= {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
    if quirks.ending == "field":
        choice["stop_reason"] = stops[0] if done.ended == "stop" else None
    shown_tokens = len(done.probabilities) - (quirks.ending == "count" and done.ended == "stop")
    values = [math.log(p) for p in done.probabilities][:shown_tokens]
    names = [""] * shown_tokens
    if body.get("logprobs") and quirks.logprobs == "tokens":
        choice["logprobs"] = {"tokens": names, "token_logprobs": values}
    elif body.get("logprobs") and quirks.logprobs == "content":
        rows = [{"token": name, "logprob": value} for name, value in zip(names, values, strict=True)]
        choice["logprobs"] = {"content": rows}
    written = done.usage.generated_tokens + (5 if quirks.usage == "wrong" else 0)
    usage = {"prompt_tokens": done.usage.prompt_tokens + closing, "completion_tokens": written}
    data = {"model": "student", "choices": [choice] * body.get("n", 1)}
    return 200, data | ({} if quirks.usage == "missing" else {"usage": usage})


draws = iter(range(10**9))


def lab_server_draws():
    """Seeds of a server that ignores those it is given."""
    return next(draws)
