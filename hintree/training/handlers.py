"""Handlers of models for training and evaluation, wired as the solver wires them."""

from collections.abc import Mapping
from typing import Any

from hintree.policies import Sampling
from hintree.presets.preset import Preset
from hintree.search import Beam, Handler
from hintree.solver.roles import ModelPool, role_handlers

GREEDY = Sampling()
"""Greedy decoding: always the most probable tokens."""


def model_handlers(models: Mapping[str, Any], sampling: Sampling = GREEDY) -> dict[str, Handler]:
    """Return the handler of every role.

    Args:
        models: Loaded models, or names of models, by role.
        sampling: How steps and hints are sampled.

    Raises:
        ModelError: A model cannot be loaded.
    """
    return role_handlers(models, Preset("training", (), Beam(1, 1), sampling=sampling), ModelPool())


def sampled(temperature: float) -> Sampling:
    """Return the settings for sampling every step at a temperature, the first of a group included."""
    return Sampling(temperature, greedy_first=False)
