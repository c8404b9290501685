"""A real vLLM server: what doctor says of it is what it does, and it reads and scores as the models in this process.

Slow; needs ``HINTREE_VLLM`` (tests/support/vllm_environment.sh) and a folder ``smol_hf`` in ``HINTREE_MODELS``.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hintree.models import GenerationRequest, Prompt, Scored, load_classifier, load_model, open_served
from hintree.models.local.folder import HOME
from hintree.models.remote.likelihood import RemoteScoringModel, open_remote
from hintree.scorers import FAMILIES, PRM
from tests.support.vllm_server import vllm_server

pytestmark = pytest.mark.slow
MODEL = Path(os.environ.get("HINTREE_MODELS", "")) / "smol_hf"
QUESTION = (
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many clips did "
    "Natalia sell altogether in April and May? Write one step per line, and say in each what you compute and why. "
)
FOUND = {
    "prefill": "flags",
    "n": True,
    "seed": True,
    "sampling": "yes",
    "extras": True,
    "stop": "removed",
    "ending": "field",
    "logprobs": "content",
    "top": 20,
    "usage": "right",
    "prompt_logprobs": True,
    "siblings": "together",
}


@pytest.fixture(scope="module")
def vllm():
    if not MODEL.is_dir():
        pytest.skip("NO MODEL: set HINTREE_MODELS to a folder with smol_hf")
    with vllm_server(MODEL, "--enable-prompt-tokens-details", "--block-size", "32") as url:
        yield url


def test_doctor_tells_what_the_server_does(vllm):
    model = open_remote(vllm)
    assert {name: getattr(model.capabilities, name) for name in FOUND} == FOUND
    computed, prompt = model.capabilities.sibling_cost
    assert computed <= prompt + 3 * 32
    drafts = [
        GenerationRequest(Prompt(QUESTION), temperature=0.8, max_tokens=16, family=7, sibling=i) for i in range(4)
    ]
    alone = [done.text for request in drafts for done in model.generate([request])]
    assert [done.text for done in model.generate(drafts)] == alone and len(set(alone)) > 1
    model.capabilities = replace(model.capabilities, siblings="n", choices=16)
    assert [done.text for done in model.generate(drafts)] == alone
    [done] = model.generate([GenerationRequest(Prompt(QUESTION, "First, "), max_tokens=40, stop=(".",))])
    assert "." not in done.text and len(done.entropies) == len(done.probabilities) == done.usage.generated_tokens


def test_texts_and_likelihoods_are_those_of_the_model_in_this_process(vllm):
    remote, local = RemoteScoringModel(f"{vllm}/completions#m"), load_model(str(MODEL), device="cpu", dtype="float32")
    local.chat = False
    [there], [here] = (
        model.generate([GenerationRequest(Prompt(QUESTION), max_tokens=12)]) for model in (remote, local)
    )
    assert there.text == here.text
    assert there.probabilities == pytest.approx(here.probabilities, abs=1e-3)
    assert there.entropies == pytest.approx(here.entropies, abs=2.0)
    assert all(low <= whole + 1e-3 for low, whole in zip(there.entropies, here.entropies, strict=True))
    texts = [(Prompt(QUESTION), "In May she sold 24 clips.")]
    [read], [expected] = remote.loglikelihood(texts), local.loglikelihood(texts)
    assert read.probabilities == pytest.approx(expected.probabilities, abs=1e-3)


def test_the_shipped_prm_scores_behind_pooling():
    name = "embedded:prm"
    texts = [PRM(load_classifier(name, device="cpu"), FAMILIES["lab"]).texts("How many pens?", ["4 + 3 = 7."])[-1]]
    [here] = load_classifier(name, device="cpu").classify(texts)
    with vllm_server(HOME / "prm", "--runner", "pooling") as url:
        [there] = open_served(f"{url}#m").classify(texts)
    assert isinstance(there, Scored) and there.probabilities == pytest.approx(here.probabilities, abs=1e-3)
