"""Encode and decode with the tokenizer of a model, in a process of its own unless its parts are known to be quick."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar

from transformers import PreTrainedTokenizerBase

from hintree.errors import CheckpointError, ModelError
from hintree.models.local.quick_tokenizers import is_quick
from hintree.models.local.tokenizer_child import TokenizerProcess, failure

Item = TypeVar("Item")
Code = TypeVar("Code")
Result = TypeVar("Result")


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
    texts = [without_surrogates(text) for text in texts]
    pairs = None if pairs is None else [without_surrogates(text) for text in pairs]
    process = process_of(tokenizer)
    if process:
        split = bool(tokenizer.split_special_tokens) if split is None else split
        inputs = texts if pairs is None else list(zip(texts, pairs, strict=True))
        cut = {"longest": longest, "side": tokenizer.truncation_side}
        answer = process.ask({"texts": inputs, "special": special, "split": split, **cut})
        return Coded(answer["ids"], answer["offsets"])
    with panics_reported():
        # verbose=False: no warning about the length, because callers check it and raise an error that says what to do.
        found = tokenizer(
            texts,
            pairs,
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


def without_surrogates(text: str) -> str:
    """Return a text in which question marks stand for lone surrogates, which no tokenizer can read."""
    return text.encode("utf-8", "replace").decode()


@contextmanager
def panics_reported() -> Iterator[None]:
    """Raise CheckpointError for a panic of the tokenizer's library, whose exception is none that a caller expects."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise failure(error) from error


@lru_cache(maxsize=16)
def process_of(tokenizer: PreTrainedTokenizerBase) -> TokenizerProcess | None:
    """Return the process that runs a tokenizer; None if it may run in this one."""
    backend: Any = getattr(tokenizer, "backend_tokenizer", None)
    return None if backend is None or is_quick(backend) else TokenizerProcess(backend.to_str())


def or_error(name: str, encode: Callable[[], Code]) -> Code | CheckpointError:
    """Return the code of one text, or the error of a tokenizer or chat template at it, which then names the model."""
    try:
        return encode()
    except CheckpointError as error:
        return CheckpointError(f"{name}: {error}")


def or_raise(name: str, encode: Callable[[], Code]) -> Code:
    """Return the code of some texts. Raises CheckpointError as the tokenizer does, naming the model."""
    code = or_error(name, encode)
    if isinstance(code, CheckpointError):
        raise code
    return code


def encode_and_run(
    name: str, items: Sequence[Item], encode: Callable[[Item], Code], run: Callable[[list[Code]], list[Result]]
) -> list[Result | ModelError]:
    """Encode items one by one and run those that can be encoded, together; each other one gets its error as result.

    Args:
        name: Names the model in errors.
        items: Texts of any form.
        encode: Returns the code of an item; what it raises as CheckpointError is that item's result.
        run: Returns one result per code, in order.
    """
    coded = [or_error(name, partial(encode, item)) for item in items]
    results = iter(run([code for code in coded if not isinstance(code, CheckpointError)]))
    return [code if isinstance(code, CheckpointError) else next(results) for code in coded]
