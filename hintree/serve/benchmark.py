"""Measure the overhead of serving: the same questions from concurrent clients, and solved directly in one batch.

Every repetition uses new questions, and each side has models of its own, so no prefix cache holds them. The side that
runs first alternates.

Example runs:
    python -m hintree.serve.benchmark
    python -m hintree.serve.benchmark --callers 8 --preset beam --repeat 3
"""

import argparse
import asyncio
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

import numpy as np
import openai

from hintree.lab.generate import problems
from hintree.serve.run import HttpServer, bind
from hintree.serve.service import Service
from hintree.serve.solvers import load_solvers
from hintree.solver import Solver


class Repetition(NamedTuple):
    """One repetition: 95th percentiles of the latency in seconds, lost requests, and answers that differ."""

    direct: float
    served: float
    lost: int
    differ: int


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """Run a server in a thread, on a free port of this machine, and yield its base URL."""
    listener = bind("127.0.0.1", 0)
    server = HttpServer(service)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join()


def direct(solver: Solver, questions: Sequence[str]) -> tuple[dict[str, str | None], list[float]]:
    """Return the answers by question, and the latency of each in seconds, from one batch without a server."""
    clock, answers, seconds = time.monotonic(), {}, []
    for solution in solver.as_solved(questions):
        answers[solution.question] = solution.answer
        seconds.append(time.monotonic() - clock)
    return answers, seconds


async def served(url: str, model: str, questions: Sequence[str]) -> tuple[dict[str, str | None], list[float]]:
    """Return the answers by question, and the latency of each in seconds, from one concurrent client per question."""
    answers, seconds = {}, []
    async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=600) as client:

        async def call(question: str) -> None:
            clock = time.monotonic()
            done = await client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
            seconds.append(time.monotonic() - clock)
            answers[question] = (done.model_extra or {})["hintree"]["answer"]

        await asyncio.gather(*map(call, questions), return_exceptions=True)
    return answers, seconds


def measure(preset: str, callers: int, repeat: int, seed: int) -> Iterator[Repetition]:
    """Yield the repetitions as they end."""
    solver = Solver(preset)
    stream = (problem.question for problem in problems("test", range(4, 7), n=callers * repeat, seed=seed))
    with serving(Service(load_solvers([preset], {}))) as url:
        for index in range(repeat):
            questions = list(islice(stream, callers))
            if index % 2:
                found, concurrent = asyncio.run(served(url, preset, questions))
            expected, alone = direct(solver, questions)
            if not index % 2:
                found, concurrent = asyncio.run(served(url, preset, questions))
            differ = sum(found[question] != expected[question] for question in found)
            lost = callers - len(found)
            yield Repetition(float(np.percentile(alone, 95)), float(np.percentile(concurrent, 95)), lost, differ)


def main() -> None:
    """Print one line per repetition, and the median ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="hintree")
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    repetitions = []
    for repetition in measure(args.preset, args.callers, args.repeat, args.seed):
        repetitions.append(repetition)
        line = f"p95 direct {repetition.direct:.2f} s, served {repetition.served:.2f} s"
        print(f"{line}, lost {repetition.lost}, differ {repetition.differ}", flush=True)
    ratios = sorted(one.served / one.direct for one in repetitions)
    print(
        f"{args.callers} callers, preset {args.preset}: p95 served / direct {statistics.median(ratios):.2f} "
        f"({ratios[0]:.2f} to {ratios[-1]:.2f} in {len(repetitions)} turns), lost {sum(t.lost for t in repetitions)}, "
        f"answers that differ {sum(t.differ for t in repetitions)}"
    )


if __name__ == "__main__":
    main()
