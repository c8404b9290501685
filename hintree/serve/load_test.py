"""Load a server for minutes: honest clients, clients that hang up, slow senders, and clients that do not read.

Starts `hintree serve` in a process of its own and prints one JSON object: failures of honest clients, latencies, and
the memory of the server after a warm-up and at the end. Exits with 1 if an honest client failed.

Example runs:
    python -m hintree.serve.load_test
    python -m hintree.serve.load_test --clients 8 --minutes 0.5 --preset beam --cache-bytes 100MB

Options that are not listed go to `hintree serve`.
"""

import argparse
import asyncio
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import numpy as np

from hintree.lab.generate import problems

HANG_UPS = 0.1
"""Share of requests whose client disconnects before the response."""
STREAMED = 0.5
"""Share of requests for a stream."""
DROP = 0.5
"""Seconds between two bytes of a slow sender."""
LOGGED = 20_000
"""Characters of the server's log that are shown at the end."""


@dataclass
class Record:
    """Results of a run.

    Attributes:
        seconds: Latency of every response to an honest client in the run.
        failures: Number of honest clients' failures by kind.
        counts: Number of clients that hung up, and of slow connections that the server ended, warm-up included.
        memory: Resident memory of the server in bytes, every second of the run.
    """

    seconds: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Return the figures; memory in MB is the median of the first and of the last tenth of the run."""
        p50, p99 = (float(np.percentile(self.seconds, q)) for q in (50, 99)) if self.seconds else (0.0, 0.0)
        tenth = max(1, len(self.memory) // 10)
        start, end = (float(np.median(part)) / 1e6 for part in (self.memory[:tenth], self.memory[-tenth:]))
        return {
            "responses": len(self.seconds),
            "failures": sum(self.failures.values()),
            "failures_by_kind": dict(self.failures),
            **{name: self.counts[name] for name in ("hung_up", "slow_senders_ended", "idle_readers_ended")},
            "p50_seconds": round(p50, 3),
            "p99_seconds": round(p99, 3),
            "memory_start_mb": round(start, 1),
            "memory_end_mb": round(end, 1),
            "memory_change": round(end / start - 1, 4),
            "memory_mb": [round(one / 1e6) for one in self.memory[::tenth]],
        }


@contextmanager
def server_process(options: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Run ``hintree serve`` on a free port; yield its process id and base URL. The process ends by SIGTERM."""
    command = [sys.executable, "-m", "hintree", "serve", "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            line = process.stderr.readline()
            found = re.search(r"http://\S+", line)
            if not found:
                raise SystemExit(f"the server does not start: {line}{process.stderr.read()}")
            yield process.pid, found[0]
        finally:
            process.send_signal(signal.SIGTERM)
            sys.stderr.write(process.stderr.read()[-LOGGED:])  # tracebacks of the server's own errors


def resident_bytes(process: int) -> int:
    """Return the resident memory of a process (Linux)."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def honest(client: httpx2.AsyncClient, model: str, question: str, stream: bool) -> httpx2.Response:
    """Send a request and return the whole response. Raises ValueError if it is not complete."""
    body = {"model": model, "messages": [{"role": "user", "content": question}], "stream": stream}
    done = await client.post("chat/completions", json=body)
    if done.status_code != 200:
        raise ValueError(f"status {done.status_code}: {done.text}")
    if stream and not (done.text.endswith("data: [DONE]\n\n") and '"error"' not in done.text):
        raise ValueError(f"stream without its end: {done.text[-200:]}")
    if not stream and not done.json()["choices"][0]["message"]["content"]:
        raise ValueError("response without a text")
    return done


async def client_loop(url: str, model: str, questions: Iterator[str], seed: int, record: Record) -> None:
    """Send requests one after another; one in ten is left before its response."""
    dice = random.Random(seed)
    async with httpx2.AsyncClient(base_url=url, timeout=600, trust_env=False) as client:
        while True:
            clock, leaves = time.monotonic(), dice.random() < HANG_UPS
            wait = dice.uniform(0, 1) if leaves else None
            try:
                async with asyncio.timeout(wait):
                    await honest(client, model, next(questions), dice.random() < STREAMED)
            except TimeoutError:
                record.counts["hung_up"] += 1
                continue
            except (ValueError, LookupError, httpx2.HTTPError) as error:
                record.failures[f"{type(error).__name__}: {error}"[:300]] += 1
                continue
            record.seconds.append(time.monotonic() - clock)


async def slow_sender(url: str, seed: int, record: Record) -> None:
    """Send headers or bodies byte by byte, each on a connection of its own, until the server ends it."""
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    starts = [b"", head, head + b"Content-Length: 900000\r\n\r\n"]
    for turn in count(seed):
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(*address_of(url))
            with suppress(OSError):
                writer.write(starts[turn % len(starts)])
                response = asyncio.create_task(reader.read())
                while not (await asyncio.wait([response], timeout=DROP))[0]:
                    writer.write(b"x")
            writer.transport.abort()
            record.counts["slow_senders_ended"] += 1


async def idle_reader(url: str, model: str, question: str, record: Record) -> None:
    """Request pages of a tree and read none, until the server ends the connection; then again."""
    while True:
        async with httpx2.AsyncClient(base_url=url, timeout=600, trust_env=False) as client:
            done = await honest(client, model, question, stream=False)
        path = urlsplit(done.json()["hintree"]["tree"]).path
        with suppress(OSError), socket.socket() as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sender.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sender, address_of(url))
            _, writer = await asyncio.open_connection(sock=sender, limit=1)
            page = f"GET {path}?format=html HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            writer.write(page * 100)
            while not writer.transport.is_closing():
                await asyncio.sleep(1)
                writer.write(page)
        record.counts["idle_readers_ended"] += 1


def address_of(url: str) -> tuple[str, int]:
    """Return host and port of a base URL."""
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 80)


async def run_load(url: str, process: int, args: argparse.Namespace) -> Record:
    """Load a server, and return the record of the time after the warm-up."""
    record = Record()
    questions = (problem.question for problem in problems("test", range(4, 7), n=10**9, seed=args.seed))
    loops = [client_loop(url, args.preset, questions, args.seed + n, record) for n in range(args.clients)]
    loops += [slow_sender(url, n, record) for n in range(args.slow)]
    loops += [idle_reader(url, args.preset, next(questions), record) for _ in range(args.slow // 4)]
    tasks = [asyncio.create_task(loop) for loop in loops]
    while len(record.seconds) < args.warm_up:
        await asyncio.sleep(1)
    record.seconds.clear()
    end = time.monotonic() + 60 * args.minutes
    while time.monotonic() < end:
        await asyncio.sleep(1)
        record.memory.append(resident_bytes(process))
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
    return record


def main() -> None:
    """Run a load test and print its figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="greedy")
    parser.add_argument("--clients", type=int, default=64, help="honest clients (default %(default)s)")
    parser.add_argument("--slow", type=int, default=8, help="slow senders beside them (default %(default)s)")
    parser.add_argument("--minutes", type=float, default=10.0, help="minutes after the warm-up (default %(default)s)")
    parser.add_argument("--warm-up", type=int, default=300, help="responses before (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    args, options = parser.parse_known_args()
    with server_process(["--preset", args.preset, *options]) as (process, url):
        record = asyncio.run(run_load(url, process, args))
    settings = {name: getattr(args, name) for name in ("preset", "clients", "slow", "warm_up", "minutes")}
    print(json.dumps(settings | record.summary(), indent=1))
    sys.exit(bool(record.failures))


if __name__ == "__main__":
    main()
