"""Copy trained models into the package, each with a card of its measured figures.

For maintainers, after ``hintree lab train``:

    python -m hintree.training.shipped.model_cards build/lab
"""

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hintree.errors import UsageError
from hintree.models import EMBEDDED, load_model
from hintree.models.local.folder import HOME
from hintree.models.local.manifest import MANIFEST, write_manifest
from hintree.training.shipped.evaluate import evaluate
from hintree.training.shipped.evaluate_forms import form_figures
from hintree.training.shipped.goals import figure_goals, size_goals
from hintree.training.shipped.table import as_table, percent

CARD = """---
license: apache-2.0
library_name: transformers
pipeline_tag: {task}
---
# hintree {name}

{about}

Trained only on *the lab*, a synthetic world of word problems (`hintree lab problems`); it is of no use outside it.

- **Data**: {data} Problems, steps and labels are generated and checked by `hintree/lab`; nothing is downloaded.
- **Recipe**: {parameters:,} parameters (Llama architecture with attention biases, float32);
  {steps:,} optimizer steps{earlier} of {batch} rows, seed {seed}; Muon {muon} for
  matrices, AdamW {adam} for the rest. The present recipe is in `hintree/training/shipped/recipes.py`; the schedules
  that this model was trained with are in `training.json`.
- **Command**: `make lab` (or `hintree lab train --stage {name}`)
- **Training time**: {minutes:.0f} CPU minutes on one core.

## Results
From `hintree lab evaluate --n {n} --seed {problem_seed}`.

{figures}

## Results of all shipped models
{table}
"""

ABOUT = {
    "student": ("text-generation", "The small reasoner: solves lab problems step by step, and is often wrong.",
                "training problems of 1 to 9 steps and some longer ones, a part of them with a hint, and the forms of "
                "actions: sub-questions, corrections, look-ups."),
    "student-2": ("text-generation", "A second student: the same size, another seed; it never saw a hint.",
                  "as for the student, without hints and plans."),
    "student-3": ("text-generation", "A third student: another shape of the same size; it never saw a hint.",
                  "as for the student, without hints and plans."),
    "teacher": ("text-generation", "The larger reasoner, which rewrites the student's low-scoring steps.",
                "as for the student, with more hints, plans and judgements."),
    "hinter": ("text-generation", "Writes hints that name the fact to use next, and, told what was wrong with a step, "
               "hints for writing it again. Fine-tuned from a reader of the student's size, which is not shipped.",
               "exact hints for gold histories and for histories with injected errors; hints that state a number not "
               "yet known are filtered out (policies/leaks.py)."),
    "prm": ("token-classification", "The process reward model: the probability that each step is right, in the format "
            "of TRL's PRMTrainer (label 1 at the line break after each step). Initialised from the reader that the "
            "hinter is made from, with three layers on top: weights that compare prediction and token "
            "(hintree/training/shipped/prm_architecture.py) and one trained layer.",
            "the student's solutions sampled at temperatures 0.4, 0.7 and 1.0 and gold solutions with injected errors, "
            "labelled by the exact checker."),
    "prm-small": ("token-classification", "A process reward model that is hardly larger than a student: all of its "
                  "weights are trained, and nothing is written into them.", "as for the larger PRM."),
}  # fmt: skip
"""Task, description and training data by model."""


def publish(out: Path, n: int, seed: int) -> None:
    """Evaluate the models in ``out`` and copy them, with cards and manifests, into the package.

    Raises:
        UsageError: A goal is open (goals.py); the shipped models stay as they are.
    """
    figures, forms = evaluate(out, n, seed), form_figures(load_model(str(out / "student")), n, seed)
    goals = [*size_goals(out), *figure_goals(figures, forms)]
    print("\n".join(map(str, goals)))
    if any(not goal.met for goal in goals):
        raise UsageError("the models do not replace the shipped ones, because goals are open")
    (out / "figures.json").write_text(json.dumps(figures | {"forms": forms}, indent=1) + "\n")
    for name in EMBEDDED:
        target = HOME / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(out / name, target, ignore=shutil.ignore_patterns(MANIFEST))
        (target / "README.md").write_text(card(name, target, figures))
        write_manifest(target)


def card(name: str, folder: Path, figures: dict[str, Any]) -> str:
    """Return the card of one model."""
    record = json.loads((folder / "training.json").read_text())
    task, about, data = ABOUT[name]
    schedule, before = record["schedule"], list(earlier(record))
    steps = [f"{one['schedule']['steps']:,}" for one in before]
    return CARD.format(
        name=name,
        task=task,
        about=about,
        data=data[0].upper() + data[1:],
        parameters=record["parameters"],
        minutes=sum(one["cpu_seconds"] for one in (record, *before)) / 60,
        earlier=f" after {' and '.join(steps)} earlier ones" if steps else "",
        n=figures["problems"]["n"],
        problem_seed=figures["problems"]["seed"],
        figures=own_figures(name, figures),
        table=as_table(figures),
        **{key: schedule[key] for key in ("steps", "batch", "seed", "muon", "adam")},
    )


def earlier(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the records of the trainings that a model continued from, the last one first."""
    while "earlier" in record:
        record = record["earlier"]
        yield record


def own_figures(name: str, figures: dict[str, Any]) -> str:
    """Return the figures of one model in words."""
    arms, hints, prm = figures["arms"], figures["hints"], figures["prm"]
    if name.startswith("prm"):
        own, chance = figures[name]["auc, prm"], prm["auc, mean token probability"]
        return (
            f"AUC {own['value']:.3f} [{own['low']:.3f}, {own['high']:.3f}] on {prm['steps']} sampled student steps up "
            f"to the first error ({prm['wrong']} wrong); the student's own mean token probability reaches "
            f"{chance['value']:.3f} [{chance['low']:.3f}, {chance['high']:.3f}]."
        )
    if name == "hinter":
        alone, led = percent(arms["student"]["all"]), percent(arms["student, hinter"]["all"])
        return (
            f"{hints['leaks']} of {hints['hints']} hints that reach the student leak; {hints['dropped']} more were "
            f"filtered as leaks. {percent(hints['exact'])} are the exact hint. The "
            f"student solves {alone} alone and {led} with hints."
        )
    return f"Greedy, alone: solves {percent(arms[name]['all'])} of the problems."


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what hintree lab train wrote")
    parser.add_argument("--n", type=int, default=1000, help="test problems (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the problems (default %(default)s)")
    args = parser.parse_args()
    publish(args.folder, args.n, args.seed)
