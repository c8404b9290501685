"""Texts that a model reads and writes together: the working set of a tree cache.

The live columns of all blocks are gathered side by side, one row of keys and values per block, and every forward pass
takes new tokens of all blocks at once. A mask lets each token see its own ancestors only, so siblings read what they
share as one matrix, and what is no longer live is not there to be attended to. Stock transformers models run on it
through the public cache interface.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import Cache

from hintree.models.local.prefix_trie import Block, TreeCache
from hintree.models.local.tree_batch_layer import ForestLayer

READ_TOKENS = 4096
"""Tokens of one forward pass while reading."""
SHORTEST_READ = 32
"""Tokens of one block in a forward pass, even if many blocks are read."""
PADDING = 64
"""Empty slots of a forward pass while reading: about as many as another pass would cost."""

Place = tuple[int, int]
"""A row of the working set, and the column of its block where a text ends."""
Mask = NDArray[np.bool_]


class Machine(NamedTuple):
    """A model as the forest needs it.

    body: Gives ``last_hidden_state`` for tokens, a 4D mask, positions and a cache.
    head: From hidden states [n, width] to logits [n, vocabulary or labels].
    layers, heads, size: Shape of its keys and values, the same in every layer.
    """

    body: Any
    head: Any
    layers: int
    heads: int
    size: int

    @property
    def column_bytes(self) -> int:
        """Size of one token's keys and values."""
        return 2 * self.layers * self.heads * self.size * int(next(self.body.parameters()).element_size())


@dataclass(slots=True, eq=False)
class _Row:
    """One block in the working set.

    Attributes:
        block: Whose columns these are.
        unread: Its columns to forward, in order; parents come before their children.
        work: Where each known column stands in the working set.
        fresh: Where the columns stand that the block has not stored yet, in its order.
    """

    block: Block
    unread: list[int] = field(default_factory=list)
    work: dict[int, int] = field(default_factory=dict)
    fresh: list[int] = field(default_factory=list)


class Forest:
    """The working set over some texts.

    Args:
        machine: The model.
        cache: Lends the space; another forest on the same cache may only be made when this one is done with.
        texts: Each text's block and token ids, at least one token each.
        steps: How many tokens may be written after every text.
        again: Forward a text's last token even if it is known, for the sake of the logits after it.

    Attributes:
        places: Where each text ends.
        forwarded: Tokens that each text adds to ``read``: those that no text before it has.
        rows: The blocks, those with most unread tokens first.
        filled: Columns in use.
        states: Keys and values, shape [2 x layers, rows, heads, columns, head size].
    """

    def __init__(
        self,
        machine: Machine,
        cache: TreeCache,
        texts: Sequence[tuple[Block, Sequence[int]]],
        *,
        steps: int = 0,
        again: bool = True,
    ) -> None:
        self._machine = machine
        rows = {id(block): _Row(block) for block, _ in texts}
        unread: dict[int, set[int]] = {key: set() for key in rows}
        found: dict[tuple[int, ...], list[int]] = {}
        paths, self.forwarded = [], [0] * len(texts)
        for i, (block, ids) in enumerate(texts):
            text = (id(block), *ids)
            if text not in found:
                path, known = block.path(ids), unread[id(block)]
                new = set(path[bisect_left(path, block.stored) :])  # columns rise along a path
                if again:
                    new.add(path[-1])
                self.forwarded[i] = len(new - known)
                known |= new
                found[text] = path
            paths.append(found[text])
        for key, row in rows.items():
            row.unread = sorted(unread[key])
        self.rows = sorted(rows.values(), key=lambda row: -len(row.unread))
        number = {id(row.block): i for i, row in enumerate(self.rows)}
        self.places: list[Place] = [(number[id(b)], path[-1]) for (b, _), path in zip(texts, paths, strict=True)]
        self._paths = dict(zip(self.places, paths, strict=True))
        self._slots: dict[Place, int] = {}
        self._gather(cache, steps)
        self._cache = Cache(layers=[ForestLayer(self, i) for i in range(machine.layers)])

    def _gather(self, cache: TreeCache, steps: int) -> None:
        """Copy the live columns of every block side by side and leave room for the new ones."""
        live: list[set[int]] = [set() for _ in self.rows]
        for (i, _), path in self._paths.items():
            live[i].update(path)
        self._most = max(Counter(i for i, _ in self.places).values())
        known = [sorted(columns.difference(row.unread)) for columns, row in zip(live, self.rows, strict=True)]
        self.filled = max(len(columns) for columns in known)
        longest = len(self.rows[0].unread)
        m, like = self._machine, next(self._machine.body.parameters())
        read = self.filled + longest
        columns = read + steps * self._most
        self.states = cache.room((2 * m.layers, len(self.rows), m.heads, columns, m.size), like)
        for i, (row, stored) in enumerate(zip(self.rows, known, strict=True)):
            row.work = {column: at for at, column in enumerate(stored)}
            row.work |= {column: self.filled + at for at, column in enumerate(row.unread)}
            row.fresh = [row.work[column] for column in row.unread if column >= row.block.stored]
            self.states[:, i, :, len(stored) : read].zero_()  # what stays empty is not seen, but no weight undoes a NaN
            if stored and row.block.states is not None:
                index = torch.from_numpy(np.array(stored)).to(like.device)
                self.states[:, i, :, : len(stored)] = row.block.states.index_select(2, index)

    def read(self) -> Iterator[tuple[list[Place], Tensor]]:
        """Forward what is unread; for each pass, its places and the hidden states there, shape [places, width]."""
        done = 0
        while rows := [row for row in self.rows if len(row.unread) > done]:
            length = min(
                stretch([len(row.unread) - done for row in rows]), max(SHORTEST_READ, READ_TOKENS // len(rows))
            )
            parts = [row.unread[done : done + length] for row in rows]
            tokens = np.zeros((len(rows), length), dtype=np.int64)
            mask = np.zeros((len(rows), length, self.filled + length), dtype=np.bool_)
            for i, (row, part) in enumerate(zip(rows, parts, strict=True)):
                tokens[i, : len(part)] = [row.block.tokens[column] for column in part]
                see(row, part, mask[i])
            mask[:, :, self.filled :] |= np.eye(length, dtype=np.bool_)
            hidden = self._forward(tokens, self._hide(mask), mask.sum(-1) - 1)
            yield (
                [(i, column) for i, part in enumerate(parts) for column in part],
                torch.cat([hidden[i, : len(part)] for i, part in enumerate(parts)]),
            )
            done += length

    def read_ends(self) -> tuple[list[int], Tensor]:
        """Read; where in the second each text's hidden state is, and hidden states, shape [different texts, width]."""
        order = {place: i for i, place in enumerate(dict.fromkeys(self.places))}
        found: dict[Place, Tensor] = {}
        for places, hidden in self.read():
            ends = [i for i, place in enumerate(places) if place in order]
            found |= zip((places[i] for i in ends), hidden[ends], strict=True)
        return [order[place] for place in self.places], torch.stack([found[place] for place in order])

    def _start_writing(self) -> None:
        """Note what each text sees, one slot per text, and leave room for the columns to come."""
        used = [0] * len(self.rows)
        seen = np.zeros((len(self.rows), self._most, self.states.shape[3]), dtype=np.bool_)
        self._depth = np.zeros((len(self.rows), self._most), dtype=np.int64)
        for (i, column), path in self._paths.items():
            slot = self._slots[i, column] = used[i]
            used[i] += 1
            seen[i, slot, [self.rows[i].work[c] for c in path]] = True
            self._depth[i, slot] = len(path)
        self._hiding = self._hide(seen)

    def write(self, moves: Sequence[tuple[Place, int]]) -> tuple[list[Place], list[int], Tensor]:
        """Forward one more token after some texts; texts that go on alike share it.

        Args:
            moves: Where each text ends, and its next token.

        Returns:
            The new places, where in the third each one's hidden state is, and hidden states, shape [different, width].
        """
        if not self._slots:
            self._start_writing()
        places, index = [], []  # type: list[Place], list[int]
        order: dict[Place, int] = {}
        slots: dict[Place, int] = {}
        used, given = [0] * len(self.rows), []  # type: list[int], list[tuple[int, int, int, int]]
        for (i, tip), token in moves:
            row = self.rows[i]
            column, new = row.block.child(tip, token)
            place = (i, column)
            places.append(place)
            if place not in order:
                if new:
                    row.fresh.append(self.filled + used[i])
                order[place], slots[place] = len(order), used[i]
                given.append((i, used[i], self._slots[i, tip], token))
                used[i] += 1
            index.append(order[place])
        rows, own, origin, token_ids = np.array(given).T
        width, start = max(used), self.filled
        tokens = np.zeros((len(self.rows), width), dtype=np.int64)
        tokens[rows, own] = token_ids
        hiding, depth = self._hiding[:, :width, : start + width], self._depth[:, :width]
        if (origin != own).any():  # a text has left, or texts part that went on alike
            origins = np.tile(np.arange(width), (len(self.rows), 1))
            origins[rows, own] = origin
            every = np.arange(len(self.rows))[:, None]
            hiding[:, :, :start] = self._hiding[every, origins, :start]
            depth[:] = self._depth[every, origins]
        hiding[:, :, start:].diagonal(dim1=1, dim2=2).zero_()
        hidden = self._forward(tokens, hiding, depth)
        depth += 1
        self._slots = slots
        at = torch.from_numpy(rows * width + own).to(hidden.device)
        return places, index, hidden.flatten(0, 1).index_select(0, at)

    def _hide(self, seen: Mask) -> Tensor:
        """What is added to the scores of attention: 0 where a query sees a column, else the smallest number."""
        kind = self.states.dtype
        mask = torch.from_numpy(seen).to(self.states.device).to(kind)
        return mask.sub_(1).mul_(torch.finfo(kind).max)

    def _forward(self, tokens: NDArray[np.int64], hiding: Tensor, depth: NDArray[np.int64]) -> Tensor:
        """Forward tokens [rows, queries] at their depths; hidden states [rows, queries, width]."""
        device = self.states.device
        hidden = self._machine.body(
            input_ids=torch.from_numpy(tokens).to(device),
            attention_mask=hiding[:, None],
            position_ids=torch.from_numpy(depth).to(device),
            past_key_values=self._cache,
            use_cache=True,
        ).last_hidden_state
        self.filled += tokens.shape[1]
        return hidden  # type: ignore[no-any-return]

    def commit(self) -> None:
        """Store in the blocks what was read and written."""
        for i, row in enumerate(self.rows):
            if row.fresh:
                first, last = row.fresh[0], row.fresh[-1]
                states = self.states[:, i, :, first : last + 1]
                if states.shape[2] > len(row.fresh):  # they rise, so others lie between them
                    index = torch.from_numpy(np.array(row.fresh) - first).to(states.device)
                    states = states.index_select(2, index)
                row.block.store(states)


def stretch(left: Sequence[int]) -> int:
    """How many tokens a pass takes of each row, of which so many are left, falling; few slots of it stay empty."""
    best, total = left[-1], 0
    for shorter, tokens in enumerate(reversed(left)):
        if shorter * tokens - total > PADDING:
            break
        best, total = tokens, total + tokens
    return best


def see(row: _Row, part: Sequence[int], mask: Mask) -> None:
    """Let some unread columns see their ancestors; ``mask`` has shape [at least the columns, working columns].

    Runs of columns, each the child of the one before, are done at once.
    """
    start = 0
    for stop in range(1, len(part) + 1):
        if stop < len(part) and row.block.parents[part[stop]] == part[stop - 1]:
            continue
        mask[start:stop, [row.work[c] for c in row.block.ancestors(part[start])]] = True
        first = row.work[part[start]]
        mask[start:stop, first : first + stop - start] = np.tri(stop - start, dtype=np.bool_)
        start = stop
