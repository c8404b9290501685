import logging

import pytest
import torch
from transformers import AddedToken, Qwen2Config, Qwen2ForCausalLM

from hintree.models import GenerationRequest, Prompt
from hintree.models.local.ends import end_tokens, turn_end
from hintree.models.local.model import LocalModel
from tests.support.architectures import character_tokenizer

TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|end|>", "<|return|>", "<tool>")
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEMPLATES = {
    "ChatML": (CHATML, "<|im_end|>"),
    "blanks before it": (CHATML.replace("<|im_end|>", "\n<|im_end|>"), "<|im_end|>"),
    "the eos token": (CHATML.replace("<|im_end|>", "{{ eos_token }}"), "<|endoftext|>"),
    "no end": (CHATML.replace("<|im_end|>", ""), None),
    "an end in words": (CHATML.replace("<|im_end|>", " (end)"), None),
    "harmony, a turn of the past": (CHATML.replace("<|im_end|>", "<|end|>") + "{# <|channel|>analysis #}", None),
    "harmony": (CHATML.replace("<|im_end|>", "<|return|>") + "{# <|channel|>analysis #}", "<|return|>"),
    "refuses": ("{{ raise_exception('no') }}", None),
}


@pytest.fixture
def tokenizer():
    made = character_tokenizer()
    made.add_tokens([AddedToken(token, special=token != "<tool>") for token in TOKENS])
    made.eos_token = "<|endoftext|>"
    return made


def model_of(tokenizer, **generation):
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        bos_token_id=None,
        eos_token_id=None,
    )
    model = Qwen2ForCausalLM(config)
    model.generation_config.update(**generation)
    return model


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_control_token_after_an_assistants_turn_ends_a_text(tokenizer, name):
    tokenizer.chat_template, token = TEMPLATES[name]
    assert turn_end(tokenizer) == (None if token is None else tokenizer.convert_tokens_to_ids(token))


def test_a_turn_ends_a_text_though_it_is_not_the_eos_token(tokenizer):
    tokenizer.chat_template = CHATML
    model = model_of(tokenizer)
    with torch.no_grad():  # the model writes nothing but ends of turns
        model.lm_head.weight.zero_()
        model.lm_head.bias = torch.nn.Parameter(torch.zeros(len(tokenizer)))
        model.lm_head.bias[tokenizer.convert_tokens_to_ids("<|im_end|>")] = 9.0
    (done,) = LocalModel("chat", model, tokenizer).generate([GenerationRequest(Prompt("Q"), max_tokens=5)])
    assert (done.text, done.ended, len(done.probabilities)) == ("", "end", 1)


def test_all_listed_ends_count(tokenizer):
    tokenizer.chat_template = None
    ids = tokenizer.convert_tokens_to_ids(list(TOKENS))
    assert end_tokens(model_of(tokenizer), tokenizer) == {ids[0]}
    assert end_tokens(model_of(tokenizer, eos_token_id=[ids[2], ids[3]]), tokenizer) == {ids[0], ids[2], ids[3]}
    model = model_of(tokenizer, eos_token_id=ids[2])
    model.config.eos_token_id = [ids[3], 5]  # 5 is a character: the default of a class that the checkpoint never set
    assert end_tokens(model, tokenizer) == {ids[0], ids[2], ids[3]}


def test_a_tokenizer_without_a_pad_token_generates_texts_of_different_lengths(tokenizer):
    tokenizer.pad_token = None
    model = LocalModel("no pad", model_of(tokenizer), tokenizer, tree=False)
    asked = [GenerationRequest(Prompt("Q" * n), max_tokens=4) for n in (1, 5, 9)]
    assert [one.text for one in model.generate(asked)] == [model.generate([one])[0].text for one in asked]


def test_settings_that_are_not_applied_are_named_once(tokenizer, caplog):
    settings = {"repetition_penalty": 1.1, "no_repeat_ngram_size": 3, "guidance_scale": 1.0, "suppress_tokens": []}
    with caplog.at_level(logging.WARNING, logger="hintree.models.local.ends"):
        model = LocalModel("strict", model_of(tokenizer, **settings), tokenizer)
        model.generate([GenerationRequest(Prompt("Q"), max_tokens=2)])
    assert {setting.name: setting.value for setting in model.ignored_settings} == {
        "repetition_penalty": 1.1,
        "no_repeat_ngram_size": 3,
    }
    assert [record.getMessage() for record in caplog.records] == [
        "model strict: not applied from its generation_config.json: repetition_penalty 1.1, no_repeat_ngram_size 3"
    ]


def test_a_model_without_penalties_logs_nothing(tokenizer, caplog):
    with caplog.at_level(logging.WARNING, logger="hintree.models.local.ends"):
        assert LocalModel("plain", model_of(tokenizer), tokenizer).ignored_settings == ()
    assert not caplog.records
