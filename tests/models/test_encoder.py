"""Embedding models and cross-encoders against their formulas, on tiny checkpoints."""

import json

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, BertModel

from hintree.errors import CheckpointError, RetrieverError
from hintree.models.local.encoder import CrossEncoder, TextEncoder
from hintree.retrieval import LookUp, PassageSource, Reranked, build_index, open_retriever
from hintree.search import Passage, Problem, RetrievalRequest, Tree, Usage
from hintree.search.actions import ACTIONS
from tests.support.checkpoints import byte_tokenizer

TEXTS = ["Ana has 4 pens.", "A dozen is 12.", "<|im_end|>"]


def save(folder, kind=BertModel, seed=0, **more):
    tokenizer = byte_tokenizer(None)
    torch.manual_seed(seed)
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    model = kind(BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **shape, **more))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def states(folder, text):
    ids = byte_tokenizer(None).encode(text, add_special_tokens=False, split_special_tokens=True)
    with torch.inference_mode():
        return BertModel.from_pretrained(folder).eval()(torch.tensor([ids])).last_hidden_state[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save(tmp_path_factory.mktemp("encoder"))


def test_vectors_are_the_mean_of_the_states_and_have_length_one(folder):
    encoder = TextEncoder(str(folder))
    found = encoder.embed(TEXTS, "passage")
    expected = torch.stack([torch.nn.functional.normalize(states(folder, t).mean(0), dim=-1) for t in TEXTS])
    assert found.shape == (3, 32) and np.allclose(found, expected.numpy(), atol=1e-5)
    assert encoder.count_tokens("A dozen") == 7 and encoder.embed(["x" * 500], "query").shape == (1, 32)


def test_pooling_and_prompts_are_those_of_the_folder(folder, tmp_path):
    save(tmp_path)
    (tmp_path / "1_Pooling").mkdir()
    pooling = tmp_path / "1_Pooling" / "config.json"
    pooling.write_text(json.dumps({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}))
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps({"prompts": {"query": "Q: ", "x": 1}}))
    encoder = TextEncoder(str(tmp_path))
    expected = torch.nn.functional.normalize(states(tmp_path, "Q: pens")[0], dim=-1)
    assert np.allclose(encoder.embed(["pens"], "query")[0], expected.numpy(), atol=1e-5)
    pooling.write_text(json.dumps({"pooling_mode_max_tokens": True}))
    with pytest.raises(CheckpointError, match="pooling_mode_max_tokens is not one of"):
        TextEncoder(str(tmp_path))
    pooling.write_text("[")
    with pytest.raises(CheckpointError, match="cannot be read as JSON"):
        TextEncoder(str(tmp_path))


def test_no_file_of_an_embedding_model_is_read_outside_its_folder(tmp_path):
    model, outside = save(tmp_path / "model"), tmp_path / "outside"
    outside.mkdir()
    for name, content in (("config.json", {"pooling_mode_cls_token": True}), ("modules.json", [{"path": "2_Dense"}])):
        (outside / name).write_text(json.dumps(content))
    linked = {
        "1_Pooling/config.json": outside / "config.json",
        "1_Pooling": outside,
        "config_sentence_transformers.json": outside / "config.json",
        "modules.json": outside / "modules.json",
    }
    for name, target in linked.items():
        (model / name).parent.mkdir(exist_ok=True)
        (model / name).symlink_to(target)
        with pytest.raises(CheckpointError, match="is a link to a file outside the folder"):
            TextEncoder(str(model))
        (model / name).unlink()
        if name.endswith("/config.json"):
            (model / name).parent.rmdir()
    (model / "modules.json").write_text(json.dumps([{"path": ""}, {"path": "2_Dense"}]))
    (model / "2_Dense").symlink_to(outside)
    with pytest.raises(CheckpointError, match="is a link to a file outside the folder"):
        TextEncoder(str(model))
    for content, word in (
        ([{"path": "../outside"}], "names a folder elsewhere"),
        ({"path": 1}, "is no list of modules"),
    ):
        (model / "modules.json").write_text(json.dumps(content))
        with pytest.raises(CheckpointError, match=word):
            TextEncoder(str(model))


def test_a_text_at_which_the_tokenizer_fails_is_an_error_that_names_the_model(tmp_path):
    file = save(tmp_path) / "tokenizer.json"
    tokenizer = json.loads(file.read_text())
    split = {"type": "Split", "pattern": {"Regex": r"(?:x+x+)+y"}, "behavior": "Isolated", "invert": False}
    tokenizer["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split, tokenizer["pre_tokenizer"]]}
    file.write_text(json.dumps(tokenizer))
    encoder = TextEncoder(str(tmp_path))
    with pytest.raises(CheckpointError, match=f"{tmp_path}: the tokenizer fails at a text: .*; change the text"):
        encoder.embed(["x" * 60], "query")


def test_a_dense_index_ranks_by_cosine_and_knows_its_model(folder, tmp_path):
    rows = "".join(json.dumps({"id": f"f{i}", "text": text}) + "\n" for i, text in enumerate(TEXTS))
    (tmp_path / "rows.jsonl").write_text(rows)
    model = tmp_path / "model"
    save(model)
    manifest = build_index(PassageSource(tmp_path / "rows.jsonl"), tmp_path / "index", dense=str(model), progress=False)
    assert manifest["kind"] == "dense" and manifest["model"] == str(model)
    retriever = open_retriever(str(tmp_path / "index"))
    [found] = retriever.search(["A dozen is 12."], 2)
    cosines = TextEncoder(str(folder)).embed(TEXTS, "passage") @ TextEncoder(str(folder)).embed(TEXTS[1:2], "query")[0]
    assert [one.id for one in found] == [f"f{i}" for i in np.argsort(-cosines)[:2]] and found[0].id == "f1"
    assert found[0].score == pytest.approx(1.0, abs=1e-3) and found[1].score == pytest.approx(
        sorted(cosines)[1], abs=1e-3
    )
    assert retriever.count_tokens("pens") == 4 and retriever.parameters > 1000
    save(model, seed=1)
    with pytest.raises(RetrieverError, match="was made by another model"):
        open_retriever(str(tmp_path / "index"))
    (tmp_path / "index" / "vectors.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(RetrieverError, match="vectors cannot be read"):
        open_retriever(str(tmp_path / "index"))


class Fixed:
    def search(self, queries, k):
        return [[Passage(f"p{i}", text, -i) for i, text in enumerate(TEXTS)][:k] for _ in queries]


def test_a_cross_encoder_ranks_the_passages_of_a_retriever_again(tmp_path):
    save(tmp_path, BertForSequenceClassification, num_labels=1)
    encoder = CrossEncoder(str(tmp_path))
    model = BertForSequenceClassification.from_pretrained(tmp_path).eval()
    tokenizer = byte_tokenizer(None)
    expected, read = [], 0
    for text in TEXTS:
        ids = tokenizer("pens?", text, split_special_tokens=True)["input_ids"]
        read += len(ids)
        with torch.inference_mode():
            expected.append(float(model(torch.tensor([ids])).logits[0, 0]))
    assert encoder.score("pens?", TEXTS) == pytest.approx(expected, abs=1e-5) and encoder.score("pens?", []) == []
    [ranked] = Reranked(Fixed(), encoder.score).search(["pens?"], 2)
    order = sorted(range(3), key=lambda i: -expected[i])[:2]
    assert [one.id for one in ranked] == [f"p{i}" for i in order]
    assert [one.score for one in ranked] == pytest.approx([expected[i] for i in order], abs=1e-5)
    tree, own = Tree(Problem("pens?")), Reranked(Fixed(), encoder)
    [found] = LookUp(own)([RetrievalRequest(tree, tree.root, action=ACTIONS["look_up_steps"])])
    assert found.usage == Usage(1, read, read, 0) and own.parameters == sum(p.numel() for p in model.parameters())
    embedded = Fixed()
    embedded.count_tokens, embedded.parameters = len, 10**9
    [more] = LookUp(Reranked(embedded, encoder))([RetrievalRequest(tree, tree.root, action=ACTIONS["look_up_steps"])])
    assert more.usage.prompt_tokens == read + len("pens?") and Reranked(embedded, encoder).parameters == 10**9


def test_a_reranker_with_other_scores_is_refused(tmp_path):
    for scores in ([1.0], [float("nan")] * 3):
        with pytest.raises(RetrieverError, match=f"gave {len(scores)} scores for 3 passages"):
            Reranked(Fixed(), lambda query, texts, scores=scores: scores).search(["q"], 3)
    save(tmp_path, BertForSequenceClassification, num_labels=3)
    with pytest.raises(CheckpointError, match="has 3 labels"):
        CrossEncoder(str(tmp_path))
