"""Clocks: CPU time of this process, tokens that a model forwards, and medians over turns."""

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

from torch import nn
from tqdm import tqdm

from hintree.models.local.fused_llama import fused_body

T = TypeVar("T")
Slots = tuple[int, int]
"""Rows and queries per row of one forward pass."""


class Spread(NamedTuple):
    """The median of some runs, the lowest and the highest of them, and how many there were."""

    value: float
    low: float
    high: float
    runs: int

    def show(self, digits: int = 2) -> str:
        """Median and range for a table."""
        if self.low == self.high:
            return f"{self.value:.{digits}f}"
        return f"{self.value:.{digits}f} ({self.low:.{digits}f}-{self.high:.{digits}f})"


def spread(values: Iterable[float]) -> Spread:
    """Median and range of some values, at least one."""
    found = list(values)
    return Spread(statistics.median(found), min(found), max(found), len(found))


class Timing(NamedTuple):
    """One run of one arm.

    seconds: CPU seconds of all of it.
    generated: Tokens written.
    forwarded: Tokens that went through the model, padding included.
    inside: CPU seconds within the model's body and head.
    """

    seconds: float
    generated: int
    forwarded: int
    inside: float

    @property
    def speed(self) -> float:
        """Generated tokens per CPU second."""
        return self.generated / self.seconds


class Meter:
    """Counts and times what goes through a transformers model while it is open, by its own body or the lean one.

    Attributes:
        slots: How often a forward pass of the body had this shape.
        rows: How often the head was given so many hidden states.
        attended: How often queries of such a shape looked at so many columns, where a pass has a mask for each query.
        seconds: CPU seconds in body and head.
    """

    def __init__(self, body: nn.Module, head: nn.Module) -> None:
        self._bodies = [way for way in (body, fused_body(body)) if way is not None]
        self._head = head
        self._hooks: list[Any] = []
        self._started = 0.0
        self.slots: Counter[Slots] = Counter()
        self.rows: Counter[int] = Counter()
        self.attended: Counter[tuple[int, int, int]] = Counter()
        self.seconds = 0.0

    @property
    def forwarded(self) -> int:
        """Tokens that went through the body, padding included."""
        return sum(rows * queries * n for (rows, queries), n in self.slots.items())

    def __enter__(self) -> "Meter":
        self._hooks = [
            *(body.register_forward_pre_hook(self._enter_body, with_kwargs=True) for body in self._bodies),
            self._head.register_forward_pre_hook(self._enter_head),
            *(part.register_forward_hook(self._leave) for part in (*self._bodies, self._head)),
        ]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for hook in self._hooks:
            hook.remove()

    def _enter_body(self, _: nn.Module, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        rows, queries = (args[0] if args else options["input_ids"]).shape
        self.slots[rows, queries] += 1
        mask = options.get("attention_mask")
        if mask is not None and mask.dim() == 4:
            self.attended[rows, queries, mask.shape[-1]] += 1
        self._started = time.process_time()

    def _enter_head(self, _: nn.Module, args: tuple[Any, ...]) -> None:
        self.rows[args[0].numel() // args[0].shape[-1]] += 1
        self._started = time.process_time()

    def _leave(self, *_: Any) -> None:
        self.seconds += time.process_time() - self._started


def in_turns(arms: Mapping[str, Callable[[], T]], runs: int, what: str) -> dict[str, list[T]]:
    """Run every arm ``runs`` times, all arms once in each turn, with a progress bar on standard error."""
    found: dict[str, list[T]] = {name: [] for name in arms}
    with tqdm(total=runs * len(arms), desc=what, unit="run", leave=False) as bar:
        for _ in range(runs):
            for name, arm in arms.items():
                bar.set_postfix_str(name)
                found[name].append(arm())
                bar.update()
    return found


def ratios(above: Sequence[float], below: Sequence[float]) -> Spread:
    """The quotient of two arms, turn by turn."""
    return spread(a / b for a, b in zip(above, below, strict=True))
