"""Number formats: how fast trees are written in each, and how many texts then depend on their company."""

import copy
import importlib.util
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from hintree.experiments.bench.arms import ours, timed
from hintree.experiments.bench.clock import Spread, in_turns, ratios
from hintree.experiments.bench.seeds import mismatches
from hintree.experiments.bench.shapes import Shape, Subject, subject
from hintree.models import load_model
from hintree.models.local.load import DTYPES, to_int8

FORMATS = ("float32", "bfloat16", "int8")


class Format(NamedTuple):
    """What one number format does.

    speed: Times as fast as float32, by model.
    mismatches: Most texts of the shipped student that another company changes, of how many.
    """

    speed: dict[str, Spread]
    mismatches: int


def formats(shapes: dict[str, Shape], runs: int, sequences: int) -> dict[str, Format | str]:
    """By number format: its figures, or why there are none.

    Args:
        shapes: The trees, by model.
        runs: Turns.
        sequences: Texts of the shipped student.
    """
    here = [f for f in FORMATS if f != "int8" or importlib.util.find_spec("torchao")]
    found: dict[str, Format | str] = {f: "not installed: pip install 'hintree[int8]'" for f in FORMATS}
    with quiet():
        speeds = {model: speed(model, shape, here, runs) for model, shape in shapes.items()}
        for name in here:
            student = load_model("embedded:student", device="cpu", dtype=name)
            differ = max(mismatches(student, sequences).values())
            found[name] = Format({model: by[name] for model, by in speeds.items()}, differ)
    return found


def speed(model: str, shape: Shape, names: Sequence[str], runs: int) -> dict[str, Spread]:
    """Times as fast as float32 on trees of fixed lengths, by number format."""
    stock = subject(model)
    arms = {name: partial(write, converted(stock, name), shape) for name in names}
    tokens = in_turns(arms, runs, f"number formats, {model}")
    return {name: ratios(found, tokens["float32"]) for name, found in tokens.items()}


def write(bench: Subject, shape: Shape) -> float:
    """Tokens per CPU second of one run."""
    return timed(bench, shape, ours(bench, shape)).speed


def converted(stock: Subject, name: str) -> Subject:
    """The model in another number format."""
    model = copy.deepcopy(stock.model)
    if name == "int8":
        to_int8(model)
    else:
        model.to(DTYPES[name])  # type: ignore[arg-type]
    return stock._replace(model=model)


@contextmanager
def quiet() -> Iterator[None]:
    """Without what torchao says about parts of it that are for GPUs."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
