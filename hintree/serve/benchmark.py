"""What the server costs: the same questions from many callers at once, and solved directly in one batch.

Every repetition takes new questions, and both ways have models of their own, so no cache has seen them; which way goes
first alternates.

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
from hintree.serve.run import Server, listen
from hintree.serve.service import Service
from hintree.serve.solvers import load_solvers
from hintree.solver import Solver


class Turn(NamedTuple):
    """One repetition: 95th percentiles in seconds, lost requests, and answers that differ."""

    direct: float
    served: float
    lost: int
    differ: int


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """A server in a thread of its own, on a free port; its address."""
    listener = listen("127.0.0.1", 0)
    server = Server(service)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join()


def direct(solver: Solver, questions: Sequence[str]) -> tuple[dict[str, str | None], list[float]]:
    """Answers by question, and the seconds to each."""
    clock, answers, seconds = time.monotonic(), {}, []
    for solution in solver.as_solved(questions):
        answers[solution.question] = solution.answer
        seconds.append(time.monotonic() - clock)
    return answers, seconds


async def served(url: str, model: str, questions: Sequence[str]) -> tuple[dict[str, str | None], list[float]]:
    """Answers by question from a caller each, all at once, and the seconds to each."""
    answers, seconds = {}, []
    async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=600) as client:

        async def call(question: str) -> None:
            clock = time.monotonic()
            done = await client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
            seconds.append(time.monotonic() - clock)
            answers[question] = (done.model_extra or {})["hintree"]["answer"]

        await asyncio.gather(*map(call, questions), return_exceptions=True)
    return answers, seconds


def measure(preset: str, callers: int, repeat: int, seed: int) -> Iterator[Turn]:
    """The repetitions, as they end."""
    solver = Solver(preset)
    stream = (problem.question for problem in problems("test", range(4, 7), n=callers * repeat, seed=seed))
    with serving(Service(load_solvers([preset], {}))) as url:
        for turn in range(repeat):
            questions = list(islice(stream, callers))
            if turn % 2:
                found, together = asyncio.run(served(url, preset, questions))
            want, alone = direct(solver, questions)
            if not turn % 2:
                found, together = asyncio.run(served(url, preset, questions))
            differ = sum(found[question] != want[question] for question in found)
            lost = callers - len(found)
            yield Turn(float(np.percentile(alone, 95)), float(np.percentile(together, 95)), lost, differ)


def main() -> None:
    """Measure, and print one line a turn and the median."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="hintree")
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    turns = []
    for turn in measure(args.preset, args.callers, args.repeat, args.seed):
        turns.append(turn)
        line = f"p95 direct {turn.direct:.2f} s, served {turn.served:.2f} s, lost {turn.lost}, differ {turn.differ}"
        print(line, flush=True)
    ratios = sorted(turn.served / turn.direct for turn in turns)
    print(
        f"{args.callers} callers, preset {args.preset}: p95 served / direct {statistics.median(ratios):.2f} "
        f"({ratios[0]:.2f} to {ratios[-1]:.2f} in {len(turns)} turns), lost {sum(t.lost for t in turns)}, "
        f"answers that differ {sum(t.differ for t in turns)}"
    )


if __name__ == "__main__":
    main()
