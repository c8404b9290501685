import json

import pytest
import torch

from hintree.training.shipped.initialisation import ModelSize, new_model, widen
from hintree.training.shipped.vocabulary import build_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer()


def tiny(tokenizer, seed=1):
    return new_model(tokenizer, ModelSize(32, 1), seed=seed)


def test_a_widened_model_computes_the_same_logits_for_its_old_words(tokenizer, tmp_path):
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    old = tiny(tokenizer, seed=3)
    words = json.loads(tokenizer.backend_tokenizer.to_str())
    vocab = words["model"]["vocab"]
    words["model"]["vocab"] = {token: i for i, token in enumerate(t for t in vocab if t not in ("miles", "199"))}
    smaller = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(words)), pad_token="<pad>")
    order = [vocab[token] for token in words["model"]["vocab"]]
    old.resize_token_embeddings(len(order))
    with torch.no_grad():
        before = tiny(tokenizer, seed=3).model.embed_tokens.weight[order]
        old.model.embed_tokens.weight.copy_(before)
    old.save_pretrained(tmp_path)
    smaller.save_pretrained(tmp_path)

    new = widen(tmp_path, tokenizer, seed=9)

    text = "(1) Ana has 12 pens."
    narrow = old(torch.tensor([smaller.encode(text)])).logits[0]
    wide = new(torch.tensor([tokenizer.encode(text)])).logits[0]
    assert torch.allclose(narrow, wide[:, order], atol=1e-5)
    assert new.config.vocab_size == len(tokenizer)
