"""Process of one engine: reads rounds from standard input, one JSON object a line, and prints the cost of each."""

import json
import os
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

import torch

from hintree.experiments.bench.clock import Meter
from hintree.experiments.bench.engines.arms import ARMS, Arm
from hintree.experiments.bench.engines.workload import TEMPERATURE, BeamWork, Workload, distinct_tokens, requests
from hintree.experiments.bench.floor import floor_seconds
from hintree.models.local.text import encode
from hintree.policies import Sampling, format_for
from hintree.presets.preset import Preset
from hintree.search import Beam, Problem
from hintree.solver import Solver

MB = 1_000_000


def main() -> None:
    """Serve rounds until the input ends; ``worker ARM FOLDER FILE``."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever an engine prints goes to standard error
    arm = ARMS[sys.argv[1]][1](sys.argv[2], sys.argv[3])
    print(json.dumps({"loaded_mb": resident() / MB, "searches": arm.searches}), file=out, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "beam" in asked:
            cost = measure_beam(arm, asked["questions"], BeamWork(*asked["beam"]))
        else:
            cost = measure(arm, asked["questions"], Workload(*asked["work"]))
        print(json.dumps(cost), file=out, flush=True)


def measure(arm: Arm, questions: list[str], work: Workload) -> dict[str, Any]:
    """Run one round; return its tokens, seconds, memory in MB, and the seconds of its parts where they are known."""
    asked = requests(arm.model, questions, work)
    before, wall, watch = cpu_seconds(), time.perf_counter(), MemoryWatch()
    meter = Meter(arm.forward.base_model, arm.forward.get_output_embeddings()) if torch_model(arm) else None
    with watch:
        if meter is None:
            done = arm.run(asked)
        else:
            with meter:
                done = arm.run(asked)
    found: dict[str, Any] = {
        "texts": work.texts,
        "cpu_seconds": cpu_seconds() - before,
        "wall_seconds": time.perf_counter() - wall,
        "generated": done.generated,
        "computed_prompt": done.computed,
        "added_mb": watch.peak / MB,
    }
    tokenizer: Any = getattr(arm.model, "tokenizer", None)
    if tokenizer is not None:
        found["distinct_prompt"] = distinct_tokens({tuple(encode(tokenizer, request.prompt)) for request in asked})
    if meter is not None:
        found |= {"inside_seconds": meter.seconds, **decode_floor(arm.forward, meter, work)}
    return found


def measure_beam(arm: Arm, questions: list[str], work: BeamWork) -> dict[str, Any]:
    """Run a beam search over some problems; return its tokens and seconds, as ``measure`` does.

    A continued step adds one token to the distinct ones of the prompts: its last, which is generated and not computed.
    """
    arm.model.forget()
    method = Preset("", (), Beam(width=4, branch=4, depth=work.depth), None, Sampling(temperature=TEMPERATURE))
    solver = Solver(method, reasoner=arm.model, protocol="default")
    before, wall = cpu_seconds(), time.perf_counter()
    solutions = list(solver.solve_many(questions[: work.problems], progress=False))
    seconds, wall = cpu_seconds() - before, time.perf_counter() - wall
    accounts = [solution.ledger["reasoner"] for solution in solutions]
    generated = sum(account.generated_tokens for account in accounts)
    continued = sum(bool(node.children) for s in solutions for node in s.tree if node.parent is not None)
    tokenizer: Any = getattr(arm.model, "tokenizer", None)
    form = format_for(arm.model, solver.preset.protocol)
    prompts = [form.step(Problem(question), [], None) for question in questions[: work.problems]]
    found: dict[str, Any] = {
        "cpu_seconds": seconds,
        "wall_seconds": wall,
        "generated": generated,
        "computed_prompt": sum(a.forwarded_tokens for a in accounts) - generated + sum(a.calls for a in accounts),
    }
    if tokenizer is not None:
        found["distinct_prompt"] = continued + sum(len(encode(tokenizer, prompt)) for prompt in prompts)
    return found


def torch_model(arm: Arm) -> bool:
    """Return True if the forward passes of an arm's model can be timed."""
    return isinstance(arm.forward, torch.nn.Module)


def decode_floor(model: Any, meter: Meter, work: Workload) -> dict[str, float]:
    """Return the CPU seconds of decoding, and of its matrix products alone."""
    decoded = {shape: n for shape, n in meter.passes.items() if shape[0] * shape[1] <= work.texts}
    heads = {rows: n for rows, n in meter.head_rows.items() if rows <= work.texts}
    seconds = sum(meter.body_seconds[shape] for shape in decoded) + sum(meter.head_seconds[rows] for rows in heads)
    floor = floor_seconds(model.base_model, model.get_output_embeddings(), decoded, heads)
    return {"decode_seconds": seconds, "products_seconds": floor}


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of the children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + used.ru_utime + used.ru_stime


def resident() -> int:
    """Return the memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class MemoryWatch:
    """Context manager that samples the memory of this process.

    Attributes:
        peak: Most memory above that at the start, in bytes.
    """

    def __init__(self) -> None:
        self.peak = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._start = resident()

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.peak = max(self.peak, resident() - self._start)
            if self._end.wait(0.05):
                return


if __name__ == "__main__":
    main()
