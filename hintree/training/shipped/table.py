"""Markdown tables of the figures of ``hintree lab evaluate``."""

from collections.abc import Iterator
from typing import Any

COSTS = (
    "Tokens (generated) and GFLOPs (2 x weights x computed tokens / 10^9, an estimate) are per problem, for all "
    "models of an arm together."
)


def percent(figure: dict[str, float]) -> str:
    """Format a share as "52.3 % [49.2, 55.4]"."""
    return f"{100 * figure['value']:.1f} % [{100 * figure['low']:.1f}, {100 * figure['high']:.1f}]"


def as_table(figures: dict[str, Any]) -> str:
    """Format all figures as Markdown."""
    sample, arms = figures["problems"], figures["arms"]
    lengths, families = arms["teacher"]["steps"], arms["teacher"]["family"]
    lines = [
        f"{sample['n']} {sample['split']} problems of {sample['steps']} steps, seed {sample['seed']}; 95 % intervals",
        "",
        f"| arm | right | tokens | GFLOPs | {' | '.join(f'{k} steps' for k in lengths)} | {' | '.join(families)} |",
        "|---|---|---|---|" + "---|" * (len(lengths) + len(families)),
    ]
    for name, arm in arms.items():
        cells = [f"{100 * x['value']:.0f}" for x in [*arm["steps"].values(), *arm["family"].values()]]
        costs = f"{arm['tokens']:.0f} | {arm['gflops']:.3f}"
        lines.append(f"| {name} | {percent(arm['all'])} | {costs} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", COSTS, "", *notes(figures)])


def notes(figures: dict[str, Any]) -> Iterator[str]:
    """Yield the figures that are not arms, one line each."""
    prm, smart, hints = figures["prm"], figures["smart"], figures["hints"]
    errors = figures["student first errors"]
    total = max(1, sum(errors.values()))
    for name, gain in figures["gain over the student"].items():
        yield f"- {name}: {points(gain)} over the student alone"
    after_gold = figures["student step accuracy from gold prefixes"]
    yield f"- student, step accuracy after gold prefixes: {percent(after_gold)}"
    kinds = ", ".join(f"{kind} {count} ({100 * count / total:.0f} %)" for kind, count in errors.items())
    yield f"- student, first errors: {kinds}"
    yield (
        f"- hinter: {hints['leaks']} leaks in the {hints['hints']} hints that reached the student, {hints['dropped']} "
        f"more filtered as leaks; {percent(hints['exact'])} are the exact hint"
    )
    yield (
        f"- {prm['steps']} student steps sampled at temperature {prm['temperature']}, up to and including the first "
        f"error, {prm['wrong']} of them wrong; AUC, and first-error F1 at the threshold "
        f"that was best on validation problems:"
    )
    for scorer in (name.removeprefix("auc, ") for name in prm if name.startswith("auc, ")):
        area, f1 = prm[f"auc, {scorer}"], prm[f"f1, {scorer}"]
        yield (
            f"  - {scorer}: AUC {area['value']:.3f} [{area['low']:.3f}, {area['high']:.3f}], F1 {f1['value']:.2f} "
            f"(threshold {f1['threshold']:.2f})"
        )
    chosen, near = prm["best-of-8"], smart["share of the teacher's accuracy"]
    yield (
        f"- selection among the same 8 samples: majority {percent(chosen['majority'])}, "
        f"best by the PRM {percent(chosen['best by prm'])}, "
        f"weighted by the PRM {percent(chosen['weighted by prm'])}; best minus majority: "
        f"{points(chosen['gain of best by prm over majority'])}"
    )
    yield (
        f"- SMART by the PRM at threshold {smart['threshold']} (chosen on validation problems): "
        f"{percent(smart['right'])}, {100 * near:.1f} % of the teacher's accuracy; per problem, "
        f"{', '.join(f'{name} {spent(figure)}' for name, figure in smart['cost'].items())}; "
        f"teacher alone {spent(smart['cost, teacher alone'])}. Tokens of the scorer are read, the others generated"
    )


def spent(cost: dict[str, float]) -> str:
    """Format a cost as "12 tokens and 0.345 GFLOPs"."""
    return f"{cost['tokens']:.0f} tokens and {cost['gflops']:.3f} GFLOPs"


def points(gain: dict[str, float]) -> str:
    """Format a paired difference as "+12.3 points [9.8, 14.9]"."""
    return f"{100 * gain['value']:+.1f} points [{100 * gain['low']:.1f}, {100 * gain['high']:.1f}]"
