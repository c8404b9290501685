"""GGUF files against llama.cpp and transformers' own loader; real models from the folder $HINTREE_MODELS."""

import os
from pathlib import Path

import httpx2
import pytest
import torch
from transformers import AutoModelForCausalLM

from hintree.cli import main
from hintree.models import GenerationRequest, Prompt, load_model, open_model
from hintree.models.local.gguf_header import read_header
from hintree.models.local.gguf_tokenizer import read_tokenizer
from hintree.models.local.pre_tokenizers import PRE_TOKENIZERS
from hintree.models.local.text import decoded, encode
from hintree.policies import Protocol, Sampling, StepRule, StepWriter
from hintree.search import Problem, StepRequest, Tree
from tests.support.tiny_gguf import KINDS, tiny_model, write_gguf
from tests.support.varied_texts import varied_texts

xllamacpp = pytest.importorskip("xllamacpp", reason="NO LLAMA.CPP: pip install 'hintree[gguf]'")
pytestmark = pytest.mark.slow
FOLDER = os.environ.get("HINTREE_MODELS", "")
NAMES = ("smol", "qwen05")
real = pytest.mark.skipif(not FOLDER, reason="NO REAL MODELS: set HINTREE_MODELS to a folder of smol.gguf, qwen05.gguf")
QUESTIONS = (
    "A baker sold 48 rolls in the morning, and half as many in the afternoon. How many rolls did the baker sell in "
    "all?",
    "A curtain takes 3 meters of red cloth and a third of that of white cloth. How many meters does it take in all?",
    "Write a function that returns the sum of the even numbers of a list.",
)
CODE = "Write a Python class Stack with push, pop, peek and docstrings. Only code, four spaces of indent."


class LlamaCpp:
    """llama.cpp's server on a file, in this process."""

    def __init__(self, file):
        settings = xllamacpp.CommonParams()
        settings.model.path = str(file)
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
        settings.n_parallel, settings.n_ctx, settings.port, settings.verbosity = 1, 512, 0, -1
        settings.cache_type_k = settings.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
        self.server = xllamacpp.Server(settings)

    def post(self, path, **body):
        return httpx2.post(f"{self.server.listening_address}/{path}", json=body, timeout=120).json()

    def tokens(self, text, *, bos=False):
        return self.post("tokenize", content=text, add_special=bos, parse_special=True)["tokens"]

    def logprobs(self, ids, size):
        """Log-probabilities of the next token by id; {} if the most probable one is no whole character."""
        done = self.post("completion", prompt=ids, n_predict=1, n_probs=size, temperature=0, cache_prompt=False)
        shown = done.get("completion_probabilities")
        return {top["id"]: top["logprob"] for top in shown[0]["top_logprobs"]} if shown else {}


@pytest.mark.parametrize("architecture", KINDS)
def test_every_architecture_computes_what_llama_cpp_computes(architecture, tmp_path):
    """Logits of up to about 4; llama.cpp computes attention in 16 bits."""
    write_gguf(tmp_path / "m.gguf", architecture)
    model, there = load_model(str(tmp_path / "m.gguf"), device="cpu").model, LlamaCpp(tmp_path / "m.gguf")
    compared = 0
    for seed in range(8):
        ids = torch.randint(3, 250, (1, 200), generator=torch.Generator().manual_seed(seed))
        told = there.logprobs(ids[0].tolist(), model.config.vocab_size)
        with torch.inference_mode():
            own = model(ids).logits[0, -1].log_softmax(-1).tolist()
        compared += len(told) > 200
        assert all(abs(own[i] - value) < 0.02 for i, value in told.items())
    assert compared >= 2


@real
@pytest.mark.parametrize("name", NAMES)
def test_tokens_are_those_of_llama_cpp(name):
    """llama.cpp makes any token spelled "</s>" a control token, even the plain text that it is in Qwen's vocabulary."""
    file = Path(FOLDER) / f"{name}.gguf"
    tokenizer, there = read_tokenizer(read_header(file, name), name), LlamaCpp(file)
    texts = varied_texts()
    differ = [t for t in texts if tokenizer.encode(t, add_special_tokens=False) != there.tokens(t)]
    assert len(texts) == 200 and not differ


@real
@pytest.mark.parametrize("pre", ["llama-bpe", "gpt-2", "tekken", "gpt-4o", "qwen2", "smollm"])
def test_every_pre_tokenizer_cuts_as_llama_cpp_does(pre, tmp_path):
    """The vocabulary is SmolLM2's; only the pre-tokenizer changes."""
    source = read_header(Path(FOLDER) / "smol.gguf", "smol").metadata
    keys = {key: value for key, value in source.items() if key.startswith("tokenizer.")}
    keys |= {"tokenizer.ggml.pre": pre, "tokenizer.ggml.add_bos_token": None, "tokenizer.chat_template": None}
    model = tiny_model("qwen2", vocab_size=len(keys["tokenizer.ggml.tokens"]), num_hidden_layers=1)
    write_gguf(tmp_path / "m.gguf", model=model, metadata=keys)
    tokenizer, there = read_tokenizer(read_header(tmp_path / "m.gguf", pre), pre), LlamaCpp(tmp_path / "m.gguf")
    texts = varied_texts()
    differ = [t for t in texts if tokenizer.encode(t, add_special_tokens=False) != there.tokens(t)]
    assert len(texts) == 200 and not differ
    assert (len(there.tokens("a", bos=True)) == 2) == PRE_TOKENIZERS[pre].bos == (tokenizer.bos_token is not None)


@real
@pytest.mark.parametrize("name", NAMES)
def test_weights_are_those_of_transformers_own_loader(name):
    own = load_model(str(Path(FOLDER) / f"{name}.gguf"), device="cpu", dtype="float32").model.state_dict()
    theirs = AutoModelForCausalLM.from_pretrained(FOLDER, gguf_file=f"{name}.gguf", dtype=torch.float32).state_dict()
    assert own.keys() == theirs.keys() and len(own) > 200
    assert [key for key in own if not torch.equal(own[key], theirs[key])] == []


@real
@pytest.mark.parametrize("name", NAMES)
def test_greedy_texts_are_those_of_generate(name):
    model = load_model(str(Path(FOLDER) / f"{name}.gguf"), device="cpu", dtype="float32")
    prompts = [Prompt(question) for question in QUESTIONS]
    written = model.generate([GenerationRequest(prompt, max_tokens=48) for prompt in prompts])
    for prompt, done in zip(prompts, written, strict=True):
        ids = torch.tensor([encode(model.tokenizer, prompt)])
        with torch.inference_mode():
            whole = model.model.generate(ids, max_new_tokens=48, do_sample=False, attention_mask=torch.ones_like(ids))
        want = model.tokenizer.decode(whole[0, ids.shape[1] :], skip_special_tokens=True)
        assert done.text == want and len(want) > 40


@real
def test_a_real_model_solves_a_question_in_steps(capsys):
    assert main(["solve", "--preset", "greedy", "--reasoner", f"{FOLDER}/qwen05.gguf", QUESTIONS[0]]) == 0
    shown = capsys.readouterr().out
    assert "Answer: 72" in shown
    assert sum(line.split()[1:2] == ["reasoner"] for line in shown.splitlines()) >= 2


@real
@pytest.mark.parametrize("rule", [{"by": "line"}, {"by": "text"}, {"by": "sentence"}])
@pytest.mark.parametrize("name", NAMES)
def test_the_text_of_a_solution_is_that_of_its_tokens(name, rule):
    model = open_model(f"{FOLDER}/{name}.gguf")
    protocol = Protocol(name="code", step=StepRule(**rule), answers=())
    writer, tree, written = StepWriter(model, Sampling(), protocol=protocol), Tree(Problem(CODE)), []
    node = tree.root
    while node.status == "open" and len(written) < 60:
        [done] = writer([StepRequest(tree, node)])
        node = tree.add(node, done.value, "reasoner")
        written += done.value.token_ids
    text = decoded(model.tokenizer, written)
    assert writer.format.solution(node.path()).strip() == text.strip() and "\n    " in text
