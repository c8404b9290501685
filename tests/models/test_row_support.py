import json

import pytest
import torch
from safetensors.torch import save_file
from transformers import (
    BertConfig,
    BertLMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    Phi3ForTokenClassification,
    T5Config,
    T5ForConditionalGeneration,
)

from hintree.errors import CheckpointError, ContextError
from hintree.models import GenerationRequest, Prompt, load_model
from hintree.models.base import Piece
from hintree.models.local.classifier import LocalClassifier
from hintree.models.local.model import LocalModel
from hintree.models.local.row_support import RowMode
from hintree.models.local.text import encode
from tests.support.architectures import character_tokenizer, randomize, save_random
from tests.support.tiny_configs import VOCABULARY

SHAPE = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "eos_token_id": None,
    "bos_token_id": None,
    "pad_token_id": 0,
}
LONG = {"rope_type": "longrope", "short_factor": [1.0] * 4, "long_factor": [1.0, 3.0, 5.0, 9.0], "rope_theta": 1e4}
ORIGINAL = 64
"""Length in tokens after which the frequencies of the LongRoPE model change."""


def built(model):
    randomize(model)
    return model.to(torch.float64).eval()


@pytest.fixture(scope="module")
def long_model():
    torch.manual_seed(0)
    rope = LONG | {"original_max_position_embeddings": ORIGINAL, "factor": 4.0}
    config = Phi3Config(
        **SHAPE, max_position_embeddings=256, original_max_position_embeddings=ORIGINAL, rope_parameters=rope
    )
    return LocalModel("long", built(Phi3ForCausalLM(config)), character_tokenizer())


def greedy(local, prompt, tokens, *, cached):
    ids = torch.tensor([encode(local.tokenizer, prompt)])
    options = {"max_new_tokens": tokens, "do_sample": False, "pad_token_id": 0, "use_cache": cached}
    written = local.model.generate(ids, attention_mask=torch.ones_like(ids), **options)
    return local.tokenizer.decode(written[0, ids.shape[1] :])


@pytest.mark.parametrize("length", [10, 50, 61, 62, 63, 64, 65, 120])
def test_longrope_is_right_on_both_sides_of_the_original_context(long_model, length):
    prompt = Prompt("Q", ("Let x = 3. " * 20)[: length - 2])
    assert len(encode(long_model.tokenizer, prompt)) == length
    (done,) = long_model.generate([GenerationRequest(prompt, max_tokens=20)])
    assert done.text == greedy(long_model, prompt, 20, cached=False)


def test_longrope_texts_of_the_original_context_share_the_prefix_trie(long_model):
    long_model.forget()
    asked = [GenerationRequest(Prompt("Q", "A step."), seed=i, temperature=1.0, max_tokens=5) for i in range(4)]
    used = [one.usage for one in long_model.generate(asked)]
    assert max(one.forwarded_tokens for one in used[1:]) <= 4 < used[0].forwarded_tokens


def test_longrope_likelihoods_of_longer_texts_are_those_of_a_full_forward_pass(long_model):
    prompt, text = Prompt("Q", "Let x = 3. " * 6), " Then y = 5."
    (scored,) = long_model.loglikelihood([(prompt, text)])
    ids = torch.tensor([encode(long_model.tokenizer, Prompt("Q", prompt.assistant + text))])
    with torch.inference_mode():
        chances = long_model.model(ids).logits[0, :-1].softmax(-1).gather(1, ids[0, 1:, None])[-len(text) :, 0]
    assert len(ids[0]) > ORIGINAL > len(encode(long_model.tokenizer, Prompt("Q", "")))
    assert list(scored.probabilities) == pytest.approx(chances.tolist(), abs=1e-6)


def test_dynamic_ntk_is_right_up_to_the_context_and_refuses_longer_texts():
    torch.manual_seed(0)
    rope = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}
    config = LlamaConfig(**SHAPE, max_position_embeddings=64, rope_parameters=rope)
    local = LocalModel("dynamic", built(LlamaForCausalLM(config)), character_tokenizer())
    prompt = Prompt("Q", "Let x = 3. Then")
    (done,) = local.generate([GenerationRequest(prompt, max_tokens=80)])
    room = 64 - len(encode(local.tokenizer, prompt))
    assert (len(done.probabilities), done.ended) == (room, "length")
    assert done.text == greedy(local, prompt, room, cached=False)
    (refused,) = local.generate([GenerationRequest(Prompt("Q", "x" * 70))])
    assert isinstance(refused, ContextError)


def test_tokens_of_a_text_without_a_cache_are_counted_each_time_they_are_computed(tmp_path):
    save_random("openai-gpt", tmp_path)
    local = load_model(str(tmp_path))
    assert (local.adapter, local.row_mode) == (None, RowMode.WHOLE)
    seen = []
    local.model.register_forward_pre_hook(
        lambda _, args, kwargs: seen.append(int(kwargs["input_ids"].numel())), with_kwargs=True
    )
    asked = [
        GenerationRequest(Prompt("Q", text), seed=i, temperature=1.0, max_tokens=5) for i, text in enumerate("aab")
    ]
    done = local.generate(asked)
    assert sum(one.usage.forwarded_tokens for one in done) == sum(seen) > 3 * 5 * 3


def test_an_encoder_is_refused(tmp_path):
    values = {k: v for k, v in SHAPE.items() if k != "num_key_value_heads"}
    built(BertLMHeadModel(BertConfig(**values))).save_pretrained(tmp_path)
    character_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match=r"not causal.*is_decoder"):
        load_model(str(tmp_path))


def test_a_model_with_an_encoder_and_a_decoder_is_refused(tmp_path):
    config = T5Config(vocab_size=VOCABULARY, d_model=32, d_kv=8, d_ff=48, num_layers=1, num_heads=4)
    T5ForConditionalGeneration(config).save_pretrained(tmp_path)
    character_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="'t5' is not among the text-generation models"):
        load_model(str(tmp_path))


def test_a_type_that_transformers_does_not_know_is_refused(tmp_path):
    character_tokenizer().save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "of-tomorrow"}))
    save_file({"weight": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match="of-tomorrow"):
        load_model(str(tmp_path))


def test_a_longrope_classifier_reads_longer_texts_as_if_each_were_alone():
    torch.manual_seed(0)
    rope = LONG | {"original_max_position_embeddings": ORIGINAL, "factor": 4.0}
    shape = SHAPE | {"max_position_embeddings": 256, "original_max_position_embeddings": ORIGINAL}
    model = built(Phi3ForTokenClassification(Phi3Config(**shape, rope_parameters=rope, num_labels=2)))
    scorer = LocalClassifier("long", model, character_tokenizer())
    texts = [[Piece("Q" * n, mark=True)] for n in (20, 60, 90, 100)]
    together = [one.probabilities[0] for one in scorer.classify(texts)]
    for n, found in zip((20, 60, 90, 100), together, strict=True):
        ids = torch.tensor([character_tokenizer().encode("Q" * n)])
        with torch.inference_mode():
            assert found == pytest.approx(float(model(ids).logits[0, -1].softmax(-1)[1]), abs=1e-6)
