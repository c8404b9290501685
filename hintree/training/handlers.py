"""Handlers of models for training and evaluation, wired as the solver wires them."""

import os
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from hintree.policies import Protocol, Sampling
from hintree.presets.preset import Preset
from hintree.search import Beam, Handler
from hintree.solver.model_origins import origins_of
from hintree.solver.recorded_handlers import recorded_handlers
from hintree.solver.recorded_models import makers_of
from hintree.solver.roles import ModelPool, role_handlers

GREEDY = Sampling()
"""Greedy decoding: always the most probable tokens."""


def model_handlers(
    models: Mapping[str, Any], sampling: Sampling = GREEDY, pool: ModelPool | None = None
) -> dict[str, Handler]:
    """Return the handler of every role.

    Args:
        models: Loaded models, or names of models, by role.
        sampling: How steps and hints are sampled.
        pool: Models that are loaded already; None for a new one.

    Raises:
        ModelError: A model cannot be loaded.
    """
    return role_handlers(models, Preset("training", (), Beam(1, 1), sampling=sampling), pool or ModelPool())


def recorded_writer(
    model: str, sampling: Sampling, folder: Path | None = None, protocol: Protocol | None = None, device: str = "auto"
) -> Handler:
    """Return the handler of a reasoner, which serves what a folder has recorded and records all else there.

    Args:
        model: Name of the model; it is opened at the first request that is not recorded.
        sampling: How steps are sampled.
        folder: As for ``hintree run --record``; None records nothing.
        protocol: Form of the texts; None for the usual one of the model.
        device: As for ``load_model``.

    Raises:
        UsageError: The folder cannot be written.
        ModelError: The model cannot be loaded.
    """
    preset = Preset("training", (), Beam(1, 1), sampling=sampling, protocol=protocol)
    models, pool = {"reasoner": model}, ModelPool()

    def build(roles: Collection[str]) -> dict[str, Handler]:
        return role_handlers(models, preset, pool, device=device, only=roles)

    path = None if folder is None else f"{folder}{os.sep}"
    makers = makers_of(models, preset, device=device)
    return recorded_handlers(path, makers, partial(origins_of, models), protocol, (), build)["reasoner"]


def sampled(temperature: float) -> Sampling:
    """Return the settings for sampling every step at a temperature, the first of a group included."""
    return Sampling(temperature, greedy_first=False)
