"""Binding of llama.cpp's C interface (llama.h), through the shared library of the wheel ``xllamacpp``.

The wheel's own class is a server with slots, which takes over the process's signals and opens a port. The functions of
llama.h, which the same library exports, give the logits of any tokens in any number of sequences, and no more.
"""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, Structure, c_bool, c_char_p, c_float, c_int, c_int8, c_int32, c_void_p
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from hintree.errors import UsageError

INSTALL = "pip install 'hintree[gguf]'"
ERROR = 4
"""Level of llama.cpp's log messages that are errors."""
MESSAGES = 20
"""Maximum number of llama.cpp's error messages that are kept."""
LIMITS = ("n_ctx", "n_batch", "n_ubatch", "n_seq_max", "n_rs_seq", "n_outputs_max", "n_outputs_max_per_seq")
ENUMS = ("ctx_type", "rope_scaling_type", "pooling_type", "attention_type", "flash_attn_type")
FACTORS = ("base", "scale", "ext_factor", "attn_factor", "beta_fast", "beta_slow")
SWITCHES = ("embeddings", "offload_kqv", "no_perf", "op_offload", "swa_full", "kv_unified")


class ModelParams(Structure):
    """``llama_model_params``; the fields after ``n_gpu_layers`` are passed on as they are."""

    _fields_ = (
        ("devices", c_void_p),
        ("tensor_buft_overrides", c_void_p),
        ("n_gpu_layers", c_int32),
        ("rest", c_int8 * 236),
    )


class ContextParams(Structure):
    """``llama_context_params``, with room at its end for fields of later versions."""

    _fields_ = (
        *((name, c_int32) for name in (*LIMITS, "n_threads", "n_threads_batch", *ENUMS)),
        *((name, c_float) for name in FACTORS),
        ("yarn_orig_ctx", c_int32),
        ("defrag_thold", c_float),
        ("cb_eval", c_void_p),
        ("cb_eval_user_data", c_void_p),
        ("type_k", c_int32),
        ("type_v", c_int32),
        ("abort_callback", c_void_p),
        ("abort_callback_data", c_void_p),
        ("unnamed", c_void_p),
        *((name, c_bool) for name in SWITCHES),
        ("rest", c_int8 * 250),
    )


class Batch(Structure):
    """``llama_batch``: arrays of ``n_tokens`` items each; ``seq_id`` holds pointers, ``logits`` marks wanted rows."""

    _fields_ = (
        ("n_tokens", c_int32),
        ("token", c_void_p),
        ("embd", c_void_p),
        ("pos", c_void_p),
        ("n_seq_id", c_void_p),
        ("seq_id", c_void_p),
        ("logits", c_void_p),
    )


DEFAULTS = {
    **dict.fromkeys(LIMITS, 0),
    "n_ctx": 512,
    "n_batch": 2048,
    "n_ubatch": 512,
    "n_seq_max": 1,
    "n_outputs_max_per_seq": 1,
    "n_threads": 4,
    "n_threads_batch": 4,
    "ctx_type": 0,
    **dict.fromkeys(ENUMS[1:], -1),
    "type_k": 1,
    "type_v": 1,
    "embeddings": False,
    "op_offload": True,
    "swa_full": True,
    "kv_unified": False,
}
"""Values that the library's default parameters have if their layout is the one declared here."""
LogCallback = ctypes.CFUNCTYPE(None, c_int, c_char_p, c_void_p)
Signature = tuple[Any, tuple[Any, ...]]
POINTER_TO_INT: Signature = (c_int32, (c_void_p,))
FUNCTIONS: dict[str, Signature] = {
    "llama_backend_init": (None, ()),
    "llama_log_set": (None, (LogCallback, c_void_p)),
    "llama_supports_gpu_offload": (c_bool, ()),
    "llama_model_default_params": (ModelParams, ()),
    "llama_context_default_params": (ContextParams, ()),
    "llama_model_load_from_file": (c_void_p, (c_char_p, ModelParams)),
    "llama_model_free": (None, (c_void_p,)),
    "llama_model_n_params": (ctypes.c_uint64, (c_void_p,)),
    "llama_model_n_ctx_train": POINTER_TO_INT,
    "llama_model_has_encoder": (c_bool, (c_void_p,)),
    "llama_model_has_decoder": (c_bool, (c_void_p,)),
    "llama_model_is_recurrent": (c_bool, (c_void_p,)),
    "llama_model_is_hybrid": (c_bool, (c_void_p,)),
    "llama_model_is_diffusion": (c_bool, (c_void_p,)),
    "llama_model_get_vocab": (c_void_p, (c_void_p,)),
    "llama_vocab_n_tokens": POINTER_TO_INT,
    "llama_init_from_model": (c_void_p, (c_void_p, ContextParams)),
    "llama_free": (None, (c_void_p,)),
    "llama_get_causal_attn": (c_bool, (c_void_p,)),
    "llama_get_memory": (c_void_p, (c_void_p,)),
    "llama_decode": (c_int32, (c_void_p, Batch)),
    "llama_get_logits": (POINTER(c_float), (c_void_p,)),
    "llama_memory_seq_rm": (c_bool, (c_void_p, c_int32, c_int32, c_int32)),
    "llama_memory_seq_cp": (None, (c_void_p, c_int32, c_int32, c_int32, c_int32)),
}
"""Result and arguments of the functions in use."""


class Library:
    """Functions of llama.h with their types.

    Attributes:
        functions: The functions of ``FUNCTIONS``.
        messages: What llama.cpp logged as errors since a caller last cleared the list.

    Raises:
        UsageError: The wheel is not installed, or its functions or structures differ from those declared here.
    """

    def __init__(self) -> None:
        if find_spec("xllamacpp") is None:
            raise UsageError(f"the wheel xllamacpp is not installed: {INSTALL}")
        os.environ.setdefault("GGML_NO_BACKTRACE", "1")  # no debugger is started where llama.cpp ends the process
        try:
            handle = ctypes.CDLL(import_module("xllamacpp.xllamacpp").__file__)
            for name, (result, arguments) in FUNCTIONS.items():
                function = getattr(handle, name)
                function.restype, function.argtypes = result, arguments
        except (ImportError, OSError, AttributeError) as error:
            raise UsageError(f"the wheel xllamacpp cannot be used ({str(error)[:200]}): {INSTALL}") from error
        self.functions: Any = handle
        self.messages: list[str] = []
        default = handle.llama_context_default_params()
        odd = [name for name, value in DEFAULTS.items() if getattr(default, name) != value]
        if odd:
            raise UsageError(f"this version of the wheel xllamacpp is not known here ({odd[0]} differs): {INSTALL}")
        self._log = LogCallback(self._keep)
        handle.llama_log_set(self._log, None)
        handle.llama_backend_init()

    def _keep(self, level: int, text: bytes, _: Any) -> None:
        """Keep an error message instead of printing it, and drop all others."""
        if level == ERROR and len(self.messages) < MESSAGES:
            self.messages.append(text.decode("utf-8", "replace").strip())


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """Raise KeyboardInterrupt after the block if Ctrl-C fell into one of llama.cpp's log messages.

    ctypes drops the exceptions of such a callback, and passes them to ``sys.unraisablehook``.
    """
    caught: list[Any] = []
    before = sys.unraisablehook

    def keep(dropped: Any) -> None:
        (caught.append if issubclass(dropped.exc_type, KeyboardInterrupt) else before)(dropped)

    sys.unraisablehook = keep
    try:
        yield
    finally:
        sys.unraisablehook = before
    if caught:
        raise KeyboardInterrupt


@cache
def library() -> Library:
    """Return the library, opened once per process. Raises UsageError as ``Library``."""
    return Library()
