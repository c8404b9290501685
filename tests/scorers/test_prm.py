"""PRMs of TRL's format: the published formula, independence of the batch, usage, context limit."""

import pytest
import torch
from transformers import AutoTokenizer, LlamaForTokenClassification

from hintree.errors import ContextError
from hintree.models import Piece, Scored, load_classifier
from hintree.scorers import FAMILIES, PRM
from tests.support.scores import request_for

QUESTION = "Q: 1 + 1?"


def test_prm_scores_are_trls_inference_formula(tiny_prm):
    # trl.experimental.prm: [bos] + prompt + (step + separator)..., P(second label) at the last separator token.
    tokenizer = AutoTokenizer.from_pretrained(tiny_prm)
    model = LlamaForTokenClassification.from_pretrained(tiny_prm).eval()
    ids, marks = tokenizer.encode(f"{QUESTION}\n", add_special_tokens=False), []
    for step in ("one", "two"):
        ids += tokenizer.encode(step, add_special_tokens=False) + tokenizer.encode("\n", add_special_tokens=False)
        marks.append(len(ids) - 1)
    with torch.inference_mode():
        expected = model(torch.tensor([ids])).logits[0].softmax(-1)[marks, 1].tolist()
    prm = PRM(load_classifier(str(tiny_prm)), FAMILIES["lab"])
    requests = [request_for(QUESTION, "one"), request_for(QUESTION, "one", "two")]
    assert [prm([request])[0].value for request in requests] == pytest.approx(expected, abs=1e-6)


def test_a_score_does_not_depend_on_its_batch(tiny_prm):
    prm = PRM(load_classifier(str(tiny_prm)), FAMILIES["lab"])
    requests = [request_for(QUESTION, "step", f"number {i}" * (i + 1)) for i in range(8)]
    together = [response.value for response in prm(requests)]
    assert together == pytest.approx([prm([request])[0].value for request in requests], abs=1e-6)
    assert len(together) == 8 and all(0 <= value <= 1 for value in together)


def test_one_probability_per_marked_piece_and_the_usage_adds_up(tiny_prm):
    model = load_classifier(str(tiny_prm))
    results = model.classify([[Piece("ab"), Piece("c", mark=True)], [Piece("a"), Piece("b", True), Piece("c", True)]])
    assert [len(scored.probabilities) for scored in results] == [1, 2]
    assert model.usage.forwarded_tokens == sum(scored.usage.forwarded_tokens for scored in results) == 6


def test_a_path_beyond_the_context_is_an_error_for_that_path_only(tiny_prm):
    long, fine = load_classifier(str(tiny_prm)).classify([[Piece("x" * 5000, True)], [Piece("x", True)]])
    assert isinstance(long, ContextError) and isinstance(fine, Scored)
