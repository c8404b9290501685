"""Detection of how a model runs with one row per sequence, by test forward passes."""

import logging
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from inspect import signature
from typing import Any

import torch
from torch import Tensor
from transformers import Cache, PreTrainedModel

from hintree.errors import CheckpointError
from hintree.models.local.adapter import cache_argument
from hintree.models.local.positions import TEST_WINDOW, limited_attention, shortened_window
from hintree.models.local.row_snapshots import single, stacked

log = logging.getLogger(__name__)
PROMPTS = ((1, 2, 3, 4, 5, 6), (7, 8, 9, 10, 2, 3))
"""Token ids of two prompts of one length."""
HASHED = "lsh_attn_chunk_length"
"""Setting of models with locality-sensitive hashing (Reformer, arXiv 2001.04451)."""
ORDER = (1, 0, 1)
"""Prompt of each row that continues."""
CONTINUED = ((11, 12, 13, 4), (2, 11, 5, 12), (3, 12, 1, 6))
"""Token ids that continue each row."""


class RowMode(Enum):
    """Way in which the tokens of a row are computed.

    KEPT: The model's own cache holds the keys, values and recurrent states of all rows. Texts of later calls continue
        from snapshots of it.
    STEPWISE: As ``KEPT``, but a model continues one token at a time: several at once begin with an empty state.
    CACHED: As ``KEPT``, but without snapshots: every call computes its prompts from the first token.
    WHOLE: Every new token computes the whole text again.
    """

    KEPT = "kept"
    STEPWISE = "stepwise"
    CACHED = "cached"
    WHOLE = "whole"

    @property
    def keeps(self) -> bool:
        """Return True if snapshots are kept between calls."""
        return self in (RowMode.KEPT, RowMode.STEPWISE)


def detect_row_mode(name: str, model: PreTrainedModel) -> RowMode:
    """Return how a causal language model runs in rows.

    The cache must give the logits of full forward passes, for rows of one length that were copied, reordered and
    continued. Whole texts are computed where there is no cache, or none whose rows can be selected. Snapshots are kept
    where texts that continue from them have these logits, too, and no setting lets a layer attend to a selection of
    the earlier tokens, which the short texts of the test do not reach.

    Args:
        name: Names the model in errors.
        model: Run on a few tokens; on return, it is what it was.

    Raises:
        CheckpointError: The model does not map token ids to next-token logits, its logits depend on later tokens, or
            it computes other logits with its cache than without.
    """
    with torch.inference_mode():
        want = full_logits(name, model)
        try:
            difference = relative(cached_logits(model), want)
        except Exception as error:
            log.info(
                "%s cannot continue rows from its cache, whole texts are computed: %s", type(model).__name__, error
            )
            return RowMode.WHOLE
    if difference > tolerance(model):
        raise CheckpointError(
            f"model {name}: {type(model).__name__} computes other logits with its cache than without it (by "
            f"{difference:.2g} of the largest), so generate and a forward pass of transformers disagree. Name another "
            "model"
        )
    return detect_snapshots(model)


def warn_of_recomputing(name: str, mode: RowMode) -> None:
    """Log one line if the texts of a model continue from no snapshot, which costs computed tokens."""
    if not mode.keeps:
        again = "whole text for every token" if mode is RowMode.WHOLE else "prompt from the first token"
        log.warning("model %s: every step computes its %s, as no state can be kept; see forwarded tokens", name, again)


def detect_snapshots(model: PreTrainedModel) -> RowMode:
    """Return how texts of a model continue from snapshots; ``RowMode.CACHED`` if they cannot."""
    if limit := limited_attention(model.config):
        log.info("%s attends to a selection of tokens (%s), snapshots are not kept", type(model).__name__, limit)
        return RowMode.CACHED
    words = model.config.get_text_config().vocab_size
    texts = torch.tensor([PROMPTS[i] + CONTINUED[row] for row, i in enumerate(ORDER)], device=model.device) % words
    with torch.inference_mode(), shortened_window(model.config, TEST_WINDOW):
        want = compute(model, texts).logits[:, -1]
        for mode in (RowMode.KEPT, RowMode.STEPWISE):
            try:
                if relative(logits_from_snapshots(model, texts, mode), want) <= tolerance(model):
                    return mode
            except Exception as error:  # caches of some classes cannot be stacked
                log.info("%s cannot continue from snapshots: %s", type(model).__name__, error)
    return RowMode.CACHED


def logits_from_snapshots(model: PreTrainedModel, texts: Tensor, mode: RowMode) -> Tensor:
    """Return the logits after texts [rows, tokens] that continue, twice, from snapshots of their prompts."""
    start = len(PROMPTS[0])
    prompts = own_cache(compute(model, texts[:, :start], cached=True))
    snapshots = [single(prompts, row) for row in range(len(texts))]
    for _ in range(2):  # the second time shows that the first left the snapshots as they were
        cache = stacked(snapshots)
        logits: Tensor = continued(model, texts[:, start:], cache, start, mode).logits[:, -1]
    return logits


def continued(model: PreTrainedModel, ids: Tensor, cache: Cache, start: int, mode: RowMode) -> Any:
    """Run a model on the tokens [rows, tokens] that follow the ``start`` tokens of a cache, which is modified."""
    steps = ids.split(1, 1) if mode is RowMode.STEPWISE else (ids,)
    for i, tokens in enumerate(steps):
        out = compute(model, tokens, cache, start + i, last=True)
    return out


def full_logits(name: str, model: PreTrainedModel) -> Tensor:
    """Return the logits of full forward passes after each token that continues the prompts, [tokens, rows, vocabulary].

    Raises:
        CheckpointError: As ``detect_row_mode``.
    """
    what, words = f"model {name}: {type(model).__name__}", model.config.get_text_config().vocab_size
    texts = torch.tensor([PROMPTS[i] + CONTINUED[row] for row, i in enumerate(ORDER)], device=model.device) % words
    start = len(PROMPTS[0])
    if getattr(model.config, HASHED, None):
        raise CheckpointError(
            f"{what} attends by random hashes, so its texts depend on their length. Name another model"
        )
    try:
        logits = [compute(model, texts[:, :end]).logits for end in range(start, texts.shape[1])]
    except Exception as error:
        raise CheckpointError(
            f"{what} cannot be given token ids alone ({type(error).__name__}: {error}): name a causal language model"
        ) from error
    shapes = [tuple(one.shape[:2]) for one in logits]
    if shapes != [(len(texts), end) for end in range(start, texts.shape[1])]:
        raise CheckpointError(
            f"{what} gives logits of shape {list(logits[0].shape)} for {len(texts)} texts of {start} tokens, not one "
            "row of logits per token: name a causal language model"
        )
    if relative(logits[-1][:, start - 1], logits[0][:, -1]) > tolerance(model):
        raise CheckpointError(
            f"{what} is not causal: its logits at a token depend on later tokens. Name a causal language model, or set "
            "is_decoder in its config.json if it was trained as one"
        )
    check_positions(what, model, texts[:, :start], logits[0])
    return torch.stack([one[:, -1] for one in logits])


def check_positions(what: str, model: PreTrainedModel, ids: Tensor, want: Tensor) -> None:
    """Refuse a model whose positions do not begin at 0, as those of RoBERTa.

    ``generate`` counts positions from 0 and gives such a model other logits than a forward pass without positions.

    Args:
        what: Names the model in errors.
        model: Not modified.
        ids: Token ids of texts, shape [rows, tokens].
        want: Logits of a forward pass without positions, shape [rows, tokens, vocabulary].

    Raises:
        CheckpointError: The logits differ.
    """
    if "position_ids" not in argument_names(type(model).forward):
        return
    positions = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
    try:
        logits = model(input_ids=ids, position_ids=positions, use_cache=False).logits
    except Exception:  # positions of another shape, which only the model itself makes
        return
    if relative(logits, want) > tolerance(model):
        raise CheckpointError(
            f"{what} counts positions in its own way: transformers computes other logits in generate than in a forward "
            "pass, so no text of it is certain. Name another model"
        )


def cached_logits(model: PreTrainedModel) -> Tensor:
    """Return the logits of ``full_logits``, from the model's cache."""
    words = model.config.get_text_config().vocab_size
    out = compute(model, torch.tensor(PROMPTS, device=model.device) % words, cached=True)
    cache, order = own_cache(out), torch.tensor(ORDER, device=model.device)
    select_rows(cache, order)
    logits = [out.logits[order, -1]]
    start = len(PROMPTS[0])
    for i, tokens in enumerate((torch.tensor(CONTINUED, device=model.device) % words).T[:-1]):
        out = compute(model, tokens[:, None], cache, start + i)
        logits.append(out.logits[:, -1])
    return torch.stack(logits)


def compute(
    model: PreTrainedModel,
    ids: Tensor,
    cache: Cache | None = None,
    start: int = 0,
    *,
    cached: bool = False,
    last: bool = False,
) -> Any:
    """Run a model on token ids of rows without padding.

    Args:
        model: Not modified.
        ids: Shape [rows, tokens].
        cache: Keys, values and states of the tokens before; modified. None to begin new rows.
        start: Number of tokens before.
        cached: True to keep a new cache, which ``own_cache`` finds in the output.
        last: True to get the logits of the last token only, from models that can leave the others out.

    Returns:
        The model's output.
    """
    options: dict[str, Any] = {} if cache is None else dict(cache_argument(model, cache))
    names = argument_names(type(model).forward)
    if cache is not None and "position_ids" in names:  # some classes count the tokens in a layer that holds none
        options["position_ids"] = torch.arange(start, start + ids.shape[1], device=ids.device).expand_as(ids)
    if last and "logits_to_keep" in names:
        options["logits_to_keep"] = 1
    return model(input_ids=ids, use_cache=cached or cache is not None, **options)


@lru_cache(maxsize=64)
def argument_names(forward: Callable[..., Any]) -> frozenset[str]:
    """Return the names of the arguments of a class's forward method."""
    return frozenset(signature(forward).parameters)


def own_cache(output: Any) -> Cache:
    """Return the cache in a model's output. Raises TypeError if there is none whose rows can be reordered."""
    for value in output.values():
        if isinstance(value, Cache):
            return value
    raise TypeError("its output holds no cache whose rows can be selected")


def select_rows(cache: Cache, rows: Tensor) -> None:
    """Keep the given rows of a cache, in their order; a row may be repeated.

    Unlike ``batch_select_indices``, which transformers has for attention layers only, this covers recurrent states.
    """
    cache.reorder_cache(rows)  # type: ignore[arg-type]


def relative(logits: Tensor, want: Tensor) -> float:
    """Return the largest absolute difference from ``want``, relative to its largest absolute value."""
    return float((logits - want).abs().max() / want.abs().max())


def tolerance(model: PreTrainedModel) -> float:
    """Return the largest relative difference of logits that rounding explains in the model's number format."""
    # Many classes compute norms, scores and recurrent states in float32, whatever the format of their weights.
    return 1e-3 if model.dtype in (torch.float32, torch.float64) else 5e-2
