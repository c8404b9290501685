"""One layer of a tree batch's keys and values, in the cache interface of transformers."""

from typing import TYPE_CHECKING, Any

from torch import Tensor
from transformers.cache_utils import CacheLayerMixin

if TYPE_CHECKING:
    from hintree.models.local.tree_batch import TreeBatch


class TreeBatchLayer(CacheLayerMixin):
    """View of one layer of the working keys and values; the tree batch owns the memory."""

    def __init__(self, tree: "TreeBatch", index: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tree, self.index = tree, index

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Do nothing: the tree batch has allocated all slots."""

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Write new keys and values in place, and return those of all filled slots.

        Args:
            key_states: Shape [rows, heads, queries, head size]; not modified.
            value_states: As ``key_states``.
            *args: Ignored; other caches use them.
            **kwargs: Ignored; other caches use them.

        Returns:
            Keys and values, each of shape [rows, heads, filled slots + queries, head size].
        """
        return self._append(0, key_states), self._append(1, value_states)

    def _append(self, which: int, new: Tensor) -> Tensor:
        """Write new keys (0) or values (1) in place and return all, in the heads and head size of ``new``."""
        rows, heads, queries, size = new.shape
        start = self.tree.filled
        states = self.tree.states[2 * self.index + which, :rows, :heads, : start + queries, :size]
        states[:, :, start:].copy_(new)
        return states

    def get_seq_length(self) -> int:
        """Return the number of slots filled before this pass."""
        return self.tree.filled

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Return the number of slots filled after this pass, and the index of the first."""
        return self.tree.filled + query_length, 0

    def get_max_length(self) -> int:
        """Return -1: the layer has no limit of its own."""
        return -1
