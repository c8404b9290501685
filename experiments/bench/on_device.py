"""The trees of fixed lengths on one device, such as a GPU: tokens a second by the clock, and how near the roofline.

A GPU works on while its process goes ahead, so CPU time says nothing there. The roofline (Williams et al. 2009)
is what it could do: a forward pass takes at least as long as reading all weights, keys and values, and as its sums.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch

from hintree.errors import UsageError
from hintree.experiments.bench.arms import Write, timed
from hintree.experiments.bench.clock import Meter, Timing, in_turns, ratios, spread
from hintree.experiments.bench.floor import repeated
from hintree.experiments.bench.shapes import SIZES, Shape, Subject, subject
from hintree.experiments.bench.tables import show, table
from hintree.experiments.bench.trees import ALL, DYNAMIC, OURS, PROBLEM, Plan, writers_of
from hintree.models.local.load import pick_device, pick_dtype

ARMS = (PROBLEM, ALL, DYNAMIC, OURS)
COPIED = 2**28
"""Bytes: far more than caches hold."""


class Limits(NamedTuple):
    """What a device does at most: bytes that it reads in a second, floating-point operations in a second."""

    bytes: float
    flops: float


class Found(NamedTuple):
    """The runs of every arm on one model, and for each run of ours the seconds that the device needs at least."""

    model: str
    arms: Mapping[str, Sequence[Timing]]
    least: Sequence[float]


def bench_on(device: str, models: Sequence[str], *, shape: Shape, runs: int, as_json: bool) -> None:
    """Measure and print a table, or one JSON object. Raises UsageError for an unknown device or model."""
    if unknown := [name for name in models if name not in SIZES]:
        raise UsageError(f"--models: there is no {unknown[0]!r}; give some of {', '.join(SIZES)}")
    place = torch.device(pick_device(device))
    dtype = pick_dtype("auto", place.type)
    limits = find_limits(place, dtype)
    found = [measure(name, place, dtype, limits, shape, runs) for name in models]
    name = torch.cuda.get_device_name(place) if place.type == "cuda" else place.type
    print(json.dumps(to_json(name, dtype, limits, found)) if as_json else to_table(name, dtype, limits, found, shape))


def measure(name: str, device: torch.device, dtype: torch.dtype, limits: Limits, shape: Shape, runs: int) -> Found:
    """All arms in turns on one model, after a run of each on a single level that does not count."""
    on = subject(name, str(device), dtype)
    least: list[float] = []

    def run(arm: str, how: Shape, make: Callable[[], Write]) -> Timing:
        meter = Meter(on.model.base_model, on.head)
        timing = timed(on, how, make(), meter, wall(device))
        if arm == OURS:
            least.append(least_seconds(on, meter, limits))
        return timing

    writers = {arm: writer for (arm, _), writer in writers_of(Plan(name, shape, alone=False), on) if arm in ARMS}
    for how, make in writers.values():
        timed(on, how._replace(depth=1), make())
    arms = {arm: partial(run, arm, how, make) for arm, (how, make) in writers.items()}
    return Found(name, in_turns(arms, runs, f"trees, {name} on {device}"), least)


def wall(device: torch.device) -> Callable[[], float]:
    """A clock in seconds that first waits until the device has done all that it was given."""

    def now() -> float:
        if device.type != "cpu":
            torch.accelerator.synchronize(device)
        return time.perf_counter()

    return now


def find_limits(device: torch.device, dtype: torch.dtype) -> Limits:
    """The limits of a device: by copying ``COPIED`` bytes, and by multiplying square matrices, each at its best."""
    size = 1024 if device.type == "cpu" else 8192
    source = torch.ones(COPIED // dtype.itemsize, device=device, dtype=dtype)
    target, square = torch.empty_like(source), torch.ones(size, size, device=device, dtype=dtype)
    copying = min(repeated(lambda: target.copy_(source), wall(device)))
    multiplying = min(repeated(lambda: square @ square, wall(device)))
    return Limits(2 * COPIED / copying, 2 * size**3 / multiplying)


def least_seconds(on: Subject, meter: Meter, limits: Limits) -> float:
    """Seconds on the roofline for all passes of our arm that a meter saw."""
    model: Any = on.model
    config, bytes_each = model.config, model.dtype.itemsize
    own = sum(p.numel() for part in (model.base_model.layers, on.head) for p in part.parameters())
    size = config.hidden_size // config.num_attention_heads
    column = 2 * config.num_hidden_layers * config.num_key_value_heads * size
    total = 0.0
    for (rows, queries, columns), n in meter.attended.items():
        read = bytes_each * (own + rows * columns * column)
        attention = 4 * config.num_hidden_layers * config.hidden_size * rows * queries * columns
        flops = 2 * own * rows * queries + attention
        total += n * max(read / limits.bytes, flops / limits.flops)
    return total


def to_table(name: str, dtype: torch.dtype, limits: Limits, found: Sequence[Found], shape: Shape) -> str:
    """A Markdown table of all arms."""
    lines = [
        f"{name}, {short(dtype)}, random weights; copies {limits.bytes / 1e9:.0f} GB/s, multiplies "
        f"{limits.flops / 1e12:.1f} TFLOP/s. {shape.problems} problems, {shape.depth} levels; seconds by the clock; "
        "median of the runs (lowest to highest).\n",
        *table("model", "arm", "tokens / s", "forwarded / generated", "hintree is", "of the roofline"),
    ]
    for one in found:
        mine = [timing.speed for timing in one.arms[OURS]]
        for arm, runs in one.arms.items():
            speeds = [timing.speed for timing in runs]
            share = show(ratios(one.least, [timing.seconds for timing in runs]), 3) if arm == OURS else ""
            counted = f"{runs[0].forwarded / runs[0].generated:.3f}"
            lines.append(
                f"| {one.model} | {arm} | {show(spread(speeds), 0)} | {counted} | {show(ratios(mine, speeds), 1)}x "
                f"| {share} |"
            )
    return "\n".join(lines)


def to_json(name: str, dtype: torch.dtype, limits: Limits, found: Sequence[Found]) -> dict[str, Any]:
    """The same for a program."""
    return {
        "device": name,
        "dtype": short(dtype),
        "bytes_per_second": limits.bytes,
        "flops_per_second": limits.flops,
        "models": {
            one.model: {
                "tokens_per_second": {arm: spread(t.speed for t in runs)._asdict() for arm, runs in one.arms.items()},
                "roofline_share": ratios(one.least, [t.seconds for t in one.arms[OURS]])._asdict(),
            }
            for one in found
        },
    }


def short(dtype: torch.dtype) -> str:
    """Its name without torch's."""
    return str(dtype).removeprefix("torch.")
