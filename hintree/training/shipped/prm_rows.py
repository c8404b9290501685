"""Training rows of the PRM: solutions with right and wrong steps, labelled by the exact checker.

The format is TRL's (scorers/prm.py): prompt, then every step and its separator, tokenized separately; the label, 1 for
right, stands at the separator. Rows come from the student's own solutions and from injected errors.
"""

import json
import random
from collections.abc import Sequence
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from hintree.lab.inject_error import inject_error
from hintree.lab.oracle import meant_step
from hintree.lab.problem import LabProblem, gold
from hintree.models import LanguageModel
from hintree.training.handlers import model_handlers, sampled
from hintree.training.loop import DrawRow
from hintree.training.shipped.chains import run_chains
from hintree.training.shipped.mix import Mix, draw_problem
from hintree.training.shipped.rows import IGNORED, TrainingRow
from hintree.whole_files import write_whole

TEMPERATURES = (0.4, 0.7, 1.0)
PROBLEMS = Mix(steps=range(1, 10), long=0.1, varied=0.2)
"""The problems whose solutions are labelled."""


def prm_row(
    tokenizer: PreTrainedTokenizerFast, question: str, steps: Sequence[str], meant: Sequence[str]
) -> TrainingRow:
    """Return one labelled solution in TRL's format.

    The separator after a step is labelled with whether the step is right. Every token inside the step is labelled, too:
    1 as long as the step agrees with the ``meant`` one. This teaches a small model where a step goes wrong.
    """
    ids = [tokenizer.bos_token_id, *tokenizer.encode(question + "\n", add_special_tokens=False)]
    labels = [IGNORED] * len(ids)
    for step, want in zip(steps, meant, strict=True):
        body, target = (tokenizer.encode(text, add_special_tokens=False) for text in (step, want))
        same = next(
            (i for i, (x, y) in enumerate(zip(body, target, strict=False)) if x != y), min(len(body), len(target))
        )
        ids += [*body, *tokenizer.encode("\n", add_special_tokens=False)]
        labels += [int(i < same) for i in range(len(body))] + [int(body == target)]
    return TrainingRow(ids, labels)


def write_drafts(path: Path, student: LanguageModel, chains: int, seed: int) -> None:
    """Sample ``chains`` solutions of training problems at several temperatures; write steps and intended steps.

    An interrupted run keeps the temperatures that are done, in files of their own.
    """
    parts = {temperature: path.with_suffix(f".{temperature}.jsonl") for temperature in TEMPERATURES}
    for temperature, part in parts.items():
        if not part.exists():
            write_part(part, student, chains // len(parts), temperature, seed)
    write_whole(path, "".join(part.read_text() for part in parts.values()))
    for part in parts.values():
        part.unlink()


def write_part(path: Path, student: LanguageModel, chains: int, temperature: float, seed: int) -> None:
    """Write the solutions of one temperature."""
    rng = random.Random(f"drafts/{seed}/{temperature}")
    lab_problems = [draw_problem(rng, PROBLEMS) for _ in range(chains)]
    rows = []
    for chain in run_chains(lab_problems, model_handlers({"reasoner": student}, sampled(temperature)), seed):
        steps = [node.step.text for node in chain.nodes]
        meant = [meant_step(chain.problem, steps[:i], step) for i, step in enumerate(steps)]
        rows.append({"question": chain.problem.question, "steps": steps, "meant": meant, "temperature": temperature})
    write_whole(path, "".join(f"{json.dumps(row)}\n" for row in rows))


def by_drafts(path: Path, tokenizer: PreTrainedTokenizerFast, own: float = 0.6) -> DrawRow:
    """Return a function that draws PRM rows, a share ``own`` of them from the student's solutions."""
    drafts = [json.loads(line) for line in path.read_text().splitlines()]

    def draw(rng: random.Random, step: int) -> TrainingRow:
        if rng.random() < own:
            row = rng.choice(drafts)
            return prm_row(tokenizer, row["question"], row["steps"], row["meant"])
        return prm_row(tokenizer, *made_up(rng, draw_problem(rng, PROBLEMS)))

    return draw


def made_up(rng: random.Random, problem: LabProblem) -> tuple[str, list[str], list[str]]:
    """Return question, steps and intended steps of a gold solution; three in four have an injected error."""
    steps = [step for _, step in gold(problem)]
    if rng.random() < 0.75:
        steps = inject_error(rng, problem, steps[: rng.randint(1, len(steps) - 1)])
    return problem.question, steps, [meant_step(problem, steps[:i], step) for i, step in enumerate(steps)]
