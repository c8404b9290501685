"""The results as Markdown tables."""

from collections.abc import Iterator

from hintree.experiments.bench.bookkeeping import STEPS
from hintree.experiments.bench.clock import Spread, ratios, spread
from hintree.experiments.bench.others import MODEL
from hintree.experiments.bench.real import WRITERS
from hintree.experiments.bench.report import GOALS, Results, figures
from hintree.experiments.bench.scaling import Point
from hintree.experiments.bench.trees import OURS


def tables(results: Results) -> str:
    """All tables."""
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
    """The head of a table."""
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]


def goals(results: Results) -> Iterator[str]:
    """What has goals; with the range over the runs."""
    yield "One thread, process CPU time; arms in turns; median of the runs (lowest to highest).\n"
    yield from table("figure", "measured", "range", "runs", "goal", "met", "on")
    for key, figure in figures(results).items():
        goal, found = GOALS[key], figure.spread
        sign, met = ">=" if goal.up else "<=", "yes" if goal.met(found.value) else "no"
        between = f"{goal.show(found.low)} to {goal.show(found.high)}"
        cells = (goal.about, goal.show(found.value), between, found.runs, f"{sign} {goal.show(goal.bound)}", met)
        yield f"| {' | '.join(map(str, cells))} | {figure.model} |"


def trees(results: Results) -> Iterator[str]:
    """All arms on all models."""
    shape = results.trees[0].plan.shape
    yield (
        f"Trees of fixed lengths: prompt {shape.prompt} tokens, {shape.children} steps of {shape.step} tokens a level, "
        f"{shape.kept} continued; random weights at temperature 1, so that siblings differ from their first token on.\n"
        "`generate` runs on one problem and is counted per generated token; one by one, and by siblings, only every "
        "n-th call of each level is made, as all calls of a level cost the same.\n"
    )
    yield from table(
        "model", "problems", "levels", "arm", "tokens / CPU s", "forwarded / generated", "formula", "hintree is"
    )
    for measured in results.trees:
        for name, problems in measured.arms:
            arm = (name, problems)
            ahead = ratios(measured.speeds(OURS, measured.most), measured.speeds(*arm))
            cells = (
                measured.plan.model,
                problems,
                measured.plan.shape.depth,
                name,
                show(spread(measured.speeds(*arm)), 0),
            )
            counted = f"{measured.forwarded_per_generated(arm):.3f} | {measured.expected(arm):.3f}"
            yield f"| {' | '.join(map(str, cells))} | {counted} | {show(ahead, 1)}x |"
        where = f"| {measured.plan.model} | {measured.most} | |"
        shares = {
            "matmuls alone / forward passes": measured.floor_share(),
            "attention alone / forward passes": measured.attention_share(),
            "CPU outside the model / hintree": measured.outside_share(),
        }
        for what, share in shares.items():
            yield f"{where} {what} | {show(share, 2)} | | | |"


def real(results: Results) -> Iterator[str]:
    """Real trees, trees without models, and what company does to a text."""
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
    company = ", ".join(f"{how}: {n}" for how, n in results.mismatches.items())
    yield f"\nOf {results.sequences:,} texts, so many differ from those written 64 at a time: {company}."


def scaling(results: Results) -> Iterator[str]:
    """Both curves."""
    yield f"Scaling of hintree, model {results.trees[0].plan.model}, fixed lengths.\n"
    yield from table("live problems", "levels", "CPU ms / problem", "CPU us / generated token")
    for point in (*results.live, *results.depth):
        yield row(point)


def row(point: Point) -> str:
    """One point."""
    places = f"{point.shape.problems} | {point.shape.depth}"
    return f"| {places} | {show(point.per_problem, 1)} | {show(point.per_token, 1)} |"


def formats(results: Results) -> Iterator[str]:
    """Number formats."""
    if not results.formats:
        return
    models = list(next(f.speed for f in results.formats.values() if not isinstance(f, str)))
    yield f"Number formats: speed against float32, and how many of {results.sequences:,} texts company changes.\n"
    yield from table("format", *models, "changed")
    for name, found in results.formats.items():
        if isinstance(found, str):
            yield f"| {name} | {found} |{' |' * len(models)}"
        else:
            speeds = (f"{show(found.speed[model])}x" for model in models)
            yield f"| {name} | {' | '.join(speeds)} | {found.mismatches} |"


def others(results: Results) -> Iterator[str]:
    """Other runtimes, each in a process of its own."""
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
    """Median and range."""
    return found.show(digits)
