"""Same seed, same text: how many texts differ when they are written in other company."""

import random
from collections.abc import Sequence

from hintree.experiments.bench.real import lab_problems
from hintree.models import Completion, GenerationRequest, Prompt
from hintree.models.local.model import LocalModel

TOKENS = 24


def mismatches(model: LocalModel, n: int) -> dict[str, int]:
    """How many of ``n`` sampled texts differ from those written 64 at a time, by how they were written instead.

    The texts begin steps of lab problems, at temperature 1, each with a seed of its own.
    """
    questions = [problem.question for problem in lab_problems(40)]
    asked = [GenerationRequest(Prompt(questions[i % 40]), i, 1.0, max_tokens=TOKENS) for i in range(n)]
    shuffled = random.Random(0).sample(range(n), n)
    want = write(model, asked, 64)
    mixed = write(model, [asked[i] for i in shuffled], n)
    found = {
        "7 at a time": write(model, asked, 7),
        "all at once, shuffled": [mixed[at] for _, at in sorted(zip(shuffled, range(n), strict=True))],
        "on the row cache": write(model, asked, 64, tree=False),
    }
    return {how: sum(a != b for a, b in zip(want, texts, strict=True)) for how, texts in found.items()}


def write(model: LocalModel, asked: Sequence[GenerationRequest], batch: int, *, tree: bool = True) -> list[str]:
    """The texts, written ``batch`` at a time on a cache that is empty at first."""
    fresh = LocalModel(model.name, model.model, model.tokenizer, tree=tree)
    answers = [a for i in range(0, len(asked), batch) for a in fresh.generate(asked[i : i + batch])]
    return [a.text if isinstance(a, Completion) else str(a) for a in answers]
