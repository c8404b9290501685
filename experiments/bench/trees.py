"""Trees of fixed lengths on one model: all arms in turns, and what ours would take at least."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import torch

from hintree.experiments.bench.arms import Write, ours, stock, timed, with_dynamic_cache
from hintree.experiments.bench.clock import Meter, Spread, Timing, in_turns, ratios, spread
from hintree.experiments.bench.floor import attention_seconds, floor_seconds
from hintree.experiments.bench.shapes import Shape, Subject, subject

ONE, SIBLINGS, PROBLEM, ALL = "generate, one prompt a call", "generate, 4 siblings", "generate, 16", "generate, all"
DYNAMIC, OURS = "DynamicCache loop", "hintree"
Arm = tuple[str, int]
"""Its name, and the problems that it works on at once."""


@dataclass(frozen=True)
class Plan:
    """What is measured on one model.

    Attributes:
        model: See ``subject``.
        shape: The trees; arms that share nothing between problems run on one of them.
        alone: Also run the other arms on one problem.
        everything: Also give ``generate`` all children of all problems in one call.
        of: One by one, only one of so many children is written; of siblings, a quarter of that, at least one in one.
        runs: Turns.
    """

    model: str
    shape: Shape = field(default_factory=Shape)
    alone: bool = True
    everything: bool = True
    of: int = 8
    runs: int = 5


@dataclass
class Measured:
    """The runs of all arms on one model, and for each turn what ours would take at least, in CPU seconds.

    Attributes:
        plan: What was measured.
        arms: The runs of each arm.
        floors: Of the matmuls of its linear layers.
        attention: Of attention over the columns that it has.
    """

    plan: Plan
    arms: dict[Arm, list[Timing]]
    floors: list[float]
    attention: list[float]

    @property
    def most(self) -> int:
        """Problems at once in the arms that are compared."""
        return self.plan.shape.problems

    def speeds(self, name: str, problems: int) -> list[float]:
        """Generated tokens per CPU second of an arm, turn by turn."""
        return [timing.speed for timing in self.arms[name, problems]]

    def against(self, name: str, problems: int | None = None) -> Spread:
        """How many times as fast as another arm ours is; arms on one problem can be looped over any number."""
        problems = problems or (self.most if (name, self.most) in self.arms else 1)
        return ratios(self.speeds(OURS, self.most), self.speeds(name, problems))

    def against_best_stock(self) -> tuple[str, Spread]:
        """The fastest way to call ``generate``, and how many times as fast ours is."""
        arms = [arm for arm in self.arms if arm[0] in (ONE, SIBLINGS, PROBLEM, ALL)]
        best = max(arms, key=lambda arm: spread(self.speeds(*arm)).value)
        return best[0], self.against(*best)

    def floor_share(self) -> Spread:
        """Share of the forward passes' time that their matmuls take alone."""
        return self._share(self.floors)

    def attention_share(self) -> Spread:
        """Share of the forward passes' time that attention takes alone."""
        return self._share(self.attention)

    def outside_share(self) -> Spread:
        """Share of our arm's time that passes outside the model: sampling, the tree, tokenizing, gathering."""
        runs = self.arms[OURS, self.most]
        return ratios([timing.seconds - timing.inside for timing in runs], [timing.seconds for timing in runs])

    def _share(self, seconds: list[float]) -> Spread:
        return ratios(seconds, [timing.inside for timing in self.arms[OURS, self.most]])

    def forwarded_per_generated(self, arm: Arm) -> float:
        """Counted at the model's door, padding included; the same in every run."""
        timing = self.arms[arm][0]
        return timing.forwarded / timing.generated

    def expected(self, arm: Arm) -> float:
        """What the formulas say; siblings that happen to write alike share tokens in our arm."""
        shape = self.plan.shape
        cached = arm[0] in (DYNAMIC, OURS)
        return (shape.forwarded_cached if cached else shape.forwarded_one_by_one) / shape.generated


def measure(plan: Plan) -> Measured:
    """Run a plan."""
    bench = subject(plan.model)
    one = plan.shape._replace(problems=1)
    writers = dict(writers_of(plan, bench))
    floors: list[float] = []
    attention: list[float] = []

    def run(arm: Arm, shape: Shape, make: Callable[[], Write]) -> Timing:
        meter = Meter(bench.model.base_model, bench.head)
        timing = timed(bench, shape, make(), meter)
        if arm == (OURS, plan.shape.problems):
            floors.append(floor_seconds(bench.model.base_model, bench.head, meter.slots, meter.rows))
            attention.append(attention_seconds(bench.model.config, meter.attended))
        return timing

    arms = {arm: partial(run, arm, shape, make) for arm, (shape, make) in writers.items()}
    warm_up(bench, one._replace(depth=1), [make for shape, make in writers.values() if shape.problems == 1])
    named = in_turns({f"{name} x{n}": arm for (name, n), arm in arms.items()}, plan.runs, f"trees, {plan.model}")
    return Measured(plan, dict(zip(arms, named.values(), strict=True)), floors, attention)


def warm_up(bench: Subject, shape: Shape, makers: Iterable[Callable[[], Write]]) -> None:
    """Run arms once unmeasured, as the first call of anything is slow.

    The C library maps every large block anew until it has seen one freed, which would slow whatever arm comes first.
    """
    torch.empty(31 * 2**20, dtype=torch.uint8)
    for make in makers:
        timed(bench, shape, make())


def writers_of(plan: Plan, bench: Subject) -> Iterator[tuple[Arm, tuple[Shape, Callable[[], Write]]]]:
    """Every arm, with its shape and how it is made with empty caches."""
    shape, one = plan.shape, plan.shape._replace(problems=1)
    yield (ONE, 1), (one, lambda: stock(bench, one, 1, plan.of))
    yield (SIBLINGS, 1), (one, lambda: stock(bench, one, shape.kept, max(1, plan.of // 4)))
    yield (PROBLEM, 1), (one, lambda: stock(bench, one, shape.children))
    if plan.everything and shape.problems > 1:
        yield (ALL, shape.problems), (shape, lambda: stock(bench, shape, shape.children * shape.problems))
    for size in (shape, one) if plan.alone and shape.problems > 1 else (shape,):
        yield (DYNAMIC, size.problems), (size, partial(with_dynamic_cache, bench, size))
        yield (OURS, size.problems), (size, partial(ours, bench, size))
