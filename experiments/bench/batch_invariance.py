"""Batch invariance: count the outputs that change with batch composition, at equal seeds."""

import random
from collections.abc import Sequence

from hintree.experiments.bench.real import lab_problems
from hintree.models import Completion, GenerationRequest, Prompt
from hintree.models.local.model import LocalModel

TOKENS = 24
"""Maximum number of tokens of an output."""


def mismatches(model: LocalModel, n: int) -> dict[str, int]:
    """Count the outputs, of ``n``, that differ from those generated in batches of 64, by batch composition.

    The outputs are first steps of lab problems, sampled at temperature 1 with one seed each.
    """
    questions = [problem.question for problem in lab_problems(40)]
    requests = [GenerationRequest(Prompt(questions[i % 40]), i, 1.0, max_tokens=TOKENS) for i in range(n)]
    shuffled = random.Random(0).sample(range(n), n)
    expected = generate_texts(model, requests, 64)
    mixed = generate_texts(model, [requests[i] for i in shuffled], n)
    found = {
        "7 at a time": generate_texts(model, requests, 7),
        "all at once, shuffled": [mixed[at] for _, at in sorted(zip(shuffled, range(n), strict=True))],
        "on the row cache": generate_texts(model, requests, 64, tree=False),
    }
    return {how: sum(a != b for a, b in zip(expected, texts, strict=True)) for how, texts in found.items()}


def generate_texts(
    model: LocalModel, requests: Sequence[GenerationRequest], batch: int, *, tree: bool = True
) -> list[str]:
    """Generate the texts in batches of ``batch`` requests, starting with an empty cache."""
    fresh = LocalModel(model.name, model.model, model.tokenizer, tree=tree)
    outputs = [a for i in range(0, len(requests), batch) for a in fresh.generate(requests[i : i + batch])]
    return [a.text if isinstance(a, Completion) else str(a) for a in outputs]
