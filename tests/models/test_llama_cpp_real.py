"""Real quantized models on llama.cpp in this process, from the folder $HINTREE_MODELS."""

import json
import os
import re

import pytest
import torch

from hintree.cli import main
from hintree.models import GenerationRequest, Prompt, load_model, open_model
from hintree.models.local.text import encode

pytest.importorskip("xllamacpp", reason="NO LLAMA.CPP: pip install 'hintree[gguf]'")
FOLDER = os.environ.get("HINTREE_MODELS", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER, reason="NO REAL MODELS: set HINTREE_MODELS to a folder of smol.gguf and others"),
]
QUESTIONS = (
    "A baker sold 48 rolls in the morning, and half as many in the afternoon. How many rolls did the baker sell in "
    "all?",
    "A curtain takes 3 meters of red cloth and a third of that of white cloth. How many meters does it take in all?",
    "Write a function that returns the sum of the even numbers of a list.",
    "A tank holds 90 liters. A pump fills 6 liters a minute, and a leak loses 1. How long does it take to fill it?",
)


def margin(model, ids, one, other):
    """Logit of one next token above that of another, in float32 on transformers."""
    with torch.inference_mode():
        logits = model.model(torch.tensor([ids])).logits[0, -1]
    return float(logits[one] - logits[other])


@pytest.mark.parametrize("name", ["smol", "qwen05"])
def test_greedy_texts_leave_those_of_the_dequantized_weights_where_two_tokens_are_close(name, capsys):
    """llama.cpp multiplies quantized weights with activations of 8 bits."""
    there = open_model(f"{FOLDER}/{name}.gguf")
    here = load_model(f"{FOLDER}/{name}.gguf", device="cpu", dtype="float32")
    requests = [GenerationRequest(Prompt(question), max_tokens=72) for question in QUESTIONS]
    results = zip(requests, there.generate(requests), here.generate(requests), strict=True)
    rows = []
    for request, quantized, exact in results:
        pairs = zip(quantized.token_ids, exact.token_ids, strict=False)
        at = next((i for i, (a, b) in enumerate(pairs) if a != b), None)
        if at is not None:
            ids = encode(here.tokenizer, request.prompt) + list(exact.token_ids[:at])
            rows.append((at, round(margin(here, ids, exact.token_ids[at], quantized.token_ids[at]), 3)))
        else:
            assert quantized.text == exact.text
            rows.append((None, None))
    with capsys.disabled():
        print(f"\n{name}: (first different token of 72, logit margin) {rows}")
    assert all(gap is None or 0 <= gap < 0.5 for _, gap in rows)


def test_a_seed_repeats_its_text_and_batches_seldom_change_one(capsys):
    model = open_model(f"{FOLDER}/qwen05.gguf")
    requests = [
        GenerationRequest(Prompt(question), seed=seed, temperature=0.8, max_tokens=24)
        for question in QUESTIONS
        for seed in range(2)
    ]
    together = [done.text for done in model.generate(requests)]
    model.forget()
    assert [done.text for done in model.generate(requests)] == together
    assert len(set(together)) > len(QUESTIONS)
    alone = []
    for request in requests:
        model.forget()
        alone += [model.generate([request])[0].text]
    with capsys.disabled():
        print(f"\n{sum(a == b for a, b in zip(alone, together, strict=True))} of {len(alone)} texts equal alone")


@pytest.mark.parametrize(("name", "answer"), [("smol", r"\d+"), ("qwen05", "72"), ("qwen15", "72")])
def test_a_question_is_solved_in_steps(name, answer, capsys):
    assert main(["solve", "--preset", "greedy", "--reasoner", f"{FOLDER}/{name}.gguf", "--json", QUESTIONS[0]]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    lines = [line for step in found["steps"] for line in step["text"].splitlines()]
    assert len(lines) > 1  # the 1.5B writes its steps as lines of one paragraph
    assert re.match(answer, found["answer"]) and "llama" not in captured.err
