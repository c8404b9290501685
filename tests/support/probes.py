"""Probes with random weights, in folders as ``hintree train probe`` writes them."""

from pathlib import Path

import torch

from hintree.models.local.head_layers import Layers
from hintree.models.local.model import LocalModel
from hintree.models.local.probe_folder import ProbeSpec, reference_state, save_probe
from hintree.policies.formats import format_for
from hintree.scorers.probe import READ_STATISTICS


def save_random_probe(folder: Path, model: LocalModel, *, statistics: bool = False) -> Path:
    """Save a probe of a model's last layer, and return its folder."""
    spec = ProbeSpec.of(model, model.keep_states(), format_for(model).protocol.name, statistics)
    generator = torch.Generator().manual_seed(0)
    inputs = spec.width + len(READ_STATISTICS) * statistics
    first = torch.randn(16, inputs, generator=generator) / inputs**0.5
    last = torch.randn(1, 16, generator=generator)
    layers = Layers([(first, torch.zeros(16)), (last, torch.zeros(1))], first)
    save_probe(folder, spec, layers, reference_state(model, spec.layer), {})
    return folder
