"""Trees of fixed lengths on one device, such as a GPU: tokens per wall second, and the share of the roofline.

A GPU runs asynchronously, so CPU time does not measure it. The roofline (Williams et al. 2009) bounds a forward pass
from below: by the time to read all weights, keys and values, and by the time for its floating-point operations.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch

from hintree.errors import UsageError
from hintree.experiments.bench.arms import GenerateLevel, timed
from hintree.experiments.bench.clock import Meter, Timing, in_turns, ratios, spread
from hintree.experiments.bench.floor import repeated
from hintree.experiments.bench.shapes import SIZES, BenchModel, Shape, make_bench_model
from hintree.experiments.bench.tables import show, table
from hintree.experiments.bench.trees import ALL, DYNAMIC, HINTREE, PROBLEM, Plan, writers_of
from hintree.models.local.load import pick_device, pick_dtype

ARMS = (PROBLEM, ALL, DYNAMIC, HINTREE)
COPIED = 2**28
"""Bytes copied to measure memory bandwidth; far more than the processor's caches hold."""


class DeviceLimits(NamedTuple):
    """Measured peak of a device: bytes per second, and floating-point operations per second."""

    bytes: float
    flops: float


class DeviceRuns(NamedTuple):
    """Runs of every arm on one model, and the roofline seconds of each run of the hintree arm."""

    model: str
    arms: Mapping[str, Sequence[Timing]]
    roofline: Sequence[float]


def bench_on(device: str, models: Sequence[str], *, shape: Shape, runs: int, as_json: bool) -> None:
    """Measure all models and print a table or one JSON object. Raises UsageError for an unknown device or model."""
    if unknown := [name for name in models if name not in SIZES]:
        raise UsageError(f"--models: there is no {unknown[0]!r}; give some of {', '.join(SIZES)}")
    target = torch.device(pick_device(device))
    dtype = pick_dtype("auto", target.type)
    limits = find_limits(target, dtype)
    found = [measure(name, target, dtype, limits, shape, runs) for name in models]
    name = torch.cuda.get_device_name(target) if target.type == "cuda" else target.type
    print(json.dumps(to_json(name, dtype, limits, found)) if as_json else to_table(name, dtype, limits, found, shape))


def measure(
    name: str, device: torch.device, dtype: torch.dtype, limits: DeviceLimits, shape: Shape, runs: int
) -> DeviceRuns:
    """Run all arms on one model in turns, after a warm-up run of each on a single level."""
    on = make_bench_model(name, str(device), dtype)
    roofline: list[float] = []

    def run(arm: str, how: Shape, make: Callable[[], GenerateLevel]) -> Timing:
        meter = Meter(on.model.base_model, on.head)
        timing = timed(on, how, make(), meter, wall(device))
        if arm == HINTREE:
            roofline.append(roofline_seconds(on, meter, limits))
        return timing

    writers = {arm: writer for (arm, _), writer in writers_of(Plan(name, shape, alone=False), on) if arm in ARMS}
    for how, make in writers.values():
        timed(on, how._replace(depth=1), make())
    arms = {arm: partial(run, arm, how, make) for arm, (how, make) in writers.items()}
    return DeviceRuns(name, in_turns(arms, runs, f"trees, {name} on {device}"), roofline)


def wall(device: torch.device) -> Callable[[], float]:
    """Return a wall clock in seconds that synchronises with the device before each reading."""

    def now() -> float:
        if device.type != "cpu":
            torch.accelerator.synchronize(device)
        return time.perf_counter()

    return now


def find_limits(device: torch.device, dtype: torch.dtype) -> DeviceLimits:
    """Measure a device's limits: the fastest copy of ``COPIED`` bytes, and the fastest product of square matrices."""
    size = 1024 if device.type == "cpu" else 8192
    source = torch.ones(COPIED // dtype.itemsize, device=device, dtype=dtype)
    target, square = torch.empty_like(source), torch.ones(size, size, device=device, dtype=dtype)
    copying = min(repeated(lambda: target.copy_(source), wall(device)))
    multiplying = min(repeated(lambda: square @ square, wall(device)))
    return DeviceLimits(2 * COPIED / copying, 2 * size**3 / multiplying)


def roofline_seconds(on: BenchModel, meter: Meter, limits: DeviceLimits) -> float:
    """Return the roofline seconds of all tree-attention passes that a meter counted."""
    model: Any = on.model
    config, bytes_each = model.config, model.dtype.itemsize
    weights = sum(p.numel() for part in (model.base_model.layers, on.head) for p in part.parameters())
    size = config.hidden_size // config.num_attention_heads
    slot = 2 * config.num_hidden_layers * config.num_key_value_heads * size
    total = 0.0
    for (rows, queries, slots), n in meter.attended.items():
        read = bytes_each * (weights + rows * slots * slot)
        attention = 4 * config.num_hidden_layers * config.hidden_size * rows * queries * slots
        flops = 2 * weights * rows * queries + attention
        total += n * max(read / limits.bytes, flops / limits.flops)
    return total


def to_table(name: str, dtype: torch.dtype, limits: DeviceLimits, found: Sequence[DeviceRuns], shape: Shape) -> str:
    """Format all arms as a Markdown table."""
    lines = [
        f"{name}, {short(dtype)}, random weights; copies {limits.bytes / 1e9:.0f} GB/s, multiplies "
        f"{limits.flops / 1e12:.1f} TFLOP/s. {shape.problems} problems, {shape.depth} levels; wall time; "
        "median of the runs (lowest to highest).\n",
        *table("model", "arm", "tokens / s", "forwarded / generated", "hintree is", "of the roofline"),
    ]
    for one in found:
        mine = [timing.speed for timing in one.arms[HINTREE]]
        for arm, runs in one.arms.items():
            speeds = [timing.speed for timing in runs]
            share = show(ratios(one.roofline, [timing.seconds for timing in runs]), 3) if arm == HINTREE else ""
            counted = f"{runs[0].forwarded / runs[0].generated:.3f}"
            lines.append(
                f"| {one.model} | {arm} | {show(spread(speeds), 0)} | {counted} | {show(ratios(mine, speeds), 1)}x "
                f"| {share} |"
            )
    return "\n".join(lines)


def to_json(name: str, dtype: torch.dtype, limits: DeviceLimits, found: Sequence[DeviceRuns]) -> dict[str, Any]:
    """Return the results as a JSON object."""
    return {
        "device": name,
        "dtype": short(dtype),
        "bytes_per_second": limits.bytes,
        "flops_per_second": limits.flops,
        "models": {
            one.model: {
                "tokens_per_second": {arm: spread(t.speed for t in runs)._asdict() for arm, runs in one.arms.items()},
                "roofline_share": ratios(one.roofline, [t.seconds for t in one.arms[HINTREE]])._asdict(),
            }
            for one in found
        },
    }


def short(dtype: torch.dtype) -> str:
    """Return a dtype's name without the prefix ``torch.``."""
    return str(dtype).removeprefix("torch.")
