"""Time trees of fixed lengths on one model: all arms in turns, and lower bounds for the hintree arm."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import torch

from hintree.experiments.bench.arms import GenerateLevel, timed, with_dynamic_cache, with_generate, with_hintree
from hintree.experiments.bench.clock import Meter, Spread, Timing, in_turns, ratios, spread
from hintree.experiments.bench.floor import attention_seconds, floor_seconds
from hintree.experiments.bench.shapes import BenchModel, Shape, make_bench_model

ONE, SIBLINGS, PROBLEM, ALL = "generate, one prompt a call", "generate, 4 siblings", "generate, 16", "generate, all"
DYNAMIC, HINTREE = "DynamicCache loop", "hintree"
Arm = tuple[str, int]
"""Name of an arm, and its number of live problems."""


@dataclass(frozen=True)
class Plan:
    """Plan of the measurements on one model.

    Attributes:
        model: Name of the model, see ``make_bench_model``.
        shape: Tree shape; arms that share nothing between problems run on one problem.
        alone: Also run the DynamicCache loop and hintree on one problem.
        everything: Also call ``generate`` with all children of all problems at once.
        of: Make only every ``of``-th call with one prompt; with 4 siblings a call, only every ``of // 4``-th.
        runs: Number of turns.
    """

    model: str
    shape: Shape = field(default_factory=Shape)
    alone: bool = True
    everything: bool = True
    of: int = 8
    runs: int = 5


@dataclass
class ModelTimings:
    """Runs of all arms on one model, and lower bounds for the hintree arm in CPU seconds, turn by turn.

    Attributes:
        plan: Plan of the measurements.
        arms: Runs of each arm.
        floors: CPU seconds of the matmuls of the linear layers alone.
        attention: CPU seconds of attention over the KV slots alone.
    """

    plan: Plan
    arms: dict[Arm, list[Timing]]
    floors: list[float]
    attention: list[float]

    @property
    def live(self) -> int:
        """Return the number of live problems of the compared arms."""
        return self.plan.shape.problems

    def speeds(self, name: str, problems: int) -> list[float]:
        """Return the generated tokens per CPU second of an arm, turn by turn."""
        return [timing.speed for timing in self.arms[name, problems]]

    def against(self, name: str, problems: int | None = None) -> Spread:
        """Return the speed of hintree relative to another arm; an arm on one problem may be looped over several."""
        problems = problems or (self.live if (name, self.live) in self.arms else 1)
        return ratios(self.speeds(HINTREE, self.live), self.speeds(name, problems))

    def against_best_generate(self) -> tuple[str, Spread]:
        """Return the fastest arm with ``generate``, and the speed of hintree relative to it."""
        arms = [arm for arm in self.arms if arm[0] in (ONE, SIBLINGS, PROBLEM, ALL)]
        best = max(arms, key=lambda arm: spread(self.speeds(*arm)).value)
        return best[0], self.against(*best)

    def floor_share(self) -> Spread:
        """Return the share of forward time that the matmuls take alone."""
        return self._share(self.floors)

    def attention_share(self) -> Spread:
        """Return the share of forward time that attention takes alone."""
        return self._share(self.attention)

    def outside_share(self) -> Spread:
        """Return the share of hintree's time outside the model: sampling, trie, tokenizing, gathering, storing."""
        runs = self.arms[HINTREE, self.live]
        return ratios([timing.seconds - timing.inside for timing in runs], [timing.seconds for timing in runs])

    def _share(self, seconds: list[float]) -> Spread:
        return ratios(seconds, [timing.inside for timing in self.arms[HINTREE, self.live]])

    def forwarded_per_generated(self, arm: Arm) -> float:
        """Return forwarded tokens, padding included, per generated token; equal in every run."""
        timing = self.arms[arm][0]
        return timing.forwarded / timing.generated

    def expected(self, arm: Arm) -> float:
        """Return forwarded per generated tokens by formula; hintree has fewer if siblings generate equal tokens."""
        shape = self.plan.shape
        cached = arm[0] in (DYNAMIC, HINTREE)
        return (shape.forwarded_cached if cached else shape.forwarded_one_by_one) / shape.generated


def measure(plan: Plan) -> ModelTimings:
    """Run all arms of a plan in turns."""
    bench = make_bench_model(plan.model)
    one = plan.shape._replace(problems=1)
    writers = dict(writers_of(plan, bench))
    floors: list[float] = []
    attention: list[float] = []

    def run(arm: Arm, shape: Shape, make: Callable[[], GenerateLevel]) -> Timing:
        meter = Meter(bench.model.base_model, bench.head)
        timing = timed(bench, shape, make(), meter)
        if arm == (HINTREE, plan.shape.problems):
            floors.append(floor_seconds(bench.model.base_model, bench.head, meter.passes, meter.head_rows))
            attention.append(attention_seconds(bench.model.config, meter.attended))
        return timing

    arms = {arm: partial(run, arm, shape, make) for arm, (shape, make) in writers.items()}
    warm_up(bench, one._replace(depth=1), [make for shape, make in writers.values() if shape.problems == 1])
    named = in_turns({f"{name} x{n}": arm for (name, n), arm in arms.items()}, plan.runs, f"trees, {plan.model}")
    return ModelTimings(plan, dict(zip(arms, named.values(), strict=True)), floors, attention)


def warm_up(bench: BenchModel, shape: Shape, makers: Iterable[Callable[[], GenerateLevel]]) -> None:
    """Run arms once without measuring, because first calls are slow.

    The C library maps every large block anew until one has been freed, which would slow down the first arm.
    """
    torch.empty(31 * 2**20, dtype=torch.uint8)
    for make in makers:
        timed(bench, shape, make())


def writers_of(plan: Plan, bench: BenchModel) -> Iterator[tuple[Arm, tuple[Shape, Callable[[], GenerateLevel]]]]:
    """Yield every arm with its shape and a function that makes it with empty caches."""
    shape, one = plan.shape, plan.shape._replace(problems=1)
    yield (ONE, 1), (one, lambda: with_generate(bench, one, 1, plan.of))
    yield (SIBLINGS, 1), (one, lambda: with_generate(bench, one, shape.kept, max(1, plan.of // 4)))
    yield (PROBLEM, 1), (one, lambda: with_generate(bench, one, shape.children))
    if plan.everything and shape.problems > 1:
        yield (ALL, shape.problems), (shape, lambda: with_generate(bench, shape, shape.children * shape.problems))
    for size in (shape, one) if plan.alone and shape.problems > 1 else (shape,):
        yield (DYNAMIC, size.problems), (size, partial(with_dynamic_cache, bench, size))
        yield (HINTREE, size.problems), (size, partial(with_hintree, bench, size))
