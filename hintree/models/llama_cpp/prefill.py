"""Prefill of prompts: each distinct prefix is computed once, and its cells are shared by all prompts that have it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from hintree.models.llama_cpp.context import BATCH_TOKENS
from hintree.models.llama_cpp.kv_cache import CachedSequence, SequenceCache

OUTPUT_ROWS = 64
"""Maximum number of rows of logits of one forward pass; bounds memory."""


@dataclass(slots=True, eq=False)
class PrefillText:
    """One text to compute.

    Attributes:
        ids: Its token ids, at least one.
        first_output: Index of the first token whose next-token logits are wanted; they are wanted from there on.
        sequence: The text in the cache, pinned; None before it is computed.
        computed: Tokens computed for it.
    """

    ids: list[int]
    first_output: int
    sequence: CachedSequence | None = None
    computed: int = 0


TakeLogits = Callable[[PrefillText, int, Tensor], None]
"""Receives a text, the index of one of its tokens, and the logits [vocabulary] after it, valid during the call."""


def prefill(cache: SequenceCache, texts: Sequence[PrefillText], take: TakeLogits) -> None:
    """Compute the texts, which must fit the cache, in as many waves as prefixes of theirs depend on each other.

    Args:
        cache: Modified: the texts are stored in it, and stay pinned.
        texts: Different texts; their ``sequence`` and ``computed`` are set.
        take: Called once for each wanted token.
    """
    waiting = sorted(texts, key=lambda text: text.ids)
    while waiting:
        wave, later = next_wave(cache, waiting)
        work = []
        for text in wave:
            source, length = cache.longest_prefix(text.ids[: text.first_output + 1])
            text.sequence = cache.open(source, length)
            text.computed = len(text.ids) - length
            work.append((text, length))
        cache.extend([(text.sequence, text.ids[length:]) for text, length in work if text.sequence is not None])
        compute(cache, work, take)
        waiting = later


def prefill_in_parts(cache: SequenceCache, texts: Sequence[PrefillText], take: TakeLogits) -> None:
    """Compute texts as ``prefill`` does, as many at once as fit the cache; they may be evicted afterwards."""
    waiting = sorted(texts, key=lambda text: text.ids)
    while waiting:
        size = count_fitting(cache, [(text.ids, 0) for text in waiting])
        prefill(cache, waiting[:size], take)
        for text in waiting[:size]:
            if text.sequence is not None:
                text.sequence.pinned = False
        waiting = waiting[size:]


def count_fitting(cache: SequenceCache, texts: Sequence[tuple[Sequence[int], int]], reserved: int = 0) -> int:
    """Return the number of texts that fit the cache together, those that are not pinned being evicted.

    Args:
        cache: Not modified.
        texts: Token ids of each, sorted, and the number of tokens that will follow them.
        reserved: Cells that pinned sequences will need.
    """
    cells, last = cache.free_cells() - reserved, list[int]()
    for i, (ids, more) in enumerate(texts[: cache.free_lanes()]):
        cells -= more + len(ids) - length_of_common_prefix(last, ids)
        if cells < 0:
            return i
        last = list(ids)
    return min(len(texts), cache.free_lanes())


def next_wave(cache: SequenceCache, texts: Sequence[PrefillText]) -> tuple[list[PrefillText], list[PrefillText]]:
    """Split sorted texts into those to compute now, and those that will share more with these than with the cache."""
    wave: list[PrefillText] = []
    later: list[PrefillText] = []
    for text in texts:
        usable = text.ids[: text.first_output]
        shared = length_of_common_prefix(wave[-1].ids, usable) if wave else 0
        complete = cache.divisible or (wave and shared == len(wave[-1].ids))
        wait = shared > cache.longest_prefix(text.ids[: text.first_output + 1])[1] and complete
        (later if wait else wave).append(text)
    return wave, later


def compute(cache: SequenceCache, work: Sequence[tuple[PrefillText, int]], take: TakeLogits) -> None:
    """Compute the tokens of each text from an index on, several texts in one forward pass."""
    for chunk in chunks((text, i) for text, start in work for i in range(start, len(text.ids))):
        logits = cache.context.forward(
            [text.ids[i] for text, i in chunk],
            [i for _, i in chunk],
            [text.sequence.lane for text, _ in chunk if text.sequence is not None],
            [i >= text.first_output for text, i in chunk],
        )
        wanted = [(text, i) for text, i in chunk if i >= text.first_output]
        for (text, i), row in zip(wanted, logits, strict=True):
            take(text, i, row)


def chunks(tokens: Iterable[tuple[PrefillText, int]]) -> Iterator[list[tuple[PrefillText, int]]]:
    """Yield runs of tokens that one forward pass can take, by their number and that of their rows of logits."""
    part: list[tuple[PrefillText, int]] = []
    rows = 0
    for text, i in tokens:
        rows += i >= text.first_output
        if len(part) == BATCH_TOKENS or rows > OUTPUT_ROWS:
            yield part
            part, rows = [], int(i >= text.first_output)
        part.append((text, i))
    if part:
        yield part


def length_of_common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """Return the length of the common prefix of two texts."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
