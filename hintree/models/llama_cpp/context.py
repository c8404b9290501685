"""One GGUF file in llama.cpp: its weights, shared by all roles that name it, and a context with a KV cache."""

import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from hintree.errors import CheckpointError, ModelError, OutOfMemoryError
from hintree.models.llama_cpp.library import Batch, interrupts_kept, library

BATCH_TOKENS = 512
"""Maximum number of tokens of one forward pass."""
F32 = 0
"""Number of the format float32 in ggml."""


class Weights:
    """Weights of a GGUF file in llama.cpp; freed with the object.

    Args:
        name: Name of the model, for errors.
        path: The file, whose header has been checked.
        gpu: True to place all layers on a GPU, if the wheel was built for one.

    Raises:
        CheckpointError: llama.cpp cannot read the file, or it holds no model that generates text.
    """

    def __init__(self, name: str, path: Path, *, gpu: bool) -> None:
        llama = library()
        params = llama.functions.llama_model_default_params()
        params.n_gpu_layers = -1 if gpu else 0
        llama.messages.clear()
        with interrupts_kept():
            self.pointer = llama.functions.llama_model_load_from_file(str(path).encode(), params)
            if self.pointer:
                weakref.finalize(self, llama.functions.llama_model_free, self.pointer)
        if not self.pointer:
            raise CheckpointError(f"model {name}: llama.cpp cannot load the file: {reason()}")
        if self._is("has_encoder") or not self._is("has_decoder") or self._is("is_diffusion"):
            raise CheckpointError(f"model {name}: the file holds no model that generates text from left to right")
        self.parameters = int(llama.functions.llama_model_n_params(self.pointer))
        self.trained_context = int(llama.functions.llama_model_n_ctx_train(self.pointer))
        self.recurrent = self._is("is_recurrent") or self._is("is_hybrid")
        vocabulary = llama.functions.llama_model_get_vocab(self.pointer)
        self.vocabulary_size = int(llama.functions.llama_vocab_n_tokens(vocabulary))

    def _is(self, what: str) -> bool:
        return bool(getattr(library().functions, f"llama_model_{what}")(self.pointer))


class Context:
    """KV cache and buffers of a model, and its forward pass; freed with the object.

    Args:
        name: Name of the model, for errors.
        weights: The weights; kept alive by the context.
        cells: Tokens that the KV cache holds.
        lanes: Number of sequences that it holds.
        threads: Number of threads of a forward pass.
        exact: True for keys, values and attention in float32; otherwise they are in 16 bits, llama.cpp's default.

    Raises:
        OutOfMemoryError: There is not enough memory.
    """

    def __init__(self, name: str, weights: Weights, *, cells: int, lanes: int, threads: int, exact: bool) -> None:
        llama = library()
        self.name, self.weights, self.cells, self.lanes = name, weights, cells, lanes
        params = llama.functions.llama_context_default_params()
        params.n_ctx, params.n_seq_max = cells, lanes
        params.n_batch = params.n_ubatch = BATCH_TOKENS
        params.n_threads = params.n_threads_batch = threads
        if exact:  # flash attention computes in 16 bits, whatever the keys and values are stored in
            params.type_k = params.type_v = F32
            params.flash_attn_type = 0
        params.kv_unified = True
        llama.messages.clear()
        with interrupts_kept():
            self._pointer = llama.functions.llama_init_from_model(weights.pointer, params)
            if self._pointer:
                weakref.finalize(self, llama.functions.llama_free, self._pointer)
        if not self._pointer:
            raise OutOfMemoryError(
                f"model {name}: no memory for a KV cache of {cells} tokens ({reason()}); shorten the prompts, "
                "or run fewer problems at once"
            )
        self._memory = llama.functions.llama_get_memory(self._pointer)
        if not llama.functions.llama_get_causal_attn(self._pointer):
            raise CheckpointError(f"model {name}: the file holds a model of embeddings, which generates no text")

    def forward(
        self, tokens: Sequence[int], positions: Sequence[int], lanes: Sequence[int], wanted: Sequence[bool]
    ) -> Tensor:
        """Compute tokens of sequences and store their keys and values.

        Args:
            tokens: Token ids, at most ``BATCH_TOKENS``.
            positions: Position of each token in its sequence.
            lanes: Sequence of each token.
            wanted: True for tokens whose next-token logits are returned.

        Returns:
            Logits, shape [wanted tokens, vocabulary], float32, in memory that the next call overwrites.

        Raises:
            ModelError: llama.cpp failed.
        """
        n = len(tokens)
        arrays = [np.asarray(values, np.int32) for values in (tokens, positions, np.ones(n), lanes)]
        pointers = arrays[3].ctypes.data + np.arange(n, dtype=np.uint64) * np.uint64(arrays[3].itemsize)
        outputs = np.asarray(wanted, np.int8)
        token, position, ones, _ = (array.ctypes.data for array in arrays)
        batch = Batch(n, token, None, position, ones, pointers.ctypes.data, outputs.ctypes.data)
        library().messages.clear()
        status = library().functions.llama_decode(self._pointer, batch)
        if status:
            raise ModelError(f"model {self.name}: llama.cpp failed with status {status} ({reason()})")
        rows = int(outputs.sum())
        if not rows:
            return torch.zeros(0, self.weights.vocabulary_size)
        logits = library().functions.llama_get_logits(self._pointer)
        return torch.from_numpy(np.ctypeslib.as_array(logits, shape=(rows, self.weights.vocabulary_size)))

    def copy(self, source: int, target: int, length: int) -> None:
        """Let a sequence begin with the first ``length`` tokens of another; -1 for all, with recurrent states."""
        library().functions.llama_memory_seq_cp(self._memory, source, target, 0 if length >= 0 else -1, length)

    def remove(self, lane: int) -> None:
        """Remove a sequence from the KV cache."""
        library().functions.llama_memory_seq_rm(self._memory, lane, -1, -1)


def reason() -> str:
    """Return what llama.cpp logged about a failure, at most 200 characters."""
    return "; ".join(library().messages[:2])[:200] or "no reason given"
