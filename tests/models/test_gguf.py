import hashlib
import shutil

import gguf
import huggingface_hub
import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType

import hintree
from hintree.errors import CheckpointError, UnknownModelError, UsageError
from hintree.models import Completion, GenerationRequest, Head, Piece, Prompt, load_classifier, load_model
from hintree.models.local import gguf as loader
from hintree.models.local.gguf_config import ARCHITECTURES
from hintree.models.local.pre_tokenizers import PRE_TOKENIZERS
from hintree.solver import Solver
from tests.support.tiny_gguf import KINDS, byte_vocabulary, tiny_model, write_gguf

IDS = torch.tensor([[5, 60, 7, 80, 9, 100, 11, 120, 13, 140]])


@pytest.fixture
def file(tmp_path):
    write_gguf(tmp_path / "tiny.gguf")
    return tmp_path / "tiny.gguf"


def refuse(file, *words, kind=CheckpointError):
    with pytest.raises(kind) as caught:
        load_model(str(file))
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "\n" not in str(caught.value)


def logits(model, ids=IDS):
    with torch.inference_mode():
        return model(ids).logits


def test_every_architecture_is_written_by_the_tests():
    assert sorted(KINDS) == sorted(ARCHITECTURES)


@pytest.mark.parametrize("architecture", KINDS)
def test_a_file_computes_what_the_model_that_was_written_computes(architecture, tmp_path):
    written = write_gguf(tmp_path / "m.gguf", architecture)
    read = load_model(str(tmp_path / "m.gguf"), device="cpu").model
    long = torch.randint(3, 250, (1, 60), generator=torch.Generator().manual_seed(0))
    assert torch.equal(logits(read), logits(written))
    assert torch.equal(logits(read, long), logits(written, long))


@pytest.mark.parametrize("kind", ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"])
def test_quantized_weights_are_those_of_the_reference_dequantization(kind, tmp_path):
    kind = GGMLQuantizationType[kind]
    written = write_gguf(tmp_path / "m.gguf", kind=kind).state_dict()
    read = load_model(str(tmp_path / "m.gguf"), device="cpu").model.state_dict()
    name = "model.layers.3.mlp.down_proj.weight"
    want = gguf.dequantize(gguf.quantize(written[name].numpy(), kind), kind)
    assert torch.equal(read[name], torch.from_numpy(want))
    assert not torch.equal(read[name], written[name])
    assert torch.equal(read["model.norm.weight"], written["model.norm.weight"])


@pytest.mark.parametrize(("factor", "pieces"), [("linear", {}), ("yarn", {"original_max_position_embeddings": 64})])
def test_scaled_positions(factor, pieces, tmp_path):
    rope = {"rope_type": factor, "rope_theta": 10000.0, "factor": 4.0} | pieces
    keys = {"qwen2.rope.scaling.type": factor, "qwen2.rope.scaling.factor": 4.0}
    keys |= {"qwen2.rope.scaling.original_context_length": 64} if pieces else {}
    written = write_gguf(tmp_path / "m.gguf", model=tiny_model("qwen2", rope_parameters=rope), metadata=keys)
    assert torch.equal(logits(load_model(str(tmp_path / "m.gguf"), device="cpu").model), logits(written))


def test_divisors_of_rotary_frequencies_are_those_of_llama_3(tmp_path):
    rope = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0}
    rope |= {"high_freq_factor": 4.0, "original_max_position_embeddings": 64}
    model = tiny_model("llama", rope_parameters=rope)
    factors = (10000.0 ** -(torch.arange(0, 16, 2) / 16) / model.model.rotary_emb.inv_freq).numpy()
    written = write_gguf(tmp_path / "m.gguf", "llama", model, tensors={"rope_freqs.weight": factors})
    assert factors.max() == pytest.approx(8)
    assert torch.allclose(logits(load_model(str(tmp_path / "m.gguf"), device="cpu").model), logits(written), atol=1e-4)
    write_gguf(tmp_path / "n.gguf", "llama", model, tensors={"rope_freqs.weight": factors[:3]})
    refuse(tmp_path / "n.gguf", "rope_freqs.weight", "heads of 16")


def test_the_tokenizer_is_the_files_own(file):
    (file.parent / "tokenizer.json").write_text("not read")
    (file.parent / "config.json").write_text("not read")
    tokenizer = load_model(str(file), device="cpu").tokenizer
    words = byte_vocabulary()
    text = "  the\n\n12 é 🙂<|im_end|>"
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert [words[i] for i in ids[:5]] == ["Ġ", "Ġthe", "ĊĊ", "1", "2"]
    assert words[ids[-1]] == "<|im_end|>" and tokenizer.decode(ids) == text
    split = tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
    assert words.index("<|im_end|>") not in split and tokenizer.decode(split) == text
    assert (tokenizer.eos_token, tokenizer.bos_token, tokenizer.pad_token) == ("<|im_end|>", None, "<|endoftext|>")
    turn = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hi"}], tokenize=False, add_generation_prompt=True
    )
    assert turn == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


def test_digits_are_cut_as_the_pre_tokenizer_says(tmp_path):
    lengths = {}
    for name, pre in {"gpt-2": "gpt-2", "smollm": "smollm", "llama-bpe": "llama-bpe"}.items():
        write_gguf(tmp_path / f"{name}.gguf", metadata={"tokenizer.ggml.pre": pre})
        tokenizer = load_model(str(tmp_path / f"{name}.gguf"), device="cpu").tokenizer
        lengths[name] = len(tokenizer.encode("1212", add_special_tokens=False))
    assert lengths == {"gpt-2": 2, "smollm": 4, "llama-bpe": 3}
    assert {"qwen2", "tekken", "gpt-4o"} < set(PRE_TOKENIZERS)


def test_texts_begin_with_bos_if_the_file_or_its_template_says_so(tmp_path):
    for i, (keys, want) in enumerate(
        [
            ({"tokenizer.ggml.add_bos_token": True}, "<|endoftext|>"),
            ({"tokenizer.ggml.add_bos_token": None}, None),
            ({"tokenizer.ggml.add_bos_token": None, "tokenizer.ggml.pre": "llama-bpe"}, "<|endoftext|>"),
            ({"tokenizer.chat_template": "{{ bos_token }}{{ messages[0]['content'] }}"}, "<|endoftext|>"),
        ]
    ):
        write_gguf(tmp_path / f"{i}.gguf", metadata=keys)
        assert load_model(str(tmp_path / f"{i}.gguf"), device="cpu").tokenizer.bos_token == want


@pytest.mark.parametrize("named", [{}, {"tokenizer.ggml.eot_token_id": byte_vocabulary().index("<|endoftext|>") + 1}])
def test_ends_are_the_named_tokens_and_control_tokens_that_end_texts_in_every_model(named, tmp_path):
    write_gguf(tmp_path / "m.gguf", metadata=named)  # it names <|im_end|> alone
    ends = [byte_vocabulary().index("<|im_end|>"), *named.values(), byte_vocabulary().index("<|endoftext|>")]
    assert load_model(str(tmp_path / "m.gguf"), device="cpu").model.generation_config.eos_token_id == ends


def test_sentencepiece_merges_by_score_and_falls_back_to_bytes(tmp_path):
    words = ["<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256)), *"abc", "▁", "ab", "bc", "▁ab"]
    model = tiny_model("llama", vocab_size=len(words))
    kinds = [2, 3, 3, *[6] * 256, *[1] * (len(words) - 259)]
    keys = {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": words,
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.scores": [0.0] * 259 + [-9.0] * 4 + [-2.0, -1.0, -3.0],
        "tokenizer.ggml.merges": None,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.padding_token_id": None,
        "tokenizer.ggml.add_bos_token": None,
    }
    write_gguf(tmp_path / "m.gguf", "llama", model, template=None, metadata=keys)
    tokenizer = load_model(str(tmp_path / "m.gguf"), device="cpu").tokenizer
    spelled = tokenizer.convert_ids_to_tokens(tokenizer.encode("abc ab é", add_special_tokens=False))
    assert spelled == ["▁", "a", "bc", "▁ab", "▁", "<0xC3>", "<0xA9>"]
    assert tokenizer.decode(tokenizer.encode("abc ab é", add_special_tokens=False)) == "abc ab é"
    assert (tokenizer.bos_token, tokenizer.chat_template) == ("<s>", None)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"general.architecture": "qwen3next"}, ["'qwen3next'", "qwen2, qwen3", "llama-server"]),
        ({"split.count": 3}, ["one part", "llama-gguf-split --merge"]),
        ({"general.type": "mmproj"}, ["image projector", "beside"]),
        ({"general.type": "adapter"}, ["'adapter'", "llama-export-lora"]),
        ({"qwen2.attention.temperature_scale": 2.0}, ["qwen2.attention.temperature_scale", "no counterpart"]),
        ({"qwen2.rope.scaling.type": "longrope"}, ["rotary scaling 'longrope'"]),
        ({"qwen2.attention.head_count": None}, ["attention.head_count"]),
        ({"qwen2.attention.head_count": 0}, ["damaged"]),
        ({"qwen2.block_count": 1_000_000}, ["block_count 1000000 for 8"]),
        ({"qwen2.context_length": 2**31}, ["context 2147483648"]),
        ({"qwen2.feed_forward_length": 95}, ["shape"]),
        ({"tokenizer.ggml.pre": "default"}, ["pre-tokenizer 'default'", "llama-server"]),
        ({"tokenizer.ggml.model": "rwkv"}, ["tokenizer 'rwkv'", "gpt2"]),
        ({"tokenizer.ggml.tokens": ["a"] * 266}, ["vocabulary", "twice"]),
        ({"tokenizer.ggml.merges": ["x y"]}, ["tokenizer", "damaged"]),
        ({"tokenizer.ggml.add_bos_token": True, "tokenizer.ggml.bos_token_id": None}, ["bos token", "names none"]),
        ({"tokenizer.ggml.eos_token_id": 5000}, ["eos_token_id", "none of 266 tokens"]),
        ({"tokenizer.ggml.eot_token_id": 7.5}, ["eot_token_id", "no int"]),
        ({"tokenizer.ggml.token_type": [1, 2]}, ["token_type", "damaged"]),
        ({"tokenizer.ggml.tokens": [1, 2]}, ["tokens", "damaged"]),
        ({"tokenizer.chat_template": 5}, ["chat_template", "no str"]),
        ({"qwen2.attention.head_count": "four"}, ["damaged"]),
        ({"qwen2.rope.freq_base": 0.0}, ["rotary scaling 'none' of base 0"]),
        ({"split.count": "many"}, ["split.count", "no int"]),
        ({"general.alignment": 7}, ["alignment 7"]),
    ],
)
def test_what_a_file_says_that_cannot_be_followed(keys, words, tmp_path):
    write_gguf(tmp_path / "m.gguf", metadata=keys)
    refuse(tmp_path / "m.gguf", *words)


def test_tensors_without_a_place_and_missing_ones_are_errors(tmp_path):
    write_gguf(tmp_path / "m.gguf", tensors={"blk.0.attn_sinks.weight": np.zeros(4, np.float32)})
    refuse(tmp_path / "m.gguf", "tensors without a place", "blk.0.attn_sinks.weight")
    write_gguf(tmp_path / "n.gguf", tensors={"blk.0.attn_output.bias": np.zeros(64, np.float32)})
    refuse(tmp_path / "n.gguf", "tensors without a place", "o_proj.bias")
    model = tiny_model("qwen2")
    del model.model.layers[2].mlp.up_proj
    write_gguf(tmp_path / "o.gguf", model=model)
    refuse(tmp_path / "o.gguf", "does not hold", "layers.2.mlp.up_proj")
    write_gguf(tmp_path / "p.gguf", tensors={"rope_factors_long.weight": np.ones(8, np.float32)})
    refuse(tmp_path / "p.gguf", "tensors without a place", "rope_factors_long")


def test_integers_and_unknown_formats_cannot_be_dequantized(file, monkeypatch):
    write_gguf(file, tensors={"blk.0.ids.weight": np.zeros((4, 4), np.int32)})
    refuse(file, "blk.0.ids.weight", "I32", "Q4_K_M")
    write_gguf(file)
    data = file.read_bytes()
    at = data.index(b"blk.0.ffn_up.weight") + len(b"blk.0.ffn_up.weight") + 4 + 16
    file.write_bytes(data[:at] + (99).to_bytes(4, "little") + data[at + 4 :])
    refuse(file, "blk.0.ffn_up.weight", "type 99", "Q8_0")


def test_a_vocabulary_alone_is_refused(file):
    out = gguf.GGUFWriter(str(file), "qwen2")
    out.add_token_list(["a"])
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.close()
    refuse(file, "vocabulary and no weights")


def test_a_foreign_file_and_a_part_of_a_split_model(file, tmp_path):
    (tmp_path / "renamed.gguf").write_bytes(b"\x80\x02}q\x00." * 100)
    refuse(tmp_path / "renamed.gguf", "not a GGUF file", "safetensors")
    (tmp_path / "weights.bin").write_bytes(b"\x80\x02}q\x00." * 100)
    refuse(tmp_path / "weights.bin", "not a GGUF file")
    shutil.copy(file, tmp_path / "big-00001-of-00003.gguf")
    refuse(tmp_path / "big-00001-of-00003.gguf", "one part", "llama-gguf-split")


def test_nan_is_refused(tmp_path):
    model = tiny_model("qwen2")
    model.model.norm.weight.data[0] = float("nan")
    write_gguf(tmp_path / "m.gguf", model=model)
    refuse(tmp_path / "m.gguf", "NaN")


def test_names_of_files_that_are_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    refuse("nosuch.gguf", "'nosuch.gguf'", "OWNER/REPOSITORY/FILE.gguf", kind=UnknownModelError)
    refuse("../nosuch/a.gguf", "no file", kind=UnknownModelError)
    refuse("owner/repository/a.gguf", "could not be downloaded from the hub", kind=UnknownModelError)
    write_gguf(tmp_path / "a.gguf")
    refuse(tmp_path, "folder of GGUF files", str(tmp_path / "a.gguf"), kind=UnknownModelError)


def test_a_file_of_the_hub_is_taken_from_the_cache(file, tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    stored = tmp_path / "cache" / "models--owner--repository"
    (stored / "refs").mkdir(parents=True)
    (stored / "refs" / "main").write_text("0" * 40)
    (stored / "snapshots" / ("0" * 40)).mkdir(parents=True)
    shutil.copy(file, stored / "snapshots" / ("0" * 40) / "tiny.gguf")
    assert load_model("owner/repository/tiny.gguf", device="cpu").parameters > 0


def test_the_package_gguf_is_named_where_it_is_missing(file, monkeypatch):
    monkeypatch.setattr(loader, "find_spec", lambda name: None)
    refuse(file, r"hintree[gguf]", kind=UsageError)


def test_a_prm_needs_label_tokens(file):
    with pytest.raises(CheckpointError, match=r"without the head .* math-shepherd"):
        load_classifier(str(file))
    reader = load_classifier(str(file), Head("tokens", (" t", "1"), right=(0,)), device="cpu")
    [scored] = reader.classify([[Piece("the"), Piece("\n", mark=True)]])
    assert 0 < scored.probabilities[0] < 1


def test_a_file_cannot_be_trained(file):
    from hintree.scorers import FAMILIES
    from hintree.training.prm.train import Recipe, new_model

    with pytest.raises(UsageError, match="cannot be trained; name the safetensors model"):
        new_model(str(file), FAMILIES["trl"], 2, Recipe())


def test_a_study_knows_a_file_by_its_content(file):
    from hintree.experiments.study.resolve import fingerprint

    assert fingerprint(str(file)) == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_file_writes_and_solves(file):
    model = load_model(str(file), device="cpu", dtype="bfloat16")
    assert model.model.dtype == torch.bfloat16
    [done] = model.generate([GenerationRequest(Prompt("Q?"), max_tokens=4)])
    assert isinstance(done, Completion) and len(done.probabilities) == 4
    solution = Solver("greedy", reasoner=str(file), budget=hintree.Budget(nodes=2)).solve("What is 1 + 2?")
    assert len(solution.tree) == 2
    assert solution.ledger["reasoner"].generated_tokens > 0
