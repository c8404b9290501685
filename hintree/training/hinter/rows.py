"""Training rows of a hinter: the loss counts only the tokens of hints."""

import random

from transformers import PreTrainedTokenizerBase

from hintree.models.base import Prompt
from hintree.models.local.text import encode, plain
from hintree.policies import shipped_format
from hintree.policies.paths import path_of
from hintree.search import Problem
from hintree.training.hinter.hint_data import DrawSolution, HintedSolution
from hintree.training.loop import DrawRow
from hintree.training.shipped.rows import IGNORED, TrainingRow

EXTRA_HINT_RATE = 0.4
"""Probability that a hint is included, besides the one that always is."""


def draw_hint_rows(draw: DrawSolution, tokenizer: PreTrainedTokenizerBase) -> DrawRow:
    """Return a function that draws rows in the prompt format in which the model is used (policies/formats.py)."""
    form = plain_text_row if tokenizer.chat_template is None else chat_row
    return lambda rng, step: form(rng, draw(rng), tokenizer)


def plain_text_row(rng: random.Random, solution: HintedSolution, tokenizer: PreTrainedTokenizerBase) -> TrainingRow:
    """Return a whole solution as plain lines, in which a random subset of the steps has its hint before it.

    At inference the hinter does not see earlier hints, so any of them may be missing here.
    """
    ids = encode(tokenizer, Prompt(solution.question))
    labels = [IGNORED] * len(ids)
    always = rng.choice([i for i, hint in enumerate(solution.hints) if hint])
    for i, (step, hint) in enumerate(zip(solution.steps, solution.hints, strict=True)):
        pieces = [(f"{step}\n", False)]
        if hint and (i == always or rng.random() < EXTRA_HINT_RATE):
            pieces = [("Hint:", False), (f" {hint}\n", True), *pieces]
        for text, learned in pieces:
            tokens = plain(tokenizer, text)
            ids += tokens
            labels += tokens if learned else [IGNORED] * len(tokens)
    return TrainingRow(ids, labels)


def chat_row(rng: random.Random, solution: HintedSolution, tokenizer: PreTrainedTokenizerBase) -> TrainingRow:
    """Return one hint as the reply in a conversation, with the end-of-turn token."""
    i = rng.choice([i for i, hint in enumerate(solution.hints) if hint])
    history = path_of(solution.question, solution.steps[:i])
    prompt = encode(tokenizer, shipped_format("default").hint(Problem(solution.question), history))
    hint = [*plain(tokenizer, str(solution.hints[i])), int(tokenizer.eos_token_id)]
    return TrainingRow(prompt + hint, [IGNORED] * len(prompt) + hint)
