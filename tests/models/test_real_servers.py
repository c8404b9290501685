"""Real servers on the shipped student: greedy trees identical to those of the in-process model.

llama.cpp runs from the wheel ``xllamacpp`` on a GGUF from tests/support/to_gguf.py; `transformers serve` as a process.
"""

import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

import hintree
from hintree.errors import ContextError
from hintree.models import Completion, GenerationRequest, load_model, open_served
from hintree.models.base import Piece, Prompt
from hintree.models.local.folder import HOME
from hintree.models.remote.model import RemoteModel
from hintree.policies import Sampling
from hintree.presets import Preset
from hintree.solver import Solver

xllamacpp = pytest.importorskip("xllamacpp", reason="NO REAL SERVERS: pip install 'hintree[serve-test]'")
pytest.importorskip("gguf", reason="NO REAL SERVERS: pip install 'hintree[serve-test]'")
QUESTIONS = [
    "(1) Luis has 49 coins. (2) Gina gets 19 more coins than Luis. (3) Hugo gets 23 more coins than Gina. "
    "How many coins does Hugo have?",
    "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?",
]
SHIPPED = {"hinter": "embedded:hinter", "scorer": "embedded:prm"}
GREEDY = Preset("", ("hinter", "scorer"), hintree.Beam(2, 2), None, Sampling(temperature=0.0))
"""A beam of hinted and unhinted greedy steps."""


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    from tests.support.to_gguf import to_gguf

    file = tmp_path_factory.mktemp("gguf") / "student.gguf"
    to_gguf("embedded:student", file)
    settings = xllamacpp.CommonParams()
    settings.model.path = str(file)
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.n_parallel, settings.n_ctx, settings.port, settings.verbosity = 4, 4096, 0, -1
    settings.cache_type_k = settings.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    server = xllamacpp.Server(settings)
    yield f"{server.listening_address}/v1/completions"
    del server


def trees(**roles):
    """Steps, hints, ends and statuses; scores as the PRM gave them."""
    solutions = Solver(GREEDY, **SHIPPED, **roles, protocol="lab").solve_many(QUESTIONS)
    return [
        [(n.step.text, n.hint, n.step.ended, n.step.answer, n.status, n.score and round(n.score, 4)) for n in s.tree]
        for s in solutions
    ]


def test_llama_cpp_grows_the_trees_of_the_model_in_process(llama):
    assert trees(reasoner=llama) == trees(reasoner="embedded:student")


def test_llama_cpp_tells_the_same_probabilities_and_draws_by_seed(llama):
    remote, local = RemoteModel(llama), load_model("embedded:student", device="cpu")
    can = remote.capabilities
    assert (can.sampling, can.seed, can.stop, can.ending, can.logprobs) == ("yes", True, "removed", "count", "content")
    requests = [GenerationRequest(Prompt(question), stop=("\n",)) for question in QUESTIONS]
    for there, here in zip(remote.generate(requests), local.generate(requests), strict=True):
        assert there.usage[:2] == here.usage[:2]
        assert there.usage.generated_tokens == here.usage.generated_tokens == len(there.probabilities) + 1
        assert there.probabilities == pytest.approx(here.probabilities[:-1], abs=1e-3)
    drawn = [GenerationRequest(Prompt(QUESTIONS[0]), seed=seed, temperature=1.5, max_tokens=20) for seed in (1, 1, 2)]
    one, again, other = (done.text for done in remote.generate(drawn))
    assert one == again != other


def test_llama_cpp_computes_the_prompt_of_siblings_once(llama):
    model = RemoteModel(llama)
    can = model.capabilities
    assert (can.n, can.choices, can.siblings, can.top) == (True, 4, "n", 20)
    assert can.sibling_cost[0] <= can.sibling_cost[1]
    shared, texts = {}, {}
    for way, name in (("", "Luis"), ("n", "Ana")):
        model.capabilities = replace(can, siblings=way)
        prompt = Prompt(" ".join(QUESTIONS).replace("Luis", name))  # new to the server each time
        asked = [
            GenerationRequest(prompt, seed, 0.8, max_tokens=12, family=77, sibling=number)
            for number, seed in enumerate((5, 6, 7, 8))
        ]
        done = model.generate(asked)
        shared[way] = sum(d.usage.forwarded_tokens - d.usage.generated_tokens + 1 for d in done)
        prompt_tokens = done[0].usage.prompt_tokens
        model.capabilities = replace(can, siblings="")
        texts[way] = [d.text for d in done], [d.text for d in model.generate(asked)]
    # Separate requests share as well when one ends before the next arrives, so they give no bound of their own.
    assert prompt_tokens > 50 and shared["n"] < 1.3 * prompt_tokens and shared["n"] <= shared[""]
    assert texts["n"][0] == texts["n"][1] and texts[""][0] == texts[""][1]


def test_llama_cpp_lists_the_most_probable_tokens_which_give_entropies(llama):
    """A lower bound that is close, as the 20 most probable tokens hold nearly all of the student's distributions."""
    remote, local = RemoteModel(llama), load_model("embedded:student", device="cpu")
    request = GenerationRequest(Prompt(QUESTIONS[0]), stop=("\n",))
    [there], [here] = remote.generate([request]), local.generate([request])
    assert len(there.entropies) == len(here.entropies) - 1 == len(there.probabilities)
    assert there.entropies == pytest.approx(here.entropies[:-1], abs=0.02)
    for preset, scorer in (("glimprouter", None), ("steer", None), ("beam", "confidence:entropy")):
        solution = Solver(preset, reasoner=remote, teacher=local, scorer=scorer, protocol="lab").solve(QUESTIONS[1])
        assert (str(solution.stop_reason), solution.answer) == ("complete", "7")


def test_llama_cpp_says_what_does_not_fit(llama):
    long = GenerationRequest(Prompt(" ".join(QUESTIONS * 30)), stop=("\n",))
    fine = GenerationRequest(Prompt(QUESTIONS[1]), stop=("\n",))
    refused, written = RemoteModel(llama).generate([long, fine])
    assert isinstance(refused, ContextError) and "exceed" in str(refused)
    assert isinstance(written, Completion)


def test_llama_cpp_judges_by_label_tokens(llama):
    local = load_model("embedded:student", device="cpu")
    scorer = open_served(f"{llama}#student?labels=(3),(2)")
    [found] = scorer.classify([[Piece(QUESTIONS[1]), Piece("\n", mark=True)]])
    import torch

    ids = local.tokenizer(QUESTIONS[1] + "\n", return_tensors="pt").input_ids
    with torch.inference_mode():
        logits = local.model(ids).logits[0, -1]
    pair = logits[local.tokenizer.convert_tokens_to_ids(["(3)", "(2)"])].softmax(-1)
    assert found.probabilities == pytest.approx([float(pair[1])], abs=1e-4)


@pytest.fixture(scope="module")
def served():
    """``transformers serve`` on the student."""
    pytest.importorskip("fastapi", reason="NO REAL SERVERS: pip install 'hintree[serve-test]'")
    with socket.socket() as concurrent:
        concurrent.bind(("127.0.0.1", 0))
        port = concurrent.getsockname()[1]
    command = [Path(sys.executable).with_name("transformers"), "serve", HOME / "student"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    offline = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=offline, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 600
        while process.poll() is None and time.monotonic() < deadline:
            try:
                if httpx2.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == 200:
                    break
            except httpx2.HTTPError:
                time.sleep(0.5)
        else:
            pytest.fail("transformers serve did not come up within 600 s")
        yield f"http://127.0.0.1:{port}/v1#{HOME / 'student'}"
    finally:
        process.terminate()
        process.wait(60)


@pytest.mark.slow
def test_transformers_serve_grows_the_trees_of_the_model_in_process(served):
    """Its stop texts fail on a tokenizer of words (HTTP 500), so steps are cut off by the client."""
    can = RemoteModel(served).capabilities
    assert (can.endpoint, can.chat, can.stop, can.sampling) == ("completions", False, "refused", "generation_config")
    assert (can.extras, can.logprobs, can.n, can.usage) == (False, "", False, "right")
    assert trees(reasoner=served) == trees(reasoner="embedded:student")
