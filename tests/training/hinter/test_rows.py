import random

from hintree.lab import problems
from hintree.models.local.text import encode
from hintree.policies import shipped_format
from hintree.policies.paths import path_of
from hintree.search import Problem
from hintree.training.hinter import rows as rows_module
from hintree.training.hinter.hint_data import (
    draw_from,
    hinted_lab_solution,
)
from hintree.training.hinter.rows import chat_row, draw_hint_rows, plain_text_row
from hintree.training.shipped.rows import IGNORED
from tests.support.checkpoints import byte_tokenizer
from tests.support.hint_cases import HINTS, SHOP, SOLUTION, STEPS


def learned_texts(row, tokenizer):
    """The texts of the runs of learned tokens."""
    runs, texts = [], []
    for token, label in zip(row.ids, row.labels, strict=True):
        assert label in (token, IGNORED)
        runs.append(None if label == IGNORED else token)
    for place, token in enumerate(runs):
        if token is not None:
            texts = [*texts, [token]] if place == 0 or runs[place - 1] is None else [*texts[:-1], [*texts[-1], token]]
    return [tokenizer.decode(tokens).strip() for tokens in texts]


def test_the_loss_counts_the_tokens_of_hints_only(lab_tokenizer):
    rng = random.Random(2)
    for problem in problems("train", range(1, 7), n=20, seed=4):
        solution = hinted_lab_solution(rng, problem, with_errors=True)
        row = plain_text_row(rng, solution, lab_tokenizer)
        texts, hints = learned_texts(row, lab_tokenizer), iter(solution.hints)
        assert texts and all(any(text == hint for hint in hints) for text in texts)  # in order, none but hints
        assert lab_tokenizer.unk_token_id not in row.ids


def test_a_row_is_the_prompt_of_a_hint_request_and_the_hint(lab_tokenizer, monkeypatch):
    monkeypatch.setattr(rows_module, "EXTRA_HINT_RATE", 0.0)  # one hint a row
    rng = random.Random(5)
    for problem in problems("train", range(1, 7), n=10, seed=4):
        solution = hinted_lab_solution(rng, problem, with_errors=False)
        row = plain_text_row(rng, solution, lab_tokenizer)
        (text,) = learned_texts(row, lab_tokenizer)
        start = next(i for i, label in enumerate(row.labels) if label != IGNORED)
        history = path_of(solution.question, solution.steps[: solution.hints.index(text)])
        assert row.ids[:start] == encode(lab_tokenizer, shipped_format("lab").hint(Problem(solution.question), history))


def test_with_a_chat_template_a_row_is_the_hint_request_and_the_reply():
    tokenizer, rng = byte_tokenizer(), random.Random(1)
    for _ in range(5):
        row = chat_row(rng, SOLUTION, tokenizer)
        (text,) = learned_texts(row, tokenizer)
        i = HINTS.index(text.removesuffix("<|im_end|>"))
        prompt = encode(tokenizer, shipped_format("default").hint(Problem(SHOP), path_of(SHOP, STEPS[:i])))
        assert row.ids[: len(prompt)] == prompt and row.labels[: len(prompt)] == [IGNORED] * len(prompt)
        assert row.labels[len(prompt) :] == row.ids[len(prompt) :] and row.ids[-1] == tokenizer.eos_token_id
    assert draw_hint_rows(draw_from([SOLUTION], 0.0), tokenizer)(rng, 0).ids[-1] == tokenizer.eos_token_id
