"""GGUF files that are loaded in this process: one copy of each, shared by all roles that name it."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakValueDictionary

from hintree.errors import CheckpointError, OutOfMemoryError
from hintree.models.llama_cpp.context import F32, Context, Weights
from hintree.models.llama_cpp.file_check import check_file
from hintree.models.llama_cpp.kv_cache import SequenceCache
from hintree.models.llama_cpp.metadata import cell_bytes, check_metadata
from hintree.models.local.ends import listed, turn_end
from hintree.models.local.gguf import check_storage
from hintree.models.local.gguf_header import read_header
from hintree.models.local.gguf_tokenizer import end_ids, read_tokenizer
from hintree.models.local.threads import threads_for
from hintree.models.resources import available_memory, cache_budget, join_budget, share_of_budget

LANES, RECURRENT_LANES = 128, 16
"""Number of sequences in the KV cache; those with recurrent states take memory whether they are used or not."""
LEAST_CELLS = 4096
"""Capacity of the first KV cache of a file, in tokens."""


class LoadedFile:
    """A GGUF file in llama.cpp with its tokenizer; all callers share its KV cache.

    Args:
        name: Name of the model, for errors.
        path: The file.
        gpu: True to compute on a GPU.

    Attributes:
        lock: Held while the KV cache is in use.
        context_length: Longest text in tokens.
        end_ids: Tokens that end a text.
        threads: Number of threads of a forward pass.

    Raises:
        CheckpointError: The file is damaged, or is not supported.
    """

    def __init__(self, name: str, path: Path, *, gpu: bool = False) -> None:
        header = read_header(path, name)
        check_storage(header, name)
        check_metadata(header, name)
        self.name, self.lock = name, threading.RLock()
        self.tokenizer = read_tokenizer(header, name)
        check_file(name, path)
        self.weights = Weights(name, path, gpu=gpu)
        if self.weights.vocabulary_size < len(self.tokenizer):
            raise CheckpointError(f"model {name}: llama.cpp reads another vocabulary from the file; fetch it again")
        self.context_length = self.weights.trained_context
        named = [*end_ids(header), *listed(self.tokenizer.eos_token_id), *listed(turn_end(self.tokenizer))]
        self.end_ids = frozenset(named)
        self._exact = all(tensor.kind == F32 for tensor in header.tensors)
        self.threads = threads_for(self.weights.parameters)
        self._cell_bytes = cell_bytes(header, self._exact)
        self._budget = cache_budget()
        self._cache: SequenceCache | None = None
        join_budget(self)

    @property
    def in_use(self) -> bool:
        """Tell whether it has a KV cache."""
        return self._cache is not None

    def cache(self, cells: int, single: int) -> SequenceCache:
        """Return a KV cache, the same as long as it is large enough; the caller holds ``lock``.

        Args:
            cells: Tokens that the next call would use at most.
            single: Tokens of the longest text among them, which the cache must hold; of the others, as many as the
                limit of memory allows.

        Raises:
            OutOfMemoryError: There is not enough memory.
        """
        most = max(LEAST_CELLS, share_of_budget(self, self._budget) // self._cell_bytes)
        wanted = max(single, min(cells, most))
        if self._cache is None or self._cache.context.cells < wanted:
            size = max(LEAST_CELLS, 2 ** (wanted - 1).bit_length())
            self._cache = None
            if size * self._cell_bytes > (available_memory() or sys.maxsize):
                raise OutOfMemoryError(
                    f"model {self.name}: no memory for a KV cache of {size} tokens; shorten the prompts"
                )
            lanes = RECURRENT_LANES if self.weights.recurrent else LANES
            context = Context(self.name, self.weights, cells=size, lanes=lanes, threads=self.threads, exact=self._exact)
            self._cache = SequenceCache(context, divisible=not self.weights.recurrent)
        return self._cache

    @contextmanager
    def dropped_on_error(self) -> Iterator[None]:
        """Free the KV cache if the block raises, on Ctrl-C too: its sequences would stay pinned, some half computed."""
        try:
            yield
        except BaseException:
            self._cache = None
            raise

    def forget(self) -> None:
        """Clear the KV cache."""
        with self.lock:
            if self._cache is not None:
                self._cache.clear()


_loaded: WeakValueDictionary[tuple[str, int, int, bool], LoadedFile] = WeakValueDictionary()
_loading = threading.Lock()


def open_file(name: str, path: Path, *, gpu: bool = False) -> LoadedFile:
    """Return a GGUF file as it is loaded in this process, loading it at first use; errors as for ``LoadedFile``."""
    state = path.stat()
    key = (str(path.resolve()), state.st_mtime_ns, state.st_size, gpu)
    with _loading:
        found = _loaded.get(key)
        if found is None:
            found = _loaded[key] = LoadedFile(name, path, gpu=gpu)
        return found
