"""Tree attention over a batch of texts: prefill and decode on the prefix-trie KV cache.

The slots that the texts of a call pass through are gathered from all tries into one KV row per trie, and every forward
pass computes new tokens of all tries at once. A 4D mask lets a token attend to its own ancestors only (compare the tree
attention of SpecInfer, arXiv 2305.09781). Siblings read their shared prefix as one matrix product, and pruned branches
are not in the batch. Unmodified transformers models run on it through the public ``Cache`` interface.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import Cache

from hintree.models.local.adapter import ModelAdapter
from hintree.models.local.integrity import check_rows
from hintree.models.local.prefix_trie import PrefixCache, PrefixTrie
from hintree.models.local.tree_batch_layer import TreeBatchLayer
from hintree.models.local.tree_batch_masks import additive, layer_masks, mark_ancestors

PREFILL_TOKENS = 4096
"""Maximum number of tokens of one prefill pass."""
SHORTEST_PREFILL = 32
"""Tokens per trie in one prefill pass, even if many tries take part."""
PADDING = 64
"""Maximum number of padding tokens of one prefill pass: about as many as another pass would cost."""

TreePosition = tuple[int, int]
"""End of a text: row of the batch, and slot in that row's trie."""


@dataclass(slots=True, eq=False)
class TrieRow:
    """One trie in the batch; a working slot is an index into the batch's keys and values.

    Attributes:
        trie: The cached texts of one group; owned by the prefix cache.
        uncached: Trie slots to prefill, parents before their children.
        working_slot: Working slot of each trie slot that the batch gathered or prefills.
        fresh: Working slots whose keys and values the trie has not stored yet, in the order of its slots.
    """

    trie: PrefixTrie
    uncached: list[int] = field(default_factory=list)
    working_slot: dict[int, int] = field(default_factory=dict)
    fresh: list[int] = field(default_factory=list)


class TreeBatch:
    """Texts that are prefilled and decoded together, with their keys and values gathered side by side.

    Construction inserts the texts into their tries. ``commit`` stores what was computed; without it, the tries hold
    slots without keys and values. The batch is valid until the next one is made on the same cache, which owns the
    memory.

    Args:
        adapter: The model; not modified.
        cache: Lends the working memory.
        texts: Trie and token ids of each text, at least one token each.
        new_tokens: Maximum number of tokens that will be decoded after every text.
        last_again: Compute a text's last token even if it is cached, to get the hidden state there.

    Attributes:
        positions: Where each text ends.
        computed: Prefill tokens that each text adds to those of the texts before it.
        rows: The tries, those with most uncached tokens first.
        ends: Hidden states of the last pass [different texts, width], and the index into them of each end of a text.
        filled: Working slots in use in every row.
        states: Keys and values, shape [2 x layers, rows, heads, working slots, head size].
    """

    def __init__(
        self,
        adapter: ModelAdapter,
        cache: PrefixCache,
        texts: Sequence[tuple[PrefixTrie, Sequence[int]]],
        *,
        new_tokens: int = 0,
        last_again: bool = True,
    ) -> None:
        self._adapter = adapter
        rows = {id(trie): TrieRow(trie) for trie, _ in texts}
        uncached: dict[int, set[int]] = {key: set() for key in rows}
        inserted: dict[tuple[int, ...], list[int]] = {}
        paths, self.computed = [], [0] * len(texts)
        for i, (trie, ids) in enumerate(texts):
            text = (id(trie), *ids)
            if text not in inserted:
                path, before = trie.insert(ids), uncached[id(trie)]
                new = set(path[bisect_left(path, trie.stored) :])  # slots rise along a path
                if last_again:
                    new.add(path[-1])
                self.computed[i] = len(new - before)
                before |= new
                inserted[text] = path
            paths.append(inserted[text])
        for key, row in rows.items():
            row.uncached = sorted(uncached[key])
        self.rows = sorted(rows.values(), key=lambda row: -len(row.uncached))
        number = {id(row.trie): i for i, row in enumerate(self.rows)}
        self.positions: list[TreePosition] = [
            (number[id(trie)], path[-1]) for (trie, _), path in zip(texts, paths, strict=True)
        ]
        self._paths = dict(zip(self.positions, paths, strict=True))
        self._query_of: dict[TreePosition, int] = {}
        self.ends: tuple[Tensor, dict[TreePosition, int]]
        self._gather(cache, new_tokens)
        self._kv = Cache(layers=[TreeBatchLayer(self, i) for i in range(adapter.layers)])

    def _gather(self, cache: PrefixCache, new_tokens: int) -> None:
        """Copy the cached slots of every text's path side by side, with free working slots for the tokens to come."""
        live: list[set[int]] = [set() for _ in self.rows]
        for (i, _), path in self._paths.items():
            live[i].update(path)
        self._widest = max(Counter(i for i, _ in self.positions).values())
        cached = [sorted(slots.difference(row.uncached)) for slots, row in zip(live, self.rows, strict=True)]
        self.filled = max(len(slots) for slots in cached)
        a, like = self._adapter, next(self._adapter.body.parameters())
        prefilled = self.filled + len(self.rows[0].uncached)
        capacity = prefilled + new_tokens * self._widest
        self.states = cache.workspace((2 * a.layers, len(self.rows), a.heads, capacity, a.size), like)
        for i, (row, stored) in enumerate(zip(self.rows, cached, strict=True)):
            row.working_slot = {slot: at for at, slot in enumerate(stored)}
            row.working_slot |= {slot: self.filled + at for at, slot in enumerate(row.uncached)}
            row.fresh = [row.working_slot[slot] for slot in row.uncached if slot >= row.trie.stored]
            self.states[:, i, :, len(stored) : prefilled].zero_()  # padding is masked, but 0 x NaN would still be NaN
            if stored and row.trie.states is not None:
                index = torch.from_numpy(np.array(stored)).to(like.device)
                self.states[:, i, :, : len(stored)] = row.trie.states.index_select(2, index)
        self._slot_depth = self._gathered_depths(capacity) if any(a.windows.values()) else None

    def _gathered_depths(self, capacity: int) -> Tensor:
        """Return the depth of each working slot, shape [rows, working slots]; 0 for those that are free."""
        depths = np.zeros((len(self.rows), capacity), dtype=np.int64)
        for (i, _), path in self._paths.items():
            depths[i, [self.rows[i].working_slot[slot] for slot in path]] = np.arange(len(path))
        return torch.from_numpy(depths).to(self.states.device)

    def prefill(self) -> Iterator[tuple[list[TreePosition], Tensor]]:
        """Compute the uncached tokens; yield the positions and hidden states [positions, width] of each pass."""
        done = 0
        while rows := [row for row in self.rows if len(row.uncached) > done]:
            length = min(
                prefill_length([len(row.uncached) - done for row in rows]),
                max(SHORTEST_PREFILL, PREFILL_TOKENS // len(rows)),
            )
            parts = [row.uncached[done : done + length] for row in rows]
            tokens = np.zeros((len(rows), length), dtype=np.int64)
            visible = np.zeros((len(rows), length, self.filled + length), dtype=np.bool_)
            for i, (row, part) in enumerate(zip(rows, parts, strict=True)):
                tokens[i, : len(part)] = [row.trie.tokens[slot] for slot in part]
                mark_ancestors(row, part, visible[i])
            visible[:, :, self.filled :] |= np.eye(length, dtype=np.bool_)
            hidden = self._forward(tokens, additive(visible, self.states), visible.sum(-1) - 1)
            yield (
                [(i, slot) for i, part in enumerate(parts) for slot in part],
                torch.cat([hidden[i, : len(part)] for i, part in enumerate(parts)]),
            )
            done += length

    def prefill_ends(self) -> tuple[list[int], Tensor]:
        """Prefill, and return the hidden states at the ends of the texts.

        Returns:
            For each text, its index into the hidden states; hidden states, shape [different texts, width].
        """
        order = {position: i for i, position in enumerate(dict.fromkeys(self.positions))}
        found: dict[TreePosition, Tensor] = {}
        for positions, hidden in self.prefill():
            ends = [i for i, position in enumerate(positions) if position in order]
            found |= zip((positions[i] for i in ends), hidden[ends], strict=True)
        self.ends = torch.stack([found[position] for position in order]), order
        return [order[position] for position in self.positions], self.ends[0]

    def _start_decoding(self) -> None:
        """Prepare the masks of decode: one query per text, with working slots for the tokens to come."""
        used = [0] * len(self.rows)
        visible = np.zeros((len(self.rows), self._widest, self.states.shape[3]), dtype=np.bool_)
        self._depth = np.zeros((len(self.rows), self._widest), dtype=np.int64)
        for (i, slot), path in self._paths.items():
            query = self._query_of[i, slot] = used[i]
            used[i] += 1
            visible[i, query, [self.rows[i].working_slot[s] for s in path]] = True
            self._depth[i, query] = len(path)
        self._mask = additive(visible, self.states)

    def decode(self, moves: Sequence[tuple[TreePosition, int]]) -> tuple[list[TreePosition], list[int], Tensor]:
        """Compute one more token of each text; texts that continue alike share one computation.

        Args:
            moves: End of each text, and its next token id. Texts may be left out, but not come back.

        Returns:
            The new end of each text; for each text, its index into the hidden states; hidden states, shape
            [different texts, width].
        """
        if not self._query_of:
            self._start_decoding()
        positions, index = [], []  # type: list[TreePosition], list[int]
        order: dict[TreePosition, int] = {}
        query_of: dict[TreePosition, int] = {}
        used, queries = [0] * len(self.rows), []  # type: list[int], list[tuple[int, int, int, int]]
        for (i, end), token in moves:
            row = self.rows[i]
            slot, new = row.trie.child(end, token)
            position = (i, slot)
            positions.append(position)
            if position not in order:
                if new:
                    row.fresh.append(self.filled + used[i])
                order[position], query_of[position] = len(order), used[i]
                queries.append((i, used[i], self._query_of[i, end], token))
                used[i] += 1
            index.append(order[position])
        rows, query, origin, token_ids = np.array(queries).T
        width = max(used)
        tokens = np.zeros((len(self.rows), width), dtype=np.int64)
        tokens[rows, query] = token_ids
        mask, depth = self._decode_mask(rows, query, origin, width)
        np.minimum(depth, depth[rows, query].max(), out=depth)  # padding of ended texts stays within the context
        hidden = self._forward(tokens, mask, depth)
        depth += 1
        self._query_of = query_of
        at = torch.from_numpy(rows * width + query).to(hidden.device)
        self.ends = hidden.flatten(0, 1).index_select(0, at), order
        return positions, index, self.ends[0]

    def keep_end(self, position: TreePosition) -> None:
        """Keep the hidden state at an end of the last pass with its KV slot."""
        (row, slot), (hidden, order) = position, self.ends
        self.rows[row].trie.end_states[slot] = hidden[order[position]].clone()

    def _decode_mask(
        self, rows: NDArray[np.int64], query: NDArray[np.int64], origin: NDArray[np.int64], width: int
    ) -> tuple[Tensor, NDArray[np.int64]]:
        """Update and return the additive mask [rows, width, working slots] and the depths [rows, width] of a step.

        Query ``query[k]`` of row ``rows[k]`` continues the text that was query ``origin[k]`` in the step before.
        """
        start = self.filled
        mask, depth = self._mask[:, :width, : start + width], self._depth[:, :width]
        if (origin != query).any():  # a text has left, or texts that continued alike part
            origins = np.tile(np.arange(width), (len(self.rows), 1))
            origins[rows, query] = origin
            every = np.arange(len(self.rows))[:, None]
            mask[:, :, :start] = self._mask[every, origins, :start]
            depth[:] = self._depth[every, origins]
        mask[:, :, start:].diagonal(dim1=1, dim2=2).zero_()
        return mask, depth

    def _forward(self, tokens: NDArray[np.int64], mask: Tensor, depth: NDArray[np.int64]) -> Tensor:
        """Compute tokens [rows, queries] at their depths into new working slots; return [rows, queries, width]."""
        device = self.states.device
        positions = torch.from_numpy(depth).to(device)
        masks: Tensor | dict[str, Tensor] = mask[:, None]
        if self._slot_depth is not None:
            self._slot_depth[:, self.filled : mask.shape[2]] = positions
            masks = layer_masks(mask[:, None], self._slot_depth, positions, self._adapter.windows)
        hidden = self._adapter.forward(torch.from_numpy(tokens).to(device), masks, positions, self._kv)
        self.filled += tokens.shape[1]
        return hidden

    def commit(self) -> None:
        """Store the computed keys and values in the tries; the batch must not be used afterwards."""
        for i, row in enumerate(self.rows):
            if row.fresh:
                first, last = row.fresh[0], row.fresh[-1]
                states = self.states[:, i, :, first : last + 1]
                if states.shape[2] > len(row.fresh):  # they rise, so slots of other texts lie between them
                    index = torch.from_numpy(np.array(row.fresh) - first).to(states.device)
                    states = states.index_select(2, index)
                row.trie.store(states)

    def check_integrity(self) -> None:
        """Verify that working slots are disjoint and inside the capacity; for tests. Raises InternalError."""
        check_rows(self.rows, self.filled, self.states.shape[3])


def prefill_length(remaining: Sequence[int]) -> int:
    """Return how many tokens of each row to compute in one prefill pass, with at most ``PADDING`` padding tokens.

    Args:
        remaining: Uncached tokens left in each row, descending, each at least 1.
    """
    best, total = remaining[-1], 0
    for shorter, tokens in enumerate(reversed(remaining)):
        if shorter * tokens - total > PADDING:
            break
        best, total = tokens, total + tokens
    return best
