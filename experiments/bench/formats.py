"""Number formats: decoding speed in each, and the number of outputs that change with batch composition."""

import copy
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from hintree.experiments.bench.arms import timed, with_hintree
from hintree.experiments.bench.batch_invariance import mismatches
from hintree.experiments.bench.clock import Spread, in_turns, ratios
from hintree.experiments.bench.shapes import BenchModel, Shape, make_bench_model
from hintree.models import load_model
from hintree.models.local.load import DTYPES

FORMATS = ("float32", "bfloat16")


class FormatResult(NamedTuple):
    """Speed and batch invariance of one number format.

    speed: Speed relative to float32, by model.
    mismatches: Outputs of the shipped student that change with batch composition; the most over the compositions.
    """

    speed: dict[str, Spread]
    mismatches: int


def formats(shapes: dict[str, Shape], runs: int, sequences: int) -> dict[str, FormatResult]:
    """Return the result of each number format.

    Args:
        shapes: Tree shape, by model.
        runs: Number of turns.
        sequences: Number of outputs of the shipped student.
    """
    found: dict[str, FormatResult] = {}
    speeds = {model: speed(model, shape, FORMATS, runs) for model, shape in shapes.items()}
    for name in FORMATS:
        student = load_model("embedded:student", device="cpu", dtype=name)
        differ = max(mismatches(student, sequences).values())
        found[name] = FormatResult({model: by[name] for model, by in speeds.items()}, differ)
    return found


def speed(model: str, shape: Shape, names: Sequence[str], runs: int) -> dict[str, Spread]:
    """Return the speed relative to float32 on trees of fixed lengths, by number format."""
    original = make_bench_model(model)
    arms = {name: partial(measure_speed, converted(original, name), shape) for name in names}
    tokens = in_turns(arms, runs, f"number formats, {model}")
    return {name: ratios(found, tokens["float32"]) for name, found in tokens.items()}


def measure_speed(bench: BenchModel, shape: Shape) -> float:
    """Return the generated tokens per CPU second of one run."""
    return timed(bench, shape, with_hintree(bench, shape)).speed


def converted(original: BenchModel, name: str) -> BenchModel:
    """Return a copy of the model in another number format."""
    model = copy.deepcopy(original.model)
    model.to(DTYPES[name])  # type: ignore[arg-type]
    return original._replace(model=model)
