"""Format the benchmark's results as Markdown tables."""

from collections.abc import Iterator

from hintree.experiments.bench.bookkeeping import STEPS
from hintree.experiments.bench.clock import Spread, ratios, spread
from hintree.experiments.bench.others import MODEL
from hintree.experiments.bench.real import WRITERS
from hintree.experiments.bench.report import GOALS, Results, figures
from hintree.experiments.bench.scaling import ScalingPoint
from hintree.experiments.bench.trees import HINTREE


def tables(results: Results) -> str:
    """Return all tables as one Markdown text."""
    return "\n".join(
        [
            *goals(results),
            "",
            *trees(results),
            "",
            *real(results),
            "",
            *scaling(results),
            "",
            *formats(results),
            "",
            *others(results),
        ]
    )


def table(*heads: str) -> list[str]:
    """Return the header lines of a table."""
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]


def goals(results: Results) -> Iterator[str]:
    """Yield the table of figures with goals, with the range over the runs."""
    yield "One thread, process CPU time; arms in turns; median of the runs (lowest to highest).\n"
    yield from table("figure", "measured", "range", "runs", "goal", "met", "on")
    for key, figure in figures(results).items():
        goal, found = GOALS[key], figure.spread
        sign, met = ">=" if goal.up else "<=", "yes" if goal.met(found.value) else "no"
        between = f"{goal.show(found.low)} to {goal.show(found.high)}"
        cells = (goal.about, goal.show(found.value), between, found.runs, f"{sign} {goal.show(goal.bound)}", met)
        yield f"| {' | '.join(map(str, cells))} | {figure.model} |"


def trees(results: Results) -> Iterator[str]:
    """Yield the table of all arms on all models."""
    shape = results.trees[0].plan.shape
    yield (
        f"Trees of fixed lengths: prompt {shape.prompt} tokens, {shape.children} steps of {shape.step} tokens a level, "
        f"{shape.kept} continued; random weights at temperature 1, so siblings diverge at their first token.\n"
        "`generate` with 1, 4 or 16 sequences a call runs on one problem and is counted per generated token. With 1 "
        "or 4, only every n-th call of a level is made, as all calls of a level cost the same.\n"
    )
    yield from table(
        "model", "problems", "levels", "arm", "tokens / CPU s", "forwarded / generated", "formula", "hintree is"
    )
    for measured in results.trees:
        for name, problems in measured.arms:
            arm = (name, problems)
            ahead = ratios(measured.speeds(HINTREE, measured.live), measured.speeds(*arm))
            cells = (
                measured.plan.model,
                problems,
                measured.plan.shape.depth,
                name,
                show(spread(measured.speeds(*arm)), 0),
            )
            counted = f"{measured.forwarded_per_generated(arm):.3f} | {measured.expected(arm):.3f}"
            yield f"| {' | '.join(map(str, cells))} | {counted} | {show(ahead, 1)}x |"
        where = f"| {measured.plan.model} | {measured.live} | |"
        shares = {
            "matmuls alone / forward passes": measured.floor_share(),
            "attention alone / forward passes": measured.attention_share(),
            "CPU outside the model / hintree": measured.outside_share(),
        }
        for what, share in shares.items():
            yield f"{where} {what} | {show(share, 2)} | | | |"


def real(results: Results) -> Iterator[str]:
    """Yield the figures of real trees, of trees without models, and of batch invariance."""
    run = results.real[0]
    yield f"Real lab trees: beam 16/4, hints, scores and rewrites, {results.real_problems} problems of 6-8 steps.\n"
    yield from table("role", "forwarded", "generated", "forwarded / generated")
    for role in WRITERS:
        yield f"| {role} | {run.forwarded[role]} | {run.generated[role]} | {run.per_token([role]):.2f} |"
    for how, runs in results.prm.items():
        name = {"tree": "scorer", "whole": "scorer, whole texts"}[how]
        yield f"| {name} | {runs[0][1]} | - | {show(spread(seconds for seconds, _ in runs))} CPU s |"
    alone = ", ".join(f"{name} {show(spread(seconds))}" for name, seconds in results.bookkeeping.items())
    yield f"\nCPU seconds for a tree of {STEPS:,} steps without any model: {alone}."
    counts = ", ".join(f"{how}: {n}" for how, n in results.mismatches.items())
    yield f"\nOutputs of {results.sequences:,} that differ from those generated in batches of 64: {counts}."


def scaling(results: Results) -> Iterator[str]:
    """Yield the table of both scaling curves."""
    yield f"Scaling of hintree, model {results.trees[0].plan.model}, fixed lengths.\n"
    yield from table("live problems", "levels", "CPU ms / problem", "CPU us / generated token")
    for point in (*results.live, *results.depth):
        yield row(point)


def row(point: ScalingPoint) -> str:
    """Return the table row of a point of a scaling curve."""
    size = f"{point.shape.problems} | {point.shape.depth}"
    return f"| {size} | {show(point.per_problem, 1)} | {show(point.per_token, 1)} |"


def formats(results: Results) -> Iterator[str]:
    """Yield the table of number formats; nothing if none was measured."""
    if not results.formats:
        return
    models = list(next(f.speed for f in results.formats.values() if not isinstance(f, str)))
    changed = f"outputs of {results.sequences:,} that change with batch composition"
    yield f"Number formats: speed relative to float32, and {changed}.\n"
    yield from table("format", *models, "changed")
    for name, found in results.formats.items():
        if isinstance(found, str):
            yield f"| {name} | {found} |{' |' * len(models)}"
        else:
            speeds = (f"{show(found.speed[model])}x" for model in models)
            yield f"| {name} | {' | '.join(speeds)} | {found.mismatches} |"


def others(results: Results) -> Iterator[str]:
    """Yield the table of other runtimes; nothing if none was measured."""
    if not results.others:
        return
    yield f"Other runtimes, each in its own process in turns with hintree, model {MODEL}; whole paths every level.\n"
    yield from table("runtime", "its tokens / CPU s", "hintree's", "hintree is")
    for name, found in results.others.items():
        if isinstance(found, str):
            yield f"| {name} | {found} | | |"
        else:
            mine, its = found["ours"], found["theirs"]
            yield f"| {name} | {show(spread(its), 0)} | {show(spread(mine), 0)} | {show(ratios(mine, its), 1)}x |"


def show(found: Spread, digits: int = 2) -> str:
    """Format median and range for a table cell."""
    return found.show(digits)
