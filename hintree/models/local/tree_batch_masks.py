"""Attention masks of a tree batch: a token sees its ancestors, in layers with a window the nearest of them only."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from hintree.models.local.tree_batch import TrieRow

Mask = NDArray[np.bool_]


def mark_ancestors(row: "TrieRow", part: Sequence[int], visible: Mask) -> None:
    """Mark the ancestors of each uncached slot, and the slot itself, as visible to it.

    A run of slots, each the child of the one before, is marked at once.

    Args:
        row: Its trie and working slots; not modified.
        part: Trie slots of one prefill pass.
        visible: Modified in place; shape [at least the slots, working slots].
    """
    start = 0
    for stop in range(1, len(part) + 1):
        if stop < len(part) and row.trie.parents[part[stop]] == part[stop - 1]:
            continue
        visible[start:stop, [row.working_slot[slot] for slot in row.trie.ancestors(part[start])]] = True
        first = row.working_slot[part[start]]
        visible[start:stop, first : first + stop - start] = np.tri(stop - start, dtype=np.bool_)
        start = stop


def additive(visible: Mask, like: Tensor) -> Tensor:
    """Return the mask that is added to attention scores: 0 where visible, else the smallest number.

    Args:
        visible: Any shape.
        like: Gives the number format and the device.
    """
    mask = torch.from_numpy(visible).to(like.device).to(like.dtype)
    return mask.sub_(1).mul_(torch.finfo(like.dtype).max)


def layer_masks(
    mask: Tensor, slot_depth: Tensor, depth: Tensor, windows: Mapping[str, int | None]
) -> Tensor | dict[str, Tensor]:
    """Return the additive mask of all layers, or one for each layer type if they differ.

    A window holds the token itself and its nearest ancestors, by their depth on the token's own path.

    Args:
        mask: Additive mask of all ancestors, shape [rows, 1, queries, working slots]; not modified.
        slot_depth: Depth of each working slot, shape [rows, at least the working slots].
        depth: Depth of each query, shape [rows, queries].
        windows: Window of each layer type in tokens, or None without one.
    """
    distance = depth[:, None, :, None] - slot_depth[:, None, None, : mask.shape[3]]
    masks = {
        name: mask if window is None else mask.masked_fill(distance >= window, -torch.finfo(mask.dtype).max)
        for name, window in windows.items()
    }
    return masks if len(masks) > 1 else next(iter(masks.values()))
