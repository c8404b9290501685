"""Folders of models from strangers: what is checked before a library opens them; hostile ones are in tests/security."""

import json
import shutil

import huggingface_hub
import pytest
from tokenizers import Regex, pre_tokenizers

from hintree.errors import CheckpointError
from hintree.models import load_model
from hintree.models.local.text import raw
from hintree.models.local.tokenizer_check import refusal
from tests.support.checkpoints import byte_tokenizer


@pytest.fixture
def folder(chat_model, tmp_path):
    return shutil.copytree(chat_model, tmp_path / "model")


def test_a_model_of_the_hub_loads_by_the_links_of_its_cache_and_by_no_other(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    stored = tmp_path / "cache" / "models--owner--name"
    snapshot = stored / "snapshots" / ("0" * 40)
    for place in (stored / "refs", stored / "blobs", snapshot):
        place.mkdir(parents=True)
    (stored / "refs" / "main").write_text("0" * 40)
    for i, file in enumerate(sorted(folder.iterdir())):
        shutil.copy(file, stored / "blobs" / str(i))
        (snapshot / file.name).symlink_to(f"../../blobs/{i}")
    assert load_model("owner/name").parameters == load_model(str(folder)).parameters
    (snapshot / "generation_config.json").unlink()
    (snapshot / "generation_config.json").symlink_to(folder / "generation_config.json")
    for name in ("owner/name", str(snapshot)):
        with pytest.raises(CheckpointError, match=r"generation_config\.json is a link to a file outside the folder"):
            load_model(name)


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("num_hidden_layers", 3000, "describes a larger model than its weights"),
        ("num_hidden_layers", 10**12, "num_hidden_layers=1000000000000, more than any model has"),
        ("intermediate_size", 10**9, "describes a larger model than its weights"),
        ("attn_implementation", "someone/kernel", "names code on the hub"),
    ],
)
def test_a_model_is_built_only_as_large_as_its_weights(key, value, word, folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "layer_types": None, key: value}))
    with pytest.raises(CheckpointError, match=word):
        load_model(str(folder))


def test_a_tokenizer_is_tried_once_for_all_roles_that_name_it(folder):
    refusal.cache_clear()
    for _ in range(2):
        load_model(str(folder))
    assert refusal.cache_info()[:2] == (1, 1)


def test_a_panic_of_the_tokenizer_is_an_error_of_its_model():
    tokenizer = byte_tokenizer()
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("(a|aa)+$b"), "isolated")
    with pytest.raises(CheckpointError, match=r"the tokenizer fails at a text: .*retry-limit-in-match"):
        raw(tokenizer, "a" * 3000)
