import random

import pytest
import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from hintree.lab import problems
from hintree.lab.problem import gold
from hintree.models import load_model
from hintree.models.local.folder import HOME
from hintree.models.local.load import EMBEDDED
from hintree.training.loop import TrainingSchedule, optimizers
from hintree.training.shipped.initialisation import ModelSize, new_model
from hintree.training.shipped.prm_architecture import (
    BASE_SCALE,
    CODE_SCALE,
    EXPECTATION_SCALE,
    FETCH_NORM,
    MARK_CHANNEL,
    MIN_CHANNEL,
    VERDICT_CHANNEL,
    new_prm,
)
from hintree.training.shipped.vocabulary import build_tokenizer


@pytest.fixture(scope="module")
def writer():
    return LlamaForCausalLM.from_pretrained(HOME / "student").eval()


@pytest.fixture(scope="module")
def newline():
    return PreTrainedTokenizerFast.from_pretrained(HOME / "student").get_vocab()["\n"]


@pytest.fixture(scope="module")
def prm(writer, newline):
    return new_prm(writer, newline, seed=1).eval()


@pytest.fixture(scope="module")
def text():
    problem = next(problems("validation", (5,), n=1, seed=4))
    lines = [problem.question, *(step for _, step in gold(problem))]
    return load_model("embedded:student").tokenizer("\n".join(lines), return_tensors="pt").input_ids


def streams(model, ids, layer):
    found = {}

    def keep(module, inputs, output):
        found["stream"] = output[0] if isinstance(output, tuple) else output

    hook = model.model.layers[layer].register_forward_hook(keep)
    with torch.inference_mode():
        model(ids)
    hook.remove()
    return found["stream"][0]


def test_the_writers_stream_is_copied_and_scaled_down(writer, prm, text):
    layers, narrow = writer.config.num_hidden_layers, writer.config.hidden_size
    ours, its = streams(prm, text, layers - 1)[:, :narrow] / BASE_SCALE, streams(writer, text, layers - 1)
    assert torch.allclose(ours, its, rtol=1e-3, atol=1e-3 * float(its.abs().max()))


def test_the_prediction_is_the_weighted_sum_of_the_tokens_codes(writer, prm, text):
    layers, narrow = writer.config.num_hidden_layers, writer.config.hidden_size
    with torch.inference_mode():
        logits = writer(text).logits[0]
    codes = prm.model.embed_tokens.weight[:, -narrow // 2 :] / CODE_SCALE
    wanted = EXPECTATION_SCALE * (torch.nn.functional.silu(logits) * logits) @ codes
    found = streams(prm, text, layers)[:, narrow : narrow + narrow // 2]
    start = text.shape[1] // 2  # the first token has a small stream, of which the question's mark is a part
    assert torch.allclose(found[start:], wanted[start:], rtol=1e-2, atol=1e-2 * float(wanted.abs().max()))


def verdicts(prm, ids):
    return streams(prm, ids, prm.config.num_hidden_layers - 2)[1:, VERDICT_CHANNEL]


def test_the_verdict_is_the_cosine_of_prediction_and_token(writer, prm, text):
    layers, narrow = writer.config.num_hidden_layers, writer.config.hidden_size
    expected = streams(prm, text, layers)[:-1, narrow : narrow + narrow // 2]
    came = prm.model.embed_tokens.weight[text[0, 1:], -narrow // 2 :]
    wanted = FETCH_NORM * torch.nn.functional.cosine_similarity(expected, came / CODE_SCALE)
    start = text.shape[1] // 2  # in the question nothing is expected
    assert torch.allclose(verdicts(prm, text)[start:], wanted[start:], atol=0.05 * FETCH_NORM)


def test_a_predicted_token_has_a_higher_verdict_than_another(prm, text):
    start = text.shape[1] // 2
    wrong, rng = text.clone(), random.Random(0)
    places = rng.sample(range(start, text.shape[1]), 10)
    before = verdicts(prm, text)
    for place in places:
        wrong[0] = text[0]
        wrong[0, place] = rng.choice([t for t in text[0].tolist() if t != int(text[0, place])])
        after = verdicts(prm, wrong)
        assert after[place - 1] < before[place - 1]


def test_only_the_last_layer_and_the_head_are_trained(prm):
    trained = {name.split(".weight")[0] for name, p in prm.named_parameters() if p.requires_grad}
    last = prm.config.num_hidden_layers - 1
    assert all(name.startswith((f"model.layers.{last}.", "model.norm", "score")) for name in trained)
    moved = {id(p) for optim in optimizers(prm, TrainingSchedule(1)) for p in optim.param_groups[0]["params"]}
    assert moved == {id(p) for p in prm.parameters() if p.requires_grad}


def marks(prm, newline, text):
    """The marks of the question with its line break, and of the steps."""
    found, end = streams(prm, text, prm.config.num_hidden_layers - 2)[:, MARK_CHANNEL], text[0].tolist().index(newline)
    return found[: end + 1], found[end + 1 :]


def test_the_question_and_its_end_are_marked_and_nothing_else(prm, newline, text):
    question, steps = marks(prm, newline, text)
    assert float(question.min()) > 0.5e-7
    assert float(steps.abs().max()) < 0.02 * float(question.min())


def test_a_writer_with_more_heads_is_marked_too(newline, text):
    prm = new_prm(LlamaForCausalLM.from_pretrained(HOME / "teacher"), newline, seed=1).eval()
    question, steps = marks(prm, newline, text)
    assert float(steps.abs().max()) < 0.02 * float(question.min())


def test_the_end_of_text_shares_the_code_of_the_line_break(writer, prm, newline):
    codes = prm.model.embed_tokens.weight[:, writer.config.hidden_size :]
    assert torch.equal(codes[newline], codes[writer.config.eos_token_id])
    others = [i for i in range(len(codes)) if i not in (newline, writer.config.eos_token_id)]
    assert float((codes[others] @ codes[newline]).abs().max()) < 1e-6 * float(codes[newline].square().sum())


def test_a_solution_with_a_wrong_token_has_a_lower_least_verdict_from_there_on(prm, newline, text):
    last = prm.config.num_hidden_layers - 1
    least, start = streams(prm, text, last)[:, MIN_CHANNEL], text[0].tolist().index(newline)
    wrong, rng = text.clone(), random.Random(1)
    for place in rng.sample(range(start + 5, text.shape[1] - 5), 10):
        wrong[0] = text[0]
        wrong[0, place] = rng.choice([t for t in text[0].tolist() if t != int(text[0, place])])
        after = streams(prm, wrong, last)[:, MIN_CHANNEL]
        assert torch.allclose(after[start:place], least[start:place], atol=1e-4)
        assert float((least - after)[place]) > 0


def test_it_starts_from_a_model_of_any_size():
    tokenizer = build_tokenizer()
    small = new_prm(new_model(tokenizer, ModelSize(32, 1), seed=1), 4, seed=1)
    assert (small.config.hidden_size, small.config.num_hidden_layers) == (64, 4)
    assert torch.isfinite(small(torch.tensor([[2, 5, 6, 7]])).logits).all()


def test_the_shipped_models_are_small():
    assert sum(file.stat().st_size for name in EMBEDDED for file in (HOME / name).iterdir()) < 30_000_000
