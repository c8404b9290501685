import pytest
import torch
from transformers import AutoTokenizer, LlamaForTokenClassification

from hintree.errors import ContextError
from hintree.models import Piece, Scored, load_classifier
from hintree.scorers import FAMILIES, PRM, TokenConfidence
from hintree.search import Problem, ScoreRequest, StepOutput, Tree


def path(*steps, chance=0.5):
    tree = Tree(Problem("Q: 1 + 1?"))
    node = tree.root
    for step in steps:
        node = tree.add(node, StepOutput(step, "delimiter", 3, chance, chance, 0.1), "reasoner")
    return ScoreRequest(tree, node)


def test_prm_scores_are_trls_inference_formula(tiny_prm):
    # trl.experimental.prm: [bos] + prompt + (step + separator)..., P(second label) at the last separator token.
    tokenizer = AutoTokenizer.from_pretrained(tiny_prm)
    model = LlamaForTokenClassification.from_pretrained(tiny_prm).eval()
    ids, marks = tokenizer.encode("Q: 1 + 1?\n", add_special_tokens=False), []
    for step in ("one", "two"):
        ids += tokenizer.encode(step, add_special_tokens=False) + tokenizer.encode("\n", add_special_tokens=False)
        marks.append(len(ids) - 1)
    with torch.inference_mode():
        want = model(torch.tensor([ids])).logits[0].softmax(-1)[marks, 1].tolist()
    prm = PRM(load_classifier(str(tiny_prm)), FAMILIES["lab"])
    got = [prm([path("one")])[0].value, prm([path("one", "two")])[0].value]
    assert got == pytest.approx(want, abs=1e-6)


def test_a_score_does_not_depend_on_its_batch(tiny_prm):
    prm = PRM(load_classifier(str(tiny_prm)), FAMILIES["lab"])
    asks = [path(*["step"] * 1, f"number {i}" * (i + 1)) for i in range(8)]
    together = [a.value for a in prm(asks)]
    assert together == pytest.approx([prm([ask])[0].value for ask in asks], abs=1e-6)
    assert all(0 <= value <= 1 for value in together)


def test_one_probability_per_marked_piece_and_the_usage_adds_up(tiny_prm):
    model = load_classifier(str(tiny_prm))
    answers = model.classify([[Piece("ab"), Piece("c", mark=True)], [Piece("a"), Piece("b", True), Piece("c", True)]])
    assert [len(a.probabilities) for a in answers] == [1, 2]
    assert model.usage.forwarded_tokens == sum(a.usage.forwarded_tokens for a in answers) == 6


def test_a_path_beyond_the_context_is_an_error_for_that_path_only(tiny_prm):
    long, fine = load_classifier(str(tiny_prm)).classify([[Piece("x" * 5000, True)], [Piece("x", True)]])
    assert isinstance(long, ContextError) and isinstance(fine, Scored)


def test_token_confidence_is_the_mean_probability_and_costs_no_tokens():
    answer = TokenConfidence()([path("a", chance=0.25)])[0]
    assert answer.value == 0.25
    assert answer.usage.forwarded_tokens == 0
