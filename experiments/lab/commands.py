"""What ``hintree lab`` prints."""

import json
from pathlib import Path
from typing import Any

from hintree.experiments.lab.generate import FAMILIES, problems
from hintree.experiments.lab.problem import LabProblem, gold
from hintree.search.errors import UsageError


def print_problems(split: str, steps: str, n: int, seed: int, family: str | None) -> None:
    """Problems as JSON lines: id, question, answer, steps, hints, family, split."""
    families = (family,) if family else tuple(FAMILIES)
    try:
        for problem in problems(split, parse_range(steps), n=n, seed=seed, families=families):
            print(json.dumps(as_row(problem)))
    except ValueError as error:
        raise UsageError(str(error)) from error


def as_row(problem: LabProblem) -> dict[str, Any]:
    """A problem for JSON; the last step and hint are those of the answer."""
    pairs = list(gold(problem))
    return {
        "id": problem.id,
        "question": problem.question,
        "answer": str(problem.answer),
        "steps": [step for _, step in pairs],
        "hints": [hint for hint, _ in pairs],
        "family": problem.family,
        "split": problem.split,
    }


def parse_range(text: str) -> range:
    """A range from "6" or "2-8". Raises UsageError."""
    first, _, last = text.partition("-")
    try:
        return range(int(first), int(last or first) + 1)
    except ValueError:
        raise UsageError(f"steps {text!r} is not a number from 1 to 10 or a range such as 2-8") from None


def print_evaluation(folder: str | None, n: int, seed: int, *, as_json: bool) -> None:
    """All figures of the lab's models, as a table or as JSON."""
    if folder is not None and not Path(folder).is_dir():
        raise UsageError(f"--models {folder}: no such folder; train one with `hintree lab train`")
    from hintree.experiments.lab.evaluate import evaluate

    figures = evaluate(Path(folder) if folder else None, n, seed)
    print(json.dumps(figures, indent=1) if as_json else as_table(figures))


def percent(figure: dict[str, float]) -> str:
    """A share as "52.3 % [49.2, 55.4]"."""
    return f"{100 * figure['value']:.1f} % [{100 * figure['low']:.1f}, {100 * figure['high']:.1f}]"


def as_table(figures: dict[str, Any]) -> str:
    """The figures as Markdown."""
    asked, arms = figures["problems"], figures["arms"]
    lengths, families = arms["teacher"]["steps"], arms["teacher"]["family"]
    lines = [
        f"{asked['n']} {asked['split']} problems of {asked['steps']} steps, seed {asked['seed']}; 95 % intervals",
        "",
        f"| arm | right | {' | '.join(f'{k} steps' for k in lengths)} | {' | '.join(families)} |",
        "|---|---|" + "---|" * (len(lengths) + len(families)),
    ]
    for name, arm in arms.items():
        cells = [f"{100 * x['value']:.0f}" for x in [*arm["steps"].values(), *arm["family"].values()]]
        lines.append(f"| {name} | {percent(arm['all'])} | {' | '.join(cells)} |")
    hints, prm = figures["hints"], figures["prm"]
    errors = ", ".join(f"{kind} {count}" for kind, count in figures["student first errors"].items())
    lines += [
        "",
        f"- student, steps right from gold prefixes: {percent(figures['student step accuracy from gold prefixes'])}",
        f"- student, first errors: {errors}",
        f"- hinter: {hints['leaks']} leaks in {hints['hints']} hints; {percent(hints['exact'])} are the exact hint",
        f"- {prm['steps']} student steps drawn at temperature {prm['temperature']} up to the first error, "
        f"{prm['wrong']} of them wrong; AUC:",
    ]
    for name, figure in prm.items():
        if name.startswith("auc, "):
            lines.append(
                f"  {name.removeprefix('auc, ')} {figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
            )
    return "\n".join(lines)
