import json
import pickle
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from hintree.errors import CheckpointError, UnknownModelError, UsageError
from hintree.models import GenerationRequest, Prompt, load_classifier, load_model
from hintree.models.local.folder import HOME
from hintree.models.local.load import EMBEDDED
from hintree.models.local.manifest import check_manifest, write_manifest

WEIGHTS = "model.safetensors"


@pytest.fixture
def folder(chat_model, tmp_path):
    return shutil.copytree(chat_model, tmp_path / "model")


def refuse(folder, *words, kind=CheckpointError):
    with pytest.raises(kind) as caught:
        load_model(str(folder))
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_truncated_checkpoint_is_refused(folder):
    data = (folder / WEIGHTS).read_bytes()
    for size in (0, 7, len(data) // 2, len(data) - 1):
        (folder / WEIGHTS).write_bytes(data[:size])
        refuse(folder, "damaged")


def test_a_flipped_bit_is_found_by_the_manifest(folder):
    write_manifest(folder)
    load_model(str(folder))
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[-100] ^= 1
    (folder / WEIGHTS).write_bytes(data)
    refuse(folder, WEIGHTS, "SHA256SUMS")


def test_pickled_weights_are_refused_and_not_run(folder, tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "pwned"), "w"))

    (folder / WEIGHTS).unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Trap()))
    refuse(folder, "safetensors", "refused")
    assert not (tmp_path / "pwned").exists()


def test_missing_and_unexpected_tensors_are_errors(folder):
    tensors = load_file(folder / WEIGHTS)
    name = "model.layers.0.mlp.up_proj.weight"
    save_file({k: v for k, v in tensors.items() if k != name}, folder / WEIGHTS, {"format": "pt"})
    refuse(folder, "missing keys", name)
    save_file({**tensors, "extra.weight": torch.zeros(1)}, folder / WEIGHTS, {"format": "pt"})
    refuse(folder, "unexpected keys", "extra.weight")


def test_weights_of_another_shape_are_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "intermediate_size": 65}))
    refuse(folder, "damaged or not a model of this kind")


def test_nan_weights_are_refused(folder):
    tensors = load_file(folder / WEIGHTS)
    tensors["model.norm.weight"][0] = float("nan")
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})
    refuse(folder, "NaN")


def test_remote_code_never_runs(folder, tmp_path):
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoConfig": "trap.Config", "AutoModelForCausalLM": "trap.Model"}
    config["model_type"] = "trap"
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "trap.py").write_text(f"open({str(tmp_path / 'pwned')!r}, 'w')\n")
    refuse(folder, "model")
    assert not (tmp_path / "pwned").exists()


def test_names_that_are_no_model(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("nosuch", "embedded:nosuch", "../a/b/c", "", "a b/c", "\x00", "x/y\n"):
        refuse(name, "embedded:", kind=UnknownModelError)
    refuse(tmp_path, "config.json", kind=UnknownModelError)


def test_a_language_model_is_no_prm(chat_model):
    with pytest.raises(CheckpointError, match="missing keys"):
        load_classifier(str(chat_model))


def test_every_shipped_model_matches_its_manifest_and_all_are_small():
    for name in EMBEDDED:
        check_manifest(HOME / name, name, required=True)
        listed = {line.split("  ")[1] for line in (HOME / name / "SHA256SUMS").read_text().splitlines()}
        assert {"model.safetensors", "config.json", "tokenizer.json", "README.md"} <= listed
    assert sum(f.stat().st_size for f in HOME.rglob("*") if f.is_file()) < 30e6


def test_a_shipped_model_without_its_manifest_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="install the package again"):
        check_manifest(tmp_path, "embedded:student", required=True)


def test_the_shipped_tokenizer_survives_every_way_of_loading_it():
    text = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?\nHint: use (2)"
    for name in EMBEDDED:
        tokenizer = AutoTokenizer.from_pretrained(HOME / name)
        assert tokenizer.decode(tokenizer.encode(text), skip_special_tokens=True) == text
        assert tokenizer.encode(text) == PreTrainedTokenizerFast.from_pretrained(HOME / name).encode(text)
        assert tokenizer.unk_token_id not in tokenizer.encode(text)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_a_model_runs_in_the_number_format_that_was_asked_for(chat_model, dtype):
    model = load_model(str(chat_model), dtype=dtype)
    assert model.model.dtype == getattr(torch, dtype)
    done = model.generate([GenerationRequest(Prompt("Q?"), max_tokens=4)])[0]
    assert len(done.probabilities) == 4


def test_an_unknown_number_format_is_refused(chat_model):
    with pytest.raises(UsageError, match="'int3' is not one of auto, float64, float32, bfloat16, float16, int8"):
        load_model(str(chat_model), dtype="int3")
