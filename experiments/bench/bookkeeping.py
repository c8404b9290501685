"""What the trees themselves cost: searches grown without any model, by answerers that answer at once."""

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
"""Steps of a tree; the batch in flight may add some."""
SEARCHES: Mapping[str, Search] = {"mcts": MCTS(STEPS, 3, depth=32), "beam": Beam(16, 16, depth=STEPS)}
"""MCTS asks for a few steps after a walk, beam search for many at once."""


def write(requests: Sequence[StepRequest]) -> list[Response[StepOutput]]:
    """A step for each question, made of its seed; no solution ends before the tree is full."""
    return [
        Response(StepOutput(f"step {request.seed}", "delimiter", 20, 0.9, 0.5, 0.3), Usage(1, 100, 20, 20))
        for request in requests
    ]


def hint(requests: Sequence[HintRequest]) -> list[Response[HintOutput]]:
    """A hint for each question, made of its seed."""
    return [Response(HintOutput(Hint(f"use ({request.seed % 8})."), 4), Usage(1, 100, 5, 4)) for request in requests]


def score(requests: Sequence[ScoreRequest]) -> list[Response[float]]:
    """A score for each question, made of its seed."""
    return [Response(request.seed % 1001 / 1000, Usage(1, 120, 20)) for request in requests]


def grow(search: Search, steps: int) -> tuple[float, Tree]:
    """CPU seconds of one tree of at least so many steps, and the tree."""
    handlers = {"reasoner": Handler(write), "hinter": Handler(hint), "scorer": Handler(score)}
    tree = Tree(Problem("How many steps?"))
    clock = time.process_time()
    [run] = batched_driver([(tree, search.grow(tree))], handlers, budget=Budget(nodes=steps))
    seconds = time.process_time() - clock
    assert run.stop_reason == out_of_budget("nodes"), run.stop_reason
    return seconds, tree


def bookkeeping(runs: int) -> dict[str, list[float]]:
    """CPU seconds for a tree of ``STEPS`` steps, by search and turn."""
    found = in_turns({name: partial(grow, search, STEPS) for name, search in SEARCHES.items()}, runs, "bookkeeping")
    return {name: [seconds for seconds, _ in turns] for name, turns in found.items()}
