"""Locate a model by its name and load it safely.

A name is ``embedded:NAME`` (shipped with the package), a folder, a Hugging Face hub id, or a GGUF file. Weights load
from safetensors or GGUF only, remote code never runs, and a missing or unexpected tensor is an error, never a random
weight.
"""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import HfApi, snapshot_download, try_to_load_from_cache
from safetensors import safe_open
from torch import Tensor
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers import logging as transformers_logging

from hintree.errors import CheckpointError, UnknownModelError, UsageError
from hintree.models.head_spec import Head
from hintree.models.local.checkpoint import check_keys, language_model_class
from hintree.models.local.classifier import LocalClassifier
from hintree.models.local.folder import HOME, TEXTS, check_folder, weight_files
from hintree.models.local.gguf import find_gguf, load_gguf
from hintree.models.local.gguf_header import is_gguf
from hintree.models.local.head_layers import from_tensors, from_tokens
from hintree.models.local.manifest import check_manifest
from hintree.models.local.model import LocalModel
from hintree.models.local.module_limits import built_within
from hintree.models.local.packed import pack_linear_layers
from hintree.models.local.quantize import quantize, runs_plain

EMBEDDED = ("student", "student-2", "student-3", "teacher", "hinter", "prm", "prm-small")
"""Names of the shipped models; ``embedded:NAME`` loads one."""
DTYPES = {
    "auto": None,
    "float64": torch.float64,
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "int8": None,
}
"""Torch number formats by name; None for those that depend on the device."""
FORMS = (
    "embedded:NAME, a folder, a Hugging Face hub id such as Qwen/Qwen2.5-1.5B-Instruct, a GGUF file (FILE.gguf, or "
    "OWNER/REPOSITORY/FILE.gguf on the hub), a server's URL with a model name such as http://host:8000/v1#model-name, "
    "or ollama:NAME or lmstudio:NAME; vllm:NAME runs on vLLM in this process"
)


def load_model(
    name: str, *, device: str = "auto", dtype: str = "auto", cache_bytes: int | None = None, pack: bool = True
) -> LocalModel:
    """Load a language model by name.

    Args:
        name: ``embedded:student``, ``embedded:teacher``, ``embedded:hinter``, a folder, a hub id, or a GGUF file:
            ``FILE.gguf``, or ``OWNER/REPOSITORY/FILE.gguf`` on the hub.
        device: "auto" (CUDA, else Apple's, else CPU) or a torch device name.
        dtype: "auto" (float32 on a CPU, else bfloat16), "float64", "float32", "bfloat16", "float16", or "int8" (linear
            layers, on a CPU). docs/runtime.md gives the effect of each on speed and on "same seed, same text".
        cache_bytes: Capacity of the KV cache between calls, in bytes; None for the user's limit
            for all caches of the process together, or a tenth of its memory (``hintree.models.resources``).
        pack: Pack the linear layers for inference, as docs/runtime.md describes; False keeps a model that can be
            trained and saved.

    Raises:
        UsageError: Device or dtype is not accepted or not available.
        UnknownModelError: No model of that name exists or can be reached.
        CheckpointError: The weights are damaged, incomplete or neither safetensors nor GGUF.
    """
    model, tokenizer = load_parts(name, AutoModelForCausalLM, device, dtype)
    if pack and dtype != "int8" and not runs_plain(model):
        pack_linear_layers(model)
    local = LocalModel(name, model, tokenizer, cache_bytes=cache_bytes)
    if dtype == "int8" or (pack and dtype == "bfloat16"):
        quantize(local, dtype)
    return local


def load_classifier(
    name: str,
    head: Head | None = None,
    *,
    device: str = "auto",
    dtype: str = "auto",
    cache_bytes: int | None = None,
    pack: bool = True,
) -> LocalClassifier:
    """Load a classifier, such as a PRM, by name.

    Args:
        name: As in ``load_model``.
        head: Declaration of the head; by default, the last label of a token classification model.
        device: As in ``load_model``.
        dtype: As in ``load_model``.
        cache_bytes: As in ``load_model``.
        pack: As in ``load_model``.

    Raises:
        UsageError, UnknownModelError: As in ``load_model``.
        CheckpointError: As in ``load_model``, or the checkpoint does not have the declared head.
    """
    head = head or Head()
    if is_gguf(name) and head.kind != "tokens":
        raise CheckpointError(
            f"model {name}: a GGUF file holds a language model without the head that this PRM is read from; name its "
            "safetensors model, or give --prm-spec with a family that reads label tokens, such as math-shepherd"
        )
    layers: Any = None
    if head.kind == "labels":
        model, tokenizer = load_parts(name, AutoModelForTokenClassification, device, dtype)
    elif head.kind == "tokens":
        model, tokenizer = load_parts(name, AutoModelForCausalLM, device, dtype)
        layers = None if head.running else from_tokens(name, model, tokenizer, head)
    else:
        own = f"{head.tensors}."
        model, tokenizer = load_parts(name, AutoModel, device, dtype, spare=(own, "lm_head."))
        layers = from_tensors(name, stored_tensors(locate(name), own), head, next(model.parameters()))
    if pack and dtype != "int8" and not runs_plain(model):
        pack_linear_layers(model if layers is None else model.base_model)
    local = LocalClassifier(name, model, tokenizer, head=head, layers=layers, cache_bytes=cache_bytes)
    if dtype == "int8" or (pack and dtype == "bfloat16"):
        quantize(local, dtype)
    return local


def stored_tensors(place: str, start: str) -> dict[str, Tensor]:
    """Read the tensors of a checkpoint whose names begin with ``start``."""
    folder = Path(place) if Path(place).is_dir() else Path(snapshot_download(place, allow_patterns="*.safetensors"))
    found: dict[str, Tensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            found |= {key: tensors.get_tensor(key) for key in tensors.keys() if key.startswith(start)}  # noqa: SIM118
    return found


def pick_device(device: str) -> str:
    """Return the torch device for a name; "auto" prefers CUDA, then MPS. Raises UsageError if it is not available."""
    if device != "auto":
        try:
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError) as error:
            raise UsageError(
                f"device {device!r} is not there; give auto, cpu, cuda or mps ({first_line(error)})"
            ) from error
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def pick_dtype(dtype: str, device: str) -> torch.dtype:
    """Return the number format to load weights in; those of int8 are loaded in float32.

    Raises:
        UsageError: The name is unknown, or int8 is asked for on another device than a CPU.
    """
    if dtype not in DTYPES:
        raise UsageError(f"dtype {dtype!r} is not one of {', '.join(DTYPES)}")
    if dtype == "int8" and device != "cpu":
        raise UsageError(f"dtype 'int8' runs on a CPU, not on {device}; give --device cpu or another number format")
    return DTYPES[dtype] or (torch.float32 if device == "cpu" else torch.bfloat16)


def load_parts(
    name: str, kind: Any, device: str, dtype: str, spare: tuple[str, ...] = ()
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load tokenizer and weights strictly; only unexpected tensors whose names begin with ``spare`` are accepted."""
    place = locate(name)
    device = pick_device(device)
    numbers = pick_dtype(dtype, device)
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        if is_gguf(name):
            model, tokenizer, info = load_gguf(name, Path(place), kind, numbers)
        else:
            place = fetched(place)
            stored = check_folder(Path(place), name)
            kind = language_model_class(name, place) if kind is AutoModelForCausalLM else kind
            tokenizer = AutoTokenizer.from_pretrained(place, trust_remote_code=False)
            with built_within(stored, name) if stored else nullcontext():
                model, info = kind.from_pretrained(
                    place, use_safetensors=True, trust_remote_code=False, dtype=numbers, output_loading_info=True
                )
    except CheckpointError:
        raise
    except Exception as error:  # the class of any architecture may raise anything for a damaged or odd checkpoint
        raise explain(name, place, error) from error
    finally:
        transformers_logging.set_verbosity(level)
    what = kind.__name__.removeprefix("AutoModelFor")
    check_keys(name, what, info, spare, lambda key: stored_tensors(place, key))
    if not all(bool(torch.isfinite(p).all()) for p in model.parameters()):
        raise CheckpointError(f"model {name}: its weights hold NaN or infinity; fetch or build it again")
    model.to(device)
    return model, tokenizer


def locate(name: str) -> str:
    """Return the folder, hub id or GGUF file of a model, after comparing a folder with its manifest if it has one.

    Raises:
        UnknownModelError: The name has no accepted form.
        CheckpointError: A file is missing or differs from the manifest.
    """
    if name.startswith("embedded:"):
        if name.removeprefix("embedded:") not in EMBEDDED:
            raise UnknownModelError(
                f"no shipped model {name!r}; there are {', '.join(f'embedded:{e}' for e in EMBEDDED)}"
            )
        check_manifest(HOME / name.removeprefix("embedded:"), name, required=True)
        return str(HOME / name.removeprefix("embedded:"))
    if Path(name).is_dir():
        check_manifest(Path(name), name, required=False)
        return name
    if is_gguf(name):
        return str(find_gguf(name))
    parts = name.split("/")
    if len(parts) != 2 or not all(
        part and part.replace("-", "").replace("_", "").replace(".", "").isalnum() for part in parts
    ):
        raise UnknownModelError(f"no model {name!r}: give {FORMS}")
    return name


def fetched(place: str) -> str:
    """Return the folder of a model, fetching a hub id: its texts first, then the weights that they name.

    Raises:
        OSError: The hub cannot be reached or has no such model.
        CheckpointError: As for ``check_folder``.
    """
    if Path(place).is_dir():
        return place
    reach(place)
    folder = snapshot_download(place, allow_patterns=list(TEXTS))
    check_folder(Path(folder), place, fetched=False)
    return snapshot_download(place, allow_patterns=[*TEXTS, *weight_files(Path(folder), place)])


def reach(place: str) -> None:
    """Request a model from the hub, once, if it is neither a folder nor in the local cache.

    Raises:
        OSError: The hub cannot be reached or has no such model.
    """
    if not Path(place).is_dir() and not isinstance(try_to_load_from_cache(place, "config.json"), str):
        try:
            HfApi().model_info(place, timeout=10)
        except Exception as error:
            raise OSError(str(error) or type(error).__name__) from error


def explain(name: str, place: str, error: Exception) -> UnknownModelError | CheckpointError:
    """Return an error that names the model, the cause and the remedy for an exception of the loader."""
    folder = Path(place)
    if not folder.is_dir():
        return UnknownModelError(
            f"model {name!r} could not be downloaded from the hub (no network, no such model, or no "
            f"safetensors): {first_line(error).rstrip('.')}. Give {FORMS}"
        )
    if not (folder / "config.json").is_file():
        if files := sorted(folder.glob("*.gguf")):
            return UnknownModelError(f"{place} is a folder of GGUF files; name one of them, such as {files[0]}")
        return UnknownModelError(f"{place} holds no config.json, so it is not a model folder. Give {FORMS}")
    if not list(folder.glob("*.safetensors")):
        return CheckpointError(
            f"model {name}: no safetensors weights in the folder; pickled weights (.bin, .pt) can "
            "run code and are refused. Save it with safe_serialization=True"
        )
    if isinstance(error, ImportError):
        return CheckpointError(f"model {name}: its class needs a package that is not installed: {first_line(error)}")
    return CheckpointError(f"model {name}: damaged or not a model of this kind: {first_line(error)}")


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, at most 300 characters, or its type if the message is empty."""
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__
