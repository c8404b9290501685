"""Start vLLM engines in this process, with errors that name the model, the argument and the remedy."""

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from safetensors import safe_open
from transformers import AutoConfig, AutoTokenizer, GenerationConfig, PreTrainedTokenizerBase

from hintree.errors import CheckpointError, ServerError, UsageError
from hintree.models.base import Piece
from hintree.models.local.folder import check_folder
from hintree.models.local.load import explain, fetched, locate
from hintree.models.local.text import conversation
from hintree.models.thinking import ThinkingStyle, detect_style
from hintree.models.vllm.name import EXAMPLE, parse_engine_name
from hintree.search.core.ledger import Usage

ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # no child process: it would import a user's script again
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",
}
"""Variables that are set for vLLM unless the environment sets them."""
DTYPES = ("auto", "float32", "bfloat16", "float16")
OWN_ARGUMENTS = frozenset(
    {"convert", "load_format", "model", "runner", "skip_tokenizer_init", "tokenizer", "trust_remote_code"}
)
"""Engine arguments that hintree sets; remote code and pickled weights are never loaded."""
CPU_BLOCK = 32
"""Tokens of a block of the KV cache on a CPU. Siblings share whole blocks, and vLLM's own default there is 128."""


class EngineModel:
    """Engine, tokenizer and usage counter of a model that vLLM runs in this process.

    Args:
        name: ``vllm:NAME``, with engine arguments; see ``hintree/models/vllm/name.py``.
        runner: "generate" or "pooling".
        device: "auto", or the device of this vLLM: "cpu", "cuda" or "cuda:1".
        dtype: "auto" (float32 on a CPU, else bfloat16), "float32", "bfloat16" or "float16".
        fixed: Engine arguments that the kind of model needs.

    Attributes:
        config, generation_config: Configuration of transformers; the latter is None if the model has none.
        context: Longest sequence in tokens.
        thinking: How the model marks its thoughts; None for one that writes none.
        usage: Sum of the usage of all calls.

    Raises:
        UsageError: vLLM is not installed, or a name, device, number format or engine argument is not accepted.
        UnknownModelError: No model of that name exists or can be reached.
        CheckpointError: vLLM cannot load the model.
    """

    def __init__(self, name: str, *, runner: str, device: str, dtype: str, **fixed: Any) -> None:
        model, arguments = parse_engine_name(name)
        self.name = name
        require_vllm(model)
        self.place = folder_of(model)
        try:
            self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(self.place, trust_remote_code=False)
            self.config: Any = AutoConfig.from_pretrained(self.place, trust_remote_code=False)
        except Exception as error:  # the class of any architecture may raise anything for a damaged checkpoint
            raise explain(model, self.place, error) from error
        self.generation_config = generation_config(self.place)
        self.check()
        self.llm = start_engine(
            name, self.place, {"runner": runner, **fixed}, {**device_arguments(device, dtype), **arguments}
        )
        self.context = int(self.llm.model_config.max_model_len)
        self.parameters = count_weights(self.place)
        self.chat = self.tokenizer.chat_template is not None
        self.thinking: ThinkingStyle | None = (
            detect_style(str(self.tokenizer.get_chat_template())) if self.chat else None
        )
        self.usage = Usage()

    def check(self) -> None:
        """Raise UsageError for a model that vLLM cannot serve in this way, before the engine starts."""

    def conversation(self, turns: Sequence[tuple[str, Sequence[Piece]]]) -> list[Piece] | None:
        """Return the turns in the model's chat template, or None if it has none."""
        return conversation(self.tokenizer, turns) if self.chat else None

    def forget(self) -> None:
        """Clear the prefix cache: the next call computes every token of its texts."""
        self.llm.reset_prefix_cache()


def require_vllm(model: str) -> None:
    """Set the environment of vLLM. Raises UsageError if it is not installed."""
    if find_spec("vllm") is None:
        raise UsageError(
            f"model 'vllm:{model}' needs vLLM: pip install 'hintree[vllm]', or start `vllm serve {model}` "
            f"elsewhere and name http://127.0.0.1:8000/v1#{model}"
        )
    for variable, value in ENVIRONMENT.items():
        os.environ.setdefault(variable, value)


def folder_of(model: str) -> str:
    """Return the folder of a model after comparing its manifest, fetching a hub id; errors as for ``load_model``."""
    place = locate(model)
    if Path(place).is_file():
        raise UsageError(f"model 'vllm:{model}': vLLM runs safetensors here; name the file itself, {model}")
    try:
        folder = fetched(place)
    except OSError as error:
        raise explain(model, place, error) from error
    check_folder(Path(folder), model)
    return folder


def generation_config(place: str) -> GenerationConfig | None:
    """Return the generation configuration of a folder; None if it has none."""
    return GenerationConfig.from_pretrained(place) if (Path(place) / "generation_config.json").is_file() else None


def count_weights(place: str) -> int:
    """Return the number of weights in the safetensors files of a folder."""
    total = 0
    for file in sorted(Path(place).glob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            for key in tensors.keys():  # noqa: SIM118
                size = 1
                for length in tensors.get_slice(key).get_shape():
                    size *= length
                total += size
    return total


def device_arguments(device: str, dtype: str) -> dict[str, Any]:
    """Return the engine arguments for a device and a number format; see ``EngineModel``. Raises UsageError."""
    from vllm.platforms import current_platform

    kind, _, index = device.partition(":")
    own = str(current_platform.device_type)
    if device != "auto" and (kind != own or (index and not index.isdecimal())):
        raise UsageError(f"device {device!r}: the vLLM that is installed here runs on {own}; give auto or {own}")
    if dtype not in DTYPES:
        raise UsageError(f"dtype {dtype!r} is not one of {', '.join(DTYPES)}, which vLLM computes in")
    found: dict[str, Any] = {"device_ids": [int(index)]} if index and own != "cpu" else {}
    found["dtype"] = dtype if dtype != "auto" else "float32" if own == "cpu" else "bfloat16"
    return found | ({"enforce_eager": True, "block_size": CPU_BLOCK} if own == "cpu" else {})


def start_engine(name: str, place: str, fixed: Mapping[str, Any], arguments: Mapping[str, Any]) -> Any:
    """Return a ``vllm.LLM``.

    Args:
        name: Names the model in errors.
        place: Folder of the model.
        fixed: Engine arguments that the kind of model needs.
        arguments: Those of the user and of the device.

    Raises:
        UsageError: vLLM has no engine argument of that name, or hintree sets it.
        CheckpointError: The engine does not start.
    """
    from vllm import LLM
    from vllm.engine.arg_utils import EngineArgs

    known = sorted({field.name for field in fields(EngineArgs)} - OWN_ARGUMENTS)
    for argument in arguments:
        if argument in OWN_ARGUMENTS:
            raise UsageError(f"model {name}: hintree sets the engine argument {argument!r} itself; leave it out")
        if argument not in known:
            near = difflib.get_close_matches(argument, known, 3) or [EXAMPLE]
            raise UsageError(
                f"model {name}: vLLM has no engine argument {argument!r}; give one such as {', '.join(near)}"
            )
    try:
        return LLM(
            **{
                "model": place,
                "load_format": "safetensors",
                "trust_remote_code": False,
                "skip_tokenizer_init": True,
                "enable_prefix_caching": True,
                **fixed,
                **arguments,
            }
        )
    except Exception as error:  # vLLM raises the errors of many libraries
        shown = " ".join(str(error).split())[:400] or type(error).__name__
        given = ", ".join(f"{key}={value}" for key, value in arguments.items())
        raise CheckpointError(f"model {name}: vLLM does not start with {given}: {shown}") from error


def engine_failed(name: str, error: Exception) -> ServerError:
    """Return the error for texts during which the engine failed, such as for lack of memory."""
    return ServerError(f"{name}: vLLM failed ({type(error).__name__}: {' '.join(str(error).split())[:300]})")


def usage_of(output: Any) -> Usage:
    """Return the cost of an output of vLLM whose prompt alone was wanted."""
    tokens = len(output.prompt_token_ids)
    return Usage(1, tokens, tokens - (getattr(output, "num_cached_tokens", 0) or 0), 0)
