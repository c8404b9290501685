"""What a model has read, kept as trees of tokens.

A block holds the texts of one group (the prompts and steps about one problem): every token once, however many texts
share it, with its keys and values. Forking costs nothing, and a text is looked up token by token, so whatever stands at
its end (a hint, a rewrite, another model's step) costs its own new tokens only.
"""

import math
import os
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

ROOT = -1
"""Parent of a first token."""
Found = tuple[list[float], int]
"""Numbers that were read for a text, and the tokens that were forwarded for it."""


def memory() -> int:
    """Bytes of this machine's memory; 0 where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return 0


CACHE_BYTES = min(max(2**29, memory() // 16), 2**31)
"""Keys and values that a model keeps by default: a sixteenth of the memory, but at least 512 MiB and at most 2 GiB."""


class Block:
    """The tokens of one group of texts: a trie of which every node is a column of keys and values.

    Attributes:
        tokens, parents: Of each column; a parent comes before its children.
        labels: What a classifier said at each stored column (empty for language models).
        states: Keys and values, shape [2 x layers, heads, room, head size].
        stored: Columns that hold keys and values: the first ones. The others are being computed.
    """

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.parents: list[int] = []
        self.labels: list[float] = []
        self.states: Tensor | None = None
        self.stored = 0
        self._children: dict[tuple[int, int], int] = {}
        self._recent: set[int] = set()

    def match(self, ids: Sequence[int]) -> list[int]:
        """The columns of a text's longest beginning that is there."""
        path, at = [], ROOT
        for token in ids:
            found = self._children.get((at, token))
            if found is None:
                break
            path.append(found)
            at = found
        self._recent.update(path)
        return path

    def path(self, ids: Sequence[int]) -> list[int]:
        """The columns of a text; tokens that are not there get new ones."""
        path = self.match(ids)
        for token in ids[len(path) :]:
            path.append(self.child(path[-1] if path else ROOT, token)[0])
        return path

    def child(self, parent: int, token: int) -> tuple[int, bool]:
        """The column of a token after a parent, and whether it is new."""
        found = self._children.setdefault((parent, token), len(self.tokens))
        new = found == len(self.tokens)
        if new:
            self.tokens.append(token)
            self.parents.append(parent)
        self._recent.add(found)
        return found, new

    def ancestors(self, column: int) -> list[int]:
        """All columns above one, from the nearest on."""
        above = []
        while (column := self.parents[column]) != ROOT:
            above.append(column)
        return above

    def store(self, states: Tensor) -> None:
        """Fill the columns that are still empty; ``states`` has shape [2 x layers, heads, new columns, head size]."""
        end = self.stored + states.shape[2]
        if self.states is None or end > self.states.shape[2]:
            room = states.new_empty(*states.shape[:2], max(end, 2 * self.stored), states.shape[3])
            if self.states is not None:
                room[:, :, : self.stored] = self.states[:, :, : self.stored]
            self.states = room
        self.states[:, :, self.stored : end] = states
        self.stored = end

    def settle(self) -> None:
        """From here on, what was read or written before counts as old."""
        self._recent.clear()

    def shrink(self) -> None:
        """Give the room back that no column fills."""
        if self.states is not None and self.stored < self.states.shape[2]:
            self.states = self.states[:, :, : self.stored].clone()

    def prune(self) -> None:
        """Forget every column that no text since ``settle`` went through, by gathering the others."""
        kept = sorted(self._recent)
        place = {ROOT: ROOT} | {column: i for i, column in enumerate(kept)}
        self.tokens = [self.tokens[c] for c in kept]
        self.parents = [place[self.parents[c]] for c in kept]
        self.labels = [self.labels[c] for c in kept] if self.labels else []
        self._children = {(p, t): i for i, (p, t) in enumerate(zip(self.parents, self.tokens, strict=True))}
        self._recent = set(range(len(kept)))
        if self.states is not None:
            self.states = self.states[:, :, torch.tensor(kept, device=self.states.device, dtype=torch.long)]
        self.stored = len(kept)

    @property
    def bytes(self) -> int:
        """Size of the keys and values."""
        return 0 if self.states is None else self.states.numel() * self.states.element_size()


class TreeCache:
    """The blocks of one model, at most ``limit`` bytes of them between calls.

    When they grow beyond it, first empty room is given back, then what no recent text went through is forgotten, then
    whole blocks, those that were not used for the longest time first. What is forgotten is read again when it is
    needed.
    """

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self.limit = limit
        self._blocks: OrderedDict[Hashable, Block] = OrderedDict()
        self._scratch: Tensor | None = None

    def room(self, shape: Sequence[int], like: Tensor) -> Tensor:
        """Space for a working set, of the type and device of ``like``. What it holds is undefined."""
        size = math.prod(shape)
        if self._scratch is None or self._scratch.numel() < size:
            before = 0 if self._scratch is None else self._scratch.numel()
            self._scratch = None  # let go of before more is asked for
            self._scratch = like.new_empty(max(size, min(2 * before, self.limit // like.element_size())))
        return self._scratch[:size].view(*shape)

    @contextmanager
    def call(self, groups: Sequence[Hashable]) -> Iterator[list[Block]]:
        """One call of the model on the blocks of these groups: trims afterwards, and forgets all after an error."""
        try:
            yield self.open(groups)
            self.trim()
        except BaseException:
            self.clear()
            raise

    def open(self, groups: Sequence[Hashable]) -> list[Block]:
        """The block of each group, made where it is missing, for one call of the model."""
        for group in dict.fromkeys(groups):
            self._blocks.setdefault(group, Block()).settle()
            self._blocks.move_to_end(group)
        return [self._blocks[group] for group in groups]

    def clear(self) -> None:
        """Forget everything."""
        self._blocks.clear()
        self._scratch = None

    def trim(self) -> None:
        """Give back, then forget, what is over the limit."""
        excess = self.bytes - self.limit
        for save in (Block.shrink, Block.prune):
            for block in self._blocks.values():
                if excess > 0:
                    excess -= block.bytes
                    save(block)
                    excess += block.bytes
        while excess > 0:
            excess -= self._blocks.popitem(last=False)[1].bytes

    @property
    def bytes(self) -> int:
        """Size of all keys and values."""
        return sum(block.bytes for block in self._blocks.values())


def fit(texts: Sequence[tuple[Block, Sequence[int]]], columns: int, steps: int = 0) -> int:
    """How many texts, from the first on, go into a working set of so many columns in all; at least one."""
    lengths: dict[int, int] = {}
    for block, ids in texts:
        lengths[id(block)] = lengths.get(id(block), 0) + len(ids) + 1 + steps
    if len(lengths) * max(lengths.values()) <= columns:
        return len(texts)
    known: dict[int, set[int]] = {}
    more: dict[int, int] = {}
    seen: set[tuple[int, ...]] = set()
    widest = 0
    for n, (block, ids) in enumerate(texts):
        key, text = id(block), (id(block), *ids)
        path = block.match(ids)
        known.setdefault(key, set()).update(path)
        more[key] = more.get(key, 0) + (0 if text in seen else len(ids) - len(path) + 1 + steps)
        seen.add(text)
        widest = max(widest, len(known[key]) + more[key])
        if n and len(known) * widest > columns:
            return n
    return len(texts)


def or_whole(found: list[Found], cache: TreeCache, whole: Callable[[], list[Found]]) -> list[Found]:
    """What was found on a tree; if a number is not finite, what is found in whole texts, as NaN spreads in a block."""
    if all(math.isfinite(value) for values, _ in found for value in values):
        return found
    cache.clear()
    return [(values, tokens + before) for (values, tokens), (_, before) in zip(whole(), found, strict=True)]
