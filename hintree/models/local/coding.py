"""Encode and decode with the tokenizer of a model, in a process of its own if it might take long.

The library in Rust takes linear time except for regular expressions that a file brings with it, and for words without a
limit of length. A tokenizer with such parts runs in a process that is ended when a text takes too long.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock, Timer
from typing import Any, NamedTuple
from weakref import finalize

from transformers import PreTrainedTokenizerBase

from hintree.errors import CheckpointError
from hintree.models.local.pre_tokenizers import is_known

LONGEST_WORD = 1000
"""Characters of a word of a WordPiece vocabulary, whose time is quadratic in them."""
TIMEOUT = 60.0
"""Maximum seconds of wall-clock time for a call, beside the limit of CPU time in ``tokenizer_process``."""
PROGRAM = Path(__file__).with_name("tokenizer_process.py")
"""What the process runs."""


class Coded(NamedTuple):
    """Tokens of some texts.

    ids: Token ids of each text.
    offsets: Beginning and end of each token in its text, in characters; empty unless asked for.
    """

    ids: list[list[int]]
    offsets: list[list[tuple[int, int]]]


def coded(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    pairs: Sequence[str] | None = None,
    *,
    special: bool = False,
    split: bool | None = None,
    longest: int | None = None,
    offsets: bool = False,
) -> Coded:
    """Return the tokens of some texts.

    Args:
        tokenizer: Not modified.
        texts: Texts.
        pairs: Second text of each, for a model that reads two.
        special: True to add the tokens of the beginning and the end.
        split: True to read control tokens in a text as plain text; by default as the tokenizer is set.
        longest: Number of tokens that a text is cut at.
        offsets: True to return where the tokens stand.

    Raises:
        CheckpointError: The tokenizer fails at a text, or takes too long.
    """
    process = process_of(tokenizer)
    if process:
        split = bool(tokenizer.split_special_tokens) if split is None else split
        inputs = list(texts) if pairs is None else list(zip(texts, pairs, strict=True))
        answer = process.ask({"texts": inputs, "special": special, "split": split, "longest": longest})
        return Coded(answer["ids"], answer["offsets"])
    with panics_reported():
        # verbose=False: no warning about the length, because callers check it and raise an error that says what to do.
        found = tokenizer(
            list(texts),
            None if pairs is None else list(pairs),
            add_special_tokens=special,
            split_special_tokens=tokenizer.split_special_tokens if split is None else split,
            truncation=longest is not None,
            max_length=longest,
            return_offsets_mapping=offsets,
            return_attention_mask=False,
            verbose=False,
        )
    return Coded(found["input_ids"], found["offset_mapping"] if offsets else [])


def texts_of(tokenizer: PreTrainedTokenizerBase, rows: Sequence[Sequence[int]], *, control: bool = False) -> list[str]:
    """Return the text of each row of tokens, with or without control tokens. Raises CheckpointError as ``coded``."""
    process = process_of(tokenizer)
    if process:
        return list(process.ask({"rows": [list(map(int, row)) for row in rows], "skip": not control})["texts"])
    with panics_reported():
        return [
            str(tokenizer.decode(list(row), skip_special_tokens=not control, clean_up_tokenization_spaces=False))
            for row in rows
        ]


@contextmanager
def panics_reported() -> Iterator[None]:
    """Raise CheckpointError for a panic of the tokenizer's library, whose exception is none that a caller expects."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise CheckpointError(f"the tokenizer fails at a text: {' '.join(str(error).split())[:200]}") from error


@lru_cache(maxsize=64)
def process_of(tokenizer: PreTrainedTokenizerBase) -> "TokenizerProcess | None":
    """Return the process that runs a tokenizer; None if it may run in this one."""
    backend: Any = getattr(tokenizer, "backend_tokenizer", None)
    return TokenizerProcess(backend.to_str()) if backend is not None and may_be_slow(backend) else None


def may_be_slow(backend: Any) -> bool:
    """Tell whether a tokenizer of the library ``tokenizers`` may take more than linear time."""
    if getattr(backend.model, "max_input_chars_per_word", 0) > LONGEST_WORD:
        return True
    stages = (backend.normalizer, backend.pre_tokenizer, backend.decoder)
    return not all(is_known(e) for s in stages if s is not None for e in expressions(json.loads(s.__getstate__())))


def expressions(state: Any) -> Iterator[str]:
    """Yield the regular expressions in the description of a stage."""
    if isinstance(state, dict) and isinstance(state.get("Regex"), str):
        yield state["Regex"]
    if isinstance(state, dict | list):
        for part in state.values() if isinstance(state, dict) else state:
            yield from expressions(part)


class TokenizerProcess:
    """A process that runs one tokenizer; it is started by the first call, and again after it was ended.

    Args:
        description: The tokenizer as the JSON text of the library ``tokenizers``.
        program: What the process runs.
    """

    def __init__(self, description: str, program: Path = PROGRAM) -> None:
        self._description, self._program = description, program
        self._process: subprocess.Popen[str] | None = None
        self._refused = set[str]()
        self._lock = Lock()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a request of ``tokenizer_process``.

        Raises:
            CheckpointError: The tokenizer fails, or exceeds its limits; the process is ended then.
        """
        asked = json.dumps(request)
        with self._lock:
            line = "" if asked in self._refused else self._exchange(asked)
        if not line:
            self._refused.add(asked)
            raise CheckpointError(
                "the tokenizer exceeds its limits of 20 s of CPU time and of memory at a text; use a model from a "
                "source that you trust"
            )
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise CheckpointError(f"the tokenizer fails at a text: {' '.join(answer['error'].split())[:200]}")
        return answer

    def _exchange(self, line: str) -> str:
        """Write a line to the process and return its answer; "" if it ends instead, or takes too long."""
        process = self._process or self._start()
        assert process.stdin and process.stdout
        timer = Timer(TIMEOUT, process.kill)
        timer.start()
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            found = process.stdout.readline()
        except OSError:
            found = ""
        finally:
            timer.cancel()
        if not found.endswith("\n"):
            self.close()
            return ""
        return found

    def _start(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-I", str(self._program)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._end = finalize(self, end, self._process)
        assert self._process.stdin
        self._process.stdin.write(json.dumps(self._description) + "\n")
        return self._process

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process = None
            self._end()


def end(process: "subprocess.Popen[str]") -> None:
    """End a process, and close its streams."""
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        with suppress(OSError):  # what was not written is lost with the process
            if stream:
                stream.close()
