"""Hidden states at the ends of texts: kept as these are generated, and equal to those of full passes."""

from dataclasses import replace

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from hintree.errors import ContextError, UsageError
from hintree.models import GenerationRequest, Prompt, Span, load_model
from hintree.models.hidden_states import SupportsHiddenStates, TextEnd
from hintree.models.local.model import LocalModel
from hintree.models.local.text import encode

PROMPT = Prompt("What is 3 + 4?", "It is")
REQUESTS = [GenerationRequest(PROMPT, i, 1.0, max_tokens=40, stop=("a",)) for i in range(6)]


@pytest.fixture(scope="module")
def unfused(chat_model):
    """Two layers of a class that does not run in fused operators, with the tokenizer of the chat model."""
    stock = load_model(str(chat_model))
    torch.manual_seed(1)
    size = {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2}
    config = Qwen2Config(vocab_size=len(stock.tokenizer), num_hidden_layers=2, max_position_embeddings=512, **size)
    return Qwen2ForCausalLM(config), stock.tokenizer


def ends_of(model):
    """Generate texts, and return their ends: the places that their last tokens were sampled at."""
    done = model.generate(REQUESTS)
    spans = [Span(one.text + one.stopped_by, one.token_ids, one.tokenizer) for one in done]
    return [TextEnd(PROMPT.extended(span), 1) for span in spans if span.token_ids]


def in_full(model, ends, layer):
    found = []
    for end in ends:
        ids = encode(model.tokenizer, end.prompt)
        ids = torch.tensor([ids[: len(ids) - end.back]])
        with torch.inference_mode():
            found.append(model.model.base_model(input_ids=ids, output_hidden_states=True).hidden_states[layer][0, -1])
    return torch.stack(found)


def vectors(states):
    return torch.stack([state.vector for state in states])


@pytest.mark.parametrize("layer", [1, 2])
def test_a_state_is_kept_where_a_text_was_generated_and_computed_where_it_was_not(unfused, layer):
    model = LocalModel("unfused", *unfused)
    assert isinstance(model, SupportsHiddenStates) and model.keep_states(layer) == layer
    texts = model.generate(REQUESTS)
    ends = ends_of(model)
    assert len(ends) > 3
    before = model.usage
    kept = model.hidden_states(ends, layer)
    assert [state.usage for state in kept] == [(1, 0, 0, 0)] * len(ends)
    assert model.usage == before._replace(calls=before.calls + len(ends))
    torch.testing.assert_close(vectors(kept), in_full(model, ends, layer), atol=1e-4, rtol=1e-4)
    model.forget()
    computed = model.hidden_states(ends, layer)
    assert computed[0].usage.forwarded_tokens == computed[0].usage.prompt_tokens > 0
    torch.testing.assert_close(vectors(computed), vectors(kept), atol=1e-4, rtol=1e-4)
    assert sum(state.usage.forwarded_tokens for state in model.hidden_states(ends, layer)) == 0
    model.cache.check_integrity()
    plain = LocalModel("unfused", *unfused).generate(REQUESTS)
    assert [one.text for one in plain] == [one.text for one in texts]


def test_two_layers_are_kept_side_by_side(unfused):
    model = LocalModel("unfused", *unfused)
    model.keep_states()
    model.keep_states(1)
    ends = ends_of(model)
    for layer in (1, 2):
        states = model.hidden_states(ends, layer)
        assert sum(state.usage.forwarded_tokens for state in states) == 0
        torch.testing.assert_close(vectors(states), in_full(model, ends, layer), atol=1e-4, rtol=1e-4)


def test_evicted_states_are_computed_again(unfused):
    model = LocalModel("small cache", *unfused, cache_bytes=20_000)
    model.keep_states()
    ends = ends_of(model)
    for i in range(3):
        model.generate([replace(REQUESTS[0], prompt=Prompt(f"{i}" * 40), stop=())])
        model.cache.check_integrity()
    states = model.hidden_states(ends)
    assert sum(state.usage.forwarded_tokens for state in states) > 0
    torch.testing.assert_close(vectors(states), in_full(model, ends, 2), atol=1e-4, rtol=1e-4)
    assert model.cache.bytes <= 20_000


def test_a_model_in_rows_computes_its_states(unfused):
    model = LocalModel("rows", *unfused, tree=False)
    ends = ends_of(model)
    for layer in (1, 2):
        states = model.hidden_states(ends, layer)
        assert all(state.usage.forwarded_tokens for state in states)
        torch.testing.assert_close(vectors(states), in_full(model, ends, layer), atol=1e-4, rtol=1e-4)


def test_what_cannot_be_read_is_refused_and_fails_alone(unfused):
    model = LocalModel("unfused", *unfused)
    with pytest.raises(UsageError, match="layer 3: unfused has layers 1 to 2"):
        model.keep_states(3)
    long, short = model.hidden_states([TextEnd(Prompt("a" * 600)), TextEnd(Prompt("b"))])
    assert isinstance(long, ContextError) and short.vector.shape == (32,)
    fused = load_model("embedded:student")
    last = fused.keep_states()
    with pytest.raises(UsageError, match=f"runs in fused operators.*last layer, {last}"):
        fused.keep_states(1)
