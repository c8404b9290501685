"""Measure the overhead of the search itself: grow trees with handlers that respond at once, without any model."""

import time
from collections.abc import Mapping, Sequence
from functools import partial

from hintree.experiments.bench.clock import in_turns
from hintree.search import (
    MCTS,
    Beam,
    Budget,
    Handler,
    Hint,
    HintOutput,
    HintRequest,
    Problem,
    Response,
    ScoreRequest,
    Search,
    StepOutput,
    StepRequest,
    Tree,
    Usage,
    batched_driver,
)
from hintree.search.core.endings import out_of_budget

STEPS = 10_000
"""Steps per tree; the last batch may add some."""
SEARCHES: Mapping[str, Search] = {"mcts": MCTS(STEPS, 3, depth=32), "beam": Beam(16, 16, depth=STEPS)}
"""MCTS requests a few steps per rollout, beam search many at once."""


def generate_steps(requests: Sequence[StepRequest]) -> list[Response[StepOutput]]:
    """Return a step per request, derived from its seed; no path ends before the tree is full."""
    return [
        Response(StepOutput(f"step {request.seed}", "delimiter", 20, 0.9, 0.5, 0.3), Usage(1, 100, 20, 20))
        for request in requests
    ]


def generate_hints(requests: Sequence[HintRequest]) -> list[Response[HintOutput]]:
    """Return a hint per request, derived from its seed."""
    return [Response(HintOutput(Hint(f"use ({request.seed % 8})."), 4), Usage(1, 100, 5, 4)) for request in requests]


def score_steps(requests: Sequence[ScoreRequest]) -> list[Response[float]]:
    """Return a score in [0, 1] per request, derived from its seed."""
    return [Response(request.seed % 1001 / 1000, Usage(1, 120, 20)) for request in requests]


def grow(search: Search, steps: int) -> tuple[float, Tree]:
    """Grow one tree to at least ``steps`` steps; return its CPU seconds and the tree."""
    handlers = {"reasoner": Handler(generate_steps), "hinter": Handler(generate_hints), "scorer": Handler(score_steps)}
    tree = Tree(Problem("How many steps?"))
    clock = time.process_time()
    [run] = batched_driver([(tree, search.grow(tree))], handlers, budget=Budget(nodes=steps))
    seconds = time.process_time() - clock
    assert run.stop_reason == out_of_budget("nodes"), run.stop_reason
    return seconds, tree


def bookkeeping(runs: int) -> dict[str, list[float]]:
    """Return the CPU seconds for a tree of ``STEPS`` steps, by search and turn."""
    found = in_turns({name: partial(grow, search, STEPS) for name, search in SEARCHES.items()}, runs, "bookkeeping")
    return {name: [seconds for seconds, _ in turns] for name, turns in found.items()}
