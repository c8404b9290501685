"""Meters: CPU time of the process, tokens forwarded through a model, and medians over turns."""

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
PassShape = tuple[int, int]
"""Shape [rows, queries] of the token ids of one forward pass."""


class Spread(NamedTuple):
    """Median, minimum, maximum and number of runs."""

    value: float
    low: float
    high: float
    runs: int

    def show(self, digits: int = 2) -> str:
        """Format median and range for a table."""
        if self.low == self.high:
            return f"{self.value:.{digits}f}"
        return f"{self.value:.{digits}f} ({self.low:.{digits}f}-{self.high:.{digits}f})"


def spread(values: Iterable[float]) -> Spread:
    """Return median and range of at least one value."""
    found = list(values)
    return Spread(statistics.median(found), min(found), max(found), len(found))


class Timing(NamedTuple):
    """Cost of one run of one arm.

    seconds: CPU seconds of the whole run; wall seconds where an arm is timed on a device.
    generated: Generated tokens.
    forwarded: Tokens computed by the model, padding included.
    inside: CPU seconds within the model's body and head.
    """

    seconds: float
    generated: int
    forwarded: int
    inside: float

    @property
    def speed(self) -> float:
        """Return generated tokens per second."""
        return self.generated / self.seconds


class Meter:
    """Context manager that counts and times a model's forward passes, by transformers' body or by FusedLlama.

    Attributes:
        passes: Number of forward passes of the body, by shape [rows, queries].
        head_rows: Number of calls of the head, by number of hidden states.
        attended: Number of tree-attention passes (those with a 4D mask), by (rows, queries, KV slots).
        seconds: CPU seconds in body and head.
        body_seconds, head_seconds: The same, by the keys of ``passes`` and of ``head_rows``.
    """

    def __init__(self, body: nn.Module, head: nn.Module) -> None:
        self._bodies = [way for way in (body, fused_body(body)) if way is not None]
        self._head = head
        self._hooks: list[Any] = []
        self._started = 0.0
        self._current: tuple[Counter[Any], Any] = (Counter(), None)
        self.passes: Counter[PassShape] = Counter()
        self.head_rows: Counter[int] = Counter()
        self.attended: Counter[tuple[int, int, int]] = Counter()
        self.seconds = 0.0
        self.body_seconds: Counter[PassShape] = Counter()
        self.head_seconds: Counter[int] = Counter()

    @property
    def forwarded(self) -> int:
        """Return the number of tokens computed by the body, padding included."""
        return sum(rows * queries * n for (rows, queries), n in self.passes.items())

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
        self.passes[rows, queries] += 1
        mask = options.get("attention_mask")
        if mask is not None and mask.dim() == 4:
            self.attended[rows, queries, mask.shape[-1]] += 1
        self._current = self.body_seconds, (rows, queries)
        self._started = time.process_time()

    def _enter_head(self, _: nn.Module, args: tuple[Any, ...]) -> None:
        rows = args[0].numel() // args[0].shape[-1]
        self.head_rows[rows] += 1
        self._current = self.head_seconds, rows
        self._started = time.process_time()

    def _leave(self, *_: Any) -> None:
        seconds = time.process_time() - self._started
        self.seconds += seconds
        part, key = self._current
        part[key] += seconds  # type: ignore[assignment]


def in_turns(arms: Mapping[str, Callable[[], T]], runs: int, what: str) -> dict[str, list[T]]:
    """Run every arm ``runs`` times, each once per turn, with a progress bar on standard error; return all results."""
    found: dict[str, list[T]] = {name: [] for name in arms}
    with tqdm(total=runs * len(arms), desc=what, unit="run", leave=False) as bar:
        for _ in range(runs):
            for name, arm in arms.items():
                bar.set_postfix_str(name)
                found[name].append(arm())
                bar.update()
    return found


def ratios(above: Sequence[float], below: Sequence[float]) -> Spread:
    """Return the spread of the quotients of two arms, over the turns that both took: the last may be interrupted."""
    return spread(a / b for a, b in zip(above, below, strict=False))
