"""Training rows of a hinter: the loss counts the tokens of hints, and nothing else."""

import random

from transformers import PreTrainedTokenizerBase

from hintree.models.base import Prompt
from hintree.models.local.text import encode, plain
from hintree.policies import CHAT
from hintree.policies.formats import path_of
from hintree.training.hinter.hint_data import Draw, Lesson
from hintree.training.loop import Draw as DrawRow
from hintree.training.shipped.rows import IGNORED, Row

SHOWN = 0.4
"""How often a hint is there besides the one that always is."""


def by_lessons(draw: Draw, tokenizer: PreTrainedTokenizerBase) -> DrawRow:
    """Draws a row of a lesson, in the form in which the model is asked for hints (policies/formats.py)."""
    form = woven if tokenizer.chat_template is None else asked
    return lambda rng, step: form(rng, draw(rng), tokenizer)


def woven(rng: random.Random, lesson: Lesson, tokenizer: PreTrainedTokenizerBase) -> Row:
    """A whole solution in plain lines, in which about every second step has its hint before it.

    The hinter sees no earlier hints when it is used, so any of them may be missing here.
    """
    ids = encode(tokenizer, Prompt(lesson.question))
    labels = [IGNORED] * len(ids)
    always = rng.choice([i for i, hint in enumerate(lesson.hints) if hint])
    for i, (step, hint) in enumerate(zip(lesson.steps, lesson.hints, strict=True)):
        pieces = [(f"{step}\n", False)]
        if hint and (i == always or rng.random() < SHOWN):
            pieces = [("Hint:", False), (f" {hint}\n", True), *pieces]
        for text, learned in pieces:
            tokens = plain(tokenizer, text)
            ids += tokens
            labels += tokens if learned else [IGNORED] * len(tokens)
    return Row(ids, labels)


def asked(rng: random.Random, lesson: Lesson, tokenizer: PreTrainedTokenizerBase) -> Row:
    """One of the hints as the answer in a conversation, and the end of the turn."""
    i = rng.choice([i for i, hint in enumerate(lesson.hints) if hint])
    prompt = encode(tokenizer, CHAT.hint(lesson.question, path_of(lesson.question, lesson.steps[:i])))
    hint = [*plain(tokenizer, str(lesson.hints[i])), int(tokenizer.eos_token_id)]
    return Row(prompt + hint, [IGNORED] * len(prompt) + hint)
