"""GGUF files on llama.cpp in this process: the trees, texts and numbers of transformers on the same float32 weights."""

import logging
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import hintree
from hintree.errors import CheckpointError, ContextError
from hintree.models import Completion, GenerationRequest, Prompt, Span, load_model, open_model
from hintree.models.llama_cpp import file as files
from hintree.models.llama_cpp import library
from hintree.models.llama_cpp.model import LlamaCppModel, say_slower
from hintree.models.local.model import LocalModel
from hintree.models.local.text import continuation
from hintree.policies import Sampling
from hintree.presets import Preset
from hintree.scorers import make_scorer
from hintree.solver import Solver
from tests.support.tiny_gguf import KINDS, write_gguf

pytest.importorskip("xllamacpp", reason="NO LLAMA.CPP: pip install 'hintree[gguf]'")
QUESTIONS = [
    "(1) Luis has 49 coins. (2) Gina gets 19 more coins than Luis. (3) Hugo gets 23 more coins than Gina. "
    "How many coins does Hugo have?",
    "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?",
]
SHIPPED = {"hinter": "embedded:hinter", "scorer": "embedded:prm"}
GREEDY = Preset("", ("hinter", "scorer"), hintree.Beam(2, 2), None, Sampling(temperature=0.0))
"""A beam of hinted and unhinted greedy steps."""
TEXTS = ("the 12 the\n\nin", "in the in the in", "1 2 12 the", "a b c the 1")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A random model in float32, and its twin on transformers."""
    file = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    write_gguf(file)
    return open_model(str(file)), load_model(str(file), device="cpu", dtype="float32")


def sampled(count=6, **settings):
    settings = {"temperature": 1.0, "max_tokens": 24} | settings
    return [GenerationRequest(Prompt(TEXTS[i % len(TEXTS)]), seed=i, **settings) for i in range(count)]


def same(there, here):
    assert len(there) == len(here) > 0
    for one, other in zip(there, here, strict=True):
        assert (one.text, one.ended, one.stopped_by) == (other.text, other.ended, other.stopped_by)
        assert one.token_ids == other.token_ids and one.tokenizer == other.tokenizer
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-3)
        assert one.entropies == pytest.approx(other.entropies, abs=1e-2)
        assert one.usage.prompt_tokens == other.usage.prompt_tokens


def test_a_solver_grows_the_greedy_trees_of_transformers(tmp_path, monkeypatch):
    """GGUF has no place for the student's tokenizer, so its own one is used."""
    from tests.support.to_gguf import to_gguf

    to_gguf("embedded:student", tmp_path / "student.gguf")
    tokenizer = load_model("embedded:student", device="cpu").tokenizer
    monkeypatch.setattr(files, "read_tokenizer", lambda header, name: tokenizer)
    trees = []
    for name in (str(tmp_path / "student.gguf"), "embedded:student"):
        solutions = list(Solver(GREEDY, reasoner=name, **SHIPPED, protocol="lab").solve_many(QUESTIONS))
        trees.append([[(n.step.text, n.step.ended, n.step.answer, n.status) for n in s.tree] for s in solutions])
        assert solutions[0].answer == "91"
    assert trees[0] == trees[1]


@pytest.mark.parametrize("architecture", [kind for kind in KINDS if not kind.startswith("gemma")])
def test_an_architecture_samples_the_texts_of_transformers(architecture, tmp_path):
    write_gguf(tmp_path / "m.gguf", architecture)
    there, here = open_model(str(tmp_path / "m.gguf")), load_model(str(tmp_path / "m.gguf"), device="cpu")
    assert isinstance(there, LlamaCppModel) and there.parameters == here.parameters
    same(there.generate(sampled()), here.generate(sampled()))


@pytest.mark.parametrize(
    ("architecture", "metadata"),
    [
        ("phi3", {"phi3.rope.dimension_count": 16}),
        ("olmo2", {}),
        ("lfm2", {"lfm2.shortconv.l_cache": 3, "lfm2.attention.head_count_kv": [0, 2] * 4}),
    ],
    ids=["phi3", "olmo2", "lfm2"],
)
def test_architectures_that_only_llama_cpp_reads(architecture, metadata, tmp_path):
    """lfm2 has layers with states, of which llama.cpp computes some products in 16 bits."""
    written = write_gguf(tmp_path / "m.gguf", architecture, metadata=metadata)
    model = open_model(str(tmp_path / "m.gguf"))
    for prompt, text in [(Prompt(text), text * 3) for text in TEXTS]:
        ids, start = continuation(model.tokenizer, prompt, text)
        with torch.inference_mode():
            wanted = written(torch.tensor([ids])).logits[0].softmax(-1)[range(start - 1, len(ids) - 1), ids[start:]]
        [found] = model.loglikelihood([(prompt, text)])
        assert found.probabilities == pytest.approx(wanted.tolist(), rel=0.03)
    first = model.generate(sampled(3, max_tokens=8))
    more = [
        replace(request, max_tokens=1, prompt=request.prompt.extended(Span(done.text, done.token_ids, done.tokenizer)))
        for request, done in zip(sampled(3), first, strict=True)
    ]
    assert [done.usage.forwarded_tokens for done in model.generate(more)] == [1, 1, 1]
    texts = [done.text for done in first]
    for request, text in zip(sampled(3, max_tokens=8), texts, strict=True):
        model.forget()
        assert model.generate([request])[0].text == text


@pytest.mark.parametrize("architecture", ["gemma2", "gemma3"])
def test_gemma_has_the_probabilities_of_transformers(architecture, tmp_path):
    """llama.cpp looks GELU up in a table of 16-bit numbers, which moves a logit by up to 0.004 here."""
    write_gguf(tmp_path / "m.gguf", architecture)
    there, here = open_model(str(tmp_path / "m.gguf")), load_model(str(tmp_path / "m.gguf"), device="cpu")
    pairs = [(Prompt(text), text * 3) for text in TEXTS]
    for one, other in zip(there.loglikelihood(pairs), here.loglikelihood(pairs), strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, rel=0.02)


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 0.0},
        {"top_k": 3, "temperature": 2.0},
        {"top_p": 0.5},
        {"min_p": 0.2, "temperature": 3.0},
        {"stop": ("e", "1")},
        {"stop": ("e",), "min_tokens": 12},
        {"stop_pattern": r"\d|[a-d]"},
        {"temperature": 0.0, "repeats": 3, "max_tokens": 96},
    ],
    ids=str,
)
def test_every_setting_means_what_it_means_on_transformers(settings, tiny):
    there, here = (model.generate(sampled(**settings)) for model in tiny)
    same(there, here)


def test_log_likelihoods_and_labels_are_those_of_transformers(tiny):
    pairs = [(Prompt(text), text[::-1]) for text in TEXTS]
    there, here = (model.loglikelihood([*pairs, pairs[0], (Prompt("a"), "")]) for model in tiny)
    assert len(there) == 6 and there[4].probabilities == there[0].probabilities and there[5].probabilities == ()
    for one, other in zip(there, here, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-4)
        assert one.usage.prompt_tokens == other.usage.prompt_tokens
    prompts = [Prompt(text) for text in TEXTS]
    there, here = (model.read_labels(prompts, ("yes", "no")) for model in tiny)
    for one, other in zip(there, here, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5) and one.wanted == other.wanted


def test_siblings_and_later_steps_compute_no_token_twice(tiny):
    model, _ = tiny
    model.forget()
    requests = [GenerationRequest(Prompt("the 12 the" * 9), seed=i, temperature=1.0, max_tokens=8) for i in range(5)]
    done = model.generate(requests)
    prompt = done[0].usage.prompt_tokens
    assert sum(d.usage.forwarded_tokens for d in done) == prompt + sum(d.usage.generated_tokens - 1 for d in done)
    assert [d.usage.forwarded_tokens - d.usage.generated_tokens + 1 for d in done] == [prompt, 0, 0, 0, 0]
    again = model.generate(requests)
    assert [d.text for d in again] == [d.text for d in done]
    assert again[0].usage.forwarded_tokens == done[0].usage.generated_tokens  # the last token of the prompt


def test_more_texts_than_the_cache_holds_are_generated_in_turns(tiny, monkeypatch):
    """60 texts of 100 and more tokens in a cache of 640 cells; other tests share the file's usual cache."""
    model, here = tiny
    requests = [GenerationRequest(Prompt(f"{i} the in " * 12), seed=i, temperature=1.0) for i in range(12)]
    requests = [r for r in requests for _ in range(2)]
    monkeypatch.setattr(files, "LEAST_CELLS", 512)
    monkeypatch.setattr(files, "share_of_budget", lambda file, budget: 0)
    model._file._cache = None
    small = [request.__class__(request.prompt, request.seed, 1.0, max_tokens=30) for request in requests]
    there = model.generate(small)
    assert model._file.cache(1, 1).context.cells == 512
    same(there, here.generate(small))
    model._file._cache = None


def test_a_text_beyond_the_context_fails_alone(tiny):
    model, _ = tiny
    refused, written = model.generate(
        [GenerationRequest(Prompt("the " * 600), max_tokens=4), GenerationRequest(Prompt("the"), max_tokens=4)]
    )
    assert isinstance(refused, ContextError) and "can read 512" in str(refused)
    assert isinstance(written, Completion)


def test_roles_that_name_one_file_share_it(tiny):
    model, _ = tiny
    other = open_model(model.name)
    assert other is not model and other._file is model._file
    scorer = make_scorer(f"yes-no:{model.name}")
    assert scorer.models[0]._file is model._file
    assert make_scorer(f"genprm:{model.name}").models[0]._file is model._file


def test_another_number_format_runs_on_transformers(tiny):
    assert isinstance(open_model(tiny[0].name, device="cpu", dtype="float32"), LocalModel)


@pytest.mark.parametrize("cut", [30, 4000, -33])
def test_a_truncated_file_is_one_error(cut, tiny, tmp_path):
    data = Path(tiny[0].name).read_bytes()
    (tmp_path / "cut.gguf").write_bytes(data[:cut])
    with pytest.raises(CheckpointError, match="truncated"):
        open_model(str(tmp_path / "cut.gguf"))


def test_a_file_without_permission_is_one_error(tiny, tmp_path):
    shutil.copy(tiny[0].name, tmp_path / "secret.gguf")
    (tmp_path / "secret.gguf").chmod(0)
    if os.access(tmp_path / "secret.gguf", os.R_OK):
        pytest.skip("this user reads every file")
    with pytest.raises(CheckpointError, match=r"cannot be read: .*Permission denied"):
        open_model(str(tmp_path / "secret.gguf"))


def test_a_foreign_file_is_one_error(tmp_path):
    (tmp_path / "photo.gguf").write_bytes(b"\x89PNG" + bytes(100))
    with pytest.raises(CheckpointError, match="not a GGUF file"):
        open_model(str(tmp_path / "photo.gguf"))


def test_an_architecture_that_llama_cpp_does_not_know_is_one_error(tiny, tmp_path):
    data = Path(tiny[0].name).read_bytes()
    (tmp_path / "m.gguf").write_bytes(data.replace(b"qwen2.", b"qwenX.").replace(b"qwen2", b"qwenX", 1))
    with pytest.raises(CheckpointError, match=r"llama\.cpp cannot load the file: .*qwenX"):
        open_model(str(tmp_path / "m.gguf"))


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("attention.head_count", 3, "64 rows for 3 heads"),
        ("attention.head_count", 1, "64 rows for 1 heads of 16"),
        ("attention.layer_norm_rms_epsilon", -0.5, "epsilon is -0.5"),
        ("attention.head_count_kv", 0, "32 rows for 0 heads"),
        ("attention.key_length", 0, "heads of 0"),
        ("rope.dimension_count", 7, "7 for heads of 16"),
        ("rope.freq_base", float("nan"), "not finite"),
        ("block_count", 9, "there are 8 layers"),
        ("context_length", 2**32 - 1, "context_length"),
        ("expert_used_count", 1, r"llama\.cpp ends the process that opens the GGUF file"),  # no check of ours knows it
    ],
)
def test_metadata_that_contradict_the_tensors_are_one_error(key, value, word, tmp_path):
    """llama.cpp would end the process on most of them."""
    write_gguf(tmp_path / "m.gguf", metadata={f"qwen2.{key}": value})
    with pytest.raises(CheckpointError, match=word):
        open_model(str(tmp_path / "m.gguf"))


def test_a_renamed_file_is_the_same_model(tiny, tmp_path):
    shutil.copy(tiny[0].name, tmp_path / "weights.bin")
    assert open_model(str(tmp_path / "weights.bin")).parameters == tiny[0].parameters


def test_without_the_wheel_transformers_runs_the_file_and_says_so_once(tiny, monkeypatch, caplog):
    library.library.cache_clear()
    say_slower.cache_clear()
    monkeypatch.setattr(library, "find_spec", lambda name: None)
    with caplog.at_level(logging.WARNING):
        models = [open_model(tiny[0].name, device="cpu") for _ in range(2)]
    library.library.cache_clear()
    assert all(isinstance(model, LocalModel) for model in models)
    assert [r.message.count("pip install 'hintree[gguf]'") for r in caplog.records] == [1]
