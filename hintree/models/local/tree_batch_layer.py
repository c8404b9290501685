"""One layer of a forest's keys and values, as transformers wants to see a cache."""

from typing import TYPE_CHECKING, Any

from torch import Tensor
from transformers.cache_utils import CacheLayerMixin

if TYPE_CHECKING:
    from hintree.models.local.tree_batch import Forest


class ForestLayer(CacheLayerMixin):
    """One layer's view of the working set."""

    def __init__(self, forest: "Forest", index: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.forest, self.index = forest, index

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Nothing to do: the columns lie ready."""

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Write the new columns in place and give back all columns so far."""
        rows, start = len(key_states), self.forest.filled
        end = start + key_states.shape[2]
        keys, values = self.forest.states[2 * self.index : 2 * self.index + 2, :rows, :, :end].unbind()
        keys[:, :, start:].copy_(key_states)
        values[:, :, start:].copy_(value_states)
        return keys, values

    def get_seq_length(self) -> int:
        """Columns before this pass."""
        return self.forest.filled

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Columns after this pass, and the first of them."""
        return self.forest.filled + query_length, 0

    def get_max_length(self) -> int:
        """No limit of its own."""
        return -1
