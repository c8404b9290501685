"""The folder of a probe: its declaration, its weights, and the check that it was made for a model."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedConfig

from hintree.bounded_files import read_json
from hintree.errors import CheckpointError, UnknownModelError
from hintree.models.base import Prompt
from hintree.models.head_spec import Head
from hintree.models.hidden_states import HiddenState, TextEnd
from hintree.models.local.head_layers import Layers, from_tensors, label_probabilities
from hintree.models.local.manifest import MANIFEST, check_manifest, write_manifest
from hintree.models.local.text import fingerprint
from hintree.whole_files import full_disk_reported, write_whole

if TYPE_CHECKING:
    from hintree.models.local.model import LocalModel

FILE, WEIGHTS = "probe.json", "probe.safetensors"
REFERENCE = "reference"
"""Name of the tensor that holds the model's state [width] at the end of ``REFERENCE_TEXT``."""
REFERENCE_TEXT = "Ana has 4 pens and buys 3 more. 4 + 3 = 7, so Ana has 7 pens."
LEAST_SIMILARITY = 0.9
"""Least cosine of two states of one model at this text; number formats and quantization change it by less."""
MOST_WEIGHTS = 5_000_000
"""Largest number of weights of a probe."""
HEAD = Head("tensors", tensors="head", activation="sigmoid")
"""Tensors of the layers, ``head.0`` and ``head.1``, and the function that turns their logit into a score."""
SHAPE = ("model_type", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
"""Fields of a configuration that a fingerprint is of."""


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """Facts about a probe, and about the model that it reads.

    Attributes:
        model: Name that the model was opened by, for people.
        tokenizer: Fingerprint of the model's tokenizer.
        config: Fingerprint of the model's configuration.
        width: Size of a hidden state.
        layer: Layer that is read, from 1; the last one is read after the final norm.
        protocol: Name of the protocol of the solutions that it was trained on.
        statistics: True if it reads the statistics of a step's token probabilities after the state.
    """

    model: str
    tokenizer: str
    config: str
    width: int
    layer: int
    protocol: str
    statistics: bool

    @classmethod
    def of(cls, model: "LocalModel", layer: int, protocol: str, statistics: bool) -> "ProbeSpec":
        """Return the declaration of a probe of a model."""
        config = model.model.config.get_text_config()
        own = fingerprint(model.tokenizer), config_digest(config), int(config.hidden_size)
        return cls(model.name, *own, layer, protocol, statistics)


def config_digest(config: PreTrainedConfig) -> str:
    """Return a name of a model's architecture and sizes."""
    facts = {name: getattr(config, name, None) for name in SHAPE}
    return hashlib.blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=8).hexdigest()


def save_probe(folder: Path, spec: ProbeSpec, layers: Layers, reference: Tensor, report: dict[str, Any]) -> None:
    """Write a probe with its manifest and the report of its training."""
    tensors = {f"head.{key.removeprefix('layers.')}": value for key, value in layers.state_dict().items()}
    folder.mkdir(parents=True, exist_ok=True)
    with full_disk_reported(folder):
        save_file({**tensors, REFERENCE: reference.float().cpu()}, folder / WEIGHTS)
    write_whole(folder / FILE, json.dumps(asdict(spec), indent=1) + "\n")
    write_whole(folder / "training.json", json.dumps(report, indent=1) + "\n")
    write_manifest(folder)


def load_probe(folder: Path, model: "LocalModel", statistics: int) -> tuple[ProbeSpec, Layers]:
    """Load a probe for a model; its first layer reads a state, and ``statistics`` numbers if it reads these too.

    Raises:
        UnknownModelError: There is no probe in the folder.
        CheckpointError: It is damaged, or was made for another model.
    """
    name = f"probe {folder}"
    if not (folder / FILE).is_file() or not (folder / MANIFEST).is_file():
        raise UnknownModelError(f"{name}: no folder with {FILE} and {MANIFEST}, as `hintree train probe` writes it")
    check_manifest(folder, name, required=True)
    spec, tensors = read_spec(folder / FILE, name), read_tensors(folder / WEIGHTS, name)
    check_model(spec, model, name)
    reference = tensors.pop(REFERENCE, torch.empty(0))
    state = reference_state(model, spec.layer).float().cpu()
    if reference.shape != state.shape or torch.cosine_similarity(reference.float(), state, 0) < LEAST_SIMILARITY:
        raise CheckpointError(
            f"{name} was made for {spec.model}, and {model.name} has other weights: its hidden states differ; train a "
            "probe of this model with `hintree train probe`"
        )
    try:
        layers = from_tensors(name, tensors, HEAD, torch.empty(0))
        score_state(layers, torch.zeros(spec.width), [0.0] * statistics * spec.statistics)
    except (IndexError, RuntimeError) as error:
        raise CheckpointError(f"{name}: its weights are no layers for states of width {spec.width}") from error
    return spec, layers


def score_state(layers: Layers, state: Tensor, statistics: Sequence[float]) -> float:
    """Return the score in [0, 1] of a state [width] with the statistics of its step."""
    with torch.inference_mode():
        return float(label_probabilities(HEAD, layers(features(state, statistics))))


def features(state: Tensor, statistics: Sequence[float]) -> Tensor:
    """Return what the first layer reads, in float32 on the CPU: a state [width], and statistics."""
    return torch.cat([state.float().cpu(), torch.tensor(statistics, dtype=torch.float32)])


def read_spec(file: Path, name: str) -> ProbeSpec:
    """Read a declaration. Raises CheckpointError."""
    kinds = {field.name: field.type for field in fields(ProbeSpec)}
    try:
        found = read_json(file, 1 << 16)
        right = set(found) == set(kinds) and all(type(found[field]) is kind for field, kind in kinds.items())
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointError(f"{name}: {FILE} cannot be read ({error}); train it again") from error
    if not right:
        raise CheckpointError(f"{name}: {FILE} should hold {', '.join(kinds)}; train it again")
    return ProbeSpec(**found)


def read_tensors(file: Path, name: str) -> dict[str, Tensor]:
    """Read the weights, at most ``MOST_WEIGHTS`` and the reference. Raises CheckpointError."""
    try:
        if file.stat().st_size > 8 * MOST_WEIGHTS:
            raise CheckpointError(f"{name}: {WEIGHTS} is larger than a probe of {MOST_WEIGHTS:,} weights can be")
        return load_file(file)
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"{name}: {WEIGHTS} cannot be read ({error}); train it again") from error


def check_model(spec: ProbeSpec, model: "LocalModel", name: str) -> None:
    """Raise CheckpointError unless a probe was made for a model with this tokenizer and configuration."""
    own = ProbeSpec.of(model, spec.layer, spec.protocol, spec.statistics)
    other = [what for what in ("tokenizer", "config", "width") if getattr(own, what) != getattr(spec, what)]
    if other:
        raise CheckpointError(
            f"{name} was made for {spec.model}, and {model.name} has another {other[0]}: name that model as the "
            "reasoner, or train a probe of this one with `hintree train probe`"
        )


def reference_state(model: "LocalModel", layer: int) -> Tensor:
    """Return the model's state [width] at the end of the reference text, and forget what was computed for it.

    Raises:
        ModelError: The model cannot read the text.
        UsageError: It has no such layer.
    """
    (found,) = model.hidden_states([TextEnd(Prompt(REFERENCE_TEXT))], layer)
    model.forget()
    if not isinstance(found, HiddenState):
        raise found
    return found.vector
