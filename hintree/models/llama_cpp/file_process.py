"""Open a GGUF file in a process of its own, under limits: llama.cpp ends the process in which a check of it fails.

``file_check.py`` runs ``main`` before the same file is opened in its own process. It imports no torch.
"""

import json
import os
import sys
from ctypes import addressof, c_int8, c_int32, c_void_p

from hintree.models.llama_cpp.library import Batch, library

CPU_SECONDS, BYTES_PER_SECOND = 30, 1 << 27
"""Limit of CPU time: these seconds, and one more for so many bytes of the file."""
MEMORY_BYTES, MEMORY_TIMES = 4 << 30, 3
"""Limit of the address space: this, and so many times the size of the file."""
CELLS = 64
"""Tokens of the KV cache."""


def limit_resources(size: int) -> None:
    """Limit the CPU time and memory of this process, where the system can; drivers of GPUs reserve any memory."""
    try:
        import resource
    except ImportError:  # Windows: the parent's time-out remains
        return
    seconds, memory = CPU_SECONDS + size // BYTES_PER_SECOND, MEMORY_BYTES + MEMORY_TIMES * size
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    if not library().functions.llama_supports_gpu_offload():
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def try_file(path: str) -> str:
    """Load a file, build its graph and compute one token; return the error that llama.cpp reports, "" if none."""
    llama = library()
    params = llama.functions.llama_model_default_params()
    params.n_gpu_layers = 0
    model = llama.functions.llama_model_load_from_file(path.encode(), params)
    if not model:
        return "; ".join(llama.messages[:2])[:200] or "no reason given"
    settings = llama.functions.llama_context_default_params()
    settings.n_ctx, settings.n_batch, settings.n_ubatch, settings.n_seq_max = CELLS, CELLS, CELLS, 1
    settings.n_threads = settings.n_threads_batch = 1
    context = llama.functions.llama_init_from_model(model, settings)
    if context:
        decode_one(context)
    return ""


def decode_one(context: int) -> None:
    """Compute the token 0; a failure that llama.cpp reports is left to the model's use."""
    zero, one, wanted = c_int32(0), c_int32(1), c_int8(1)
    lanes = c_void_p(addressof(zero))
    parts = (zero, None, zero, one, lanes, wanted)
    library().functions.llama_decode(context, Batch(1, *(None if part is None else addressof(part) for part in parts)))


def main(path: str) -> None:
    """Write one JSON object about a file: ``{"error": TEXT}``."""
    limit_resources(os.path.getsize(path))
    json.dump({"error": try_file(path)}, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # nothing that is freed at the end is needed any more
