"""Models that vLLM runs, against the same models on transformers, in float32 on a CPU.

vLLM runs in an environment of its own, whose python $HINTREE_VLLM names; tests/support/vllm_environment.sh makes it.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.support.prm_checkpoints import qwen

PYTHON, FOLDER = os.environ.get("HINTREE_VLLM", ""), os.environ.get("HINTREE_MODELS", "")
ROOT = Path(__file__).parents[2]
REASON = "NO VLLM: set HINTREE_VLLM to the python of tests/support/vllm_environment.sh, and HINTREE_MODELS"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not (PYTHON and FOLDER), reason=REASON)]
SMOL = f"{FOLDER}/smol_hf"
SETTINGS = "?kv_cache_memory_bytes=400000000&max_model_len="
FAILURES = {
    "max_model_length=9": ("UsageError", "no engine argument 'max_model_length'; give one such as max_model_len"),
    "trust_remote_code=true": ("UsageError", "hintree sets the engine argument 'trust_remote_code' itself"),
    "dtype=int5": ("CheckpointError", "vLLM does not start with dtype=int5"),
    "kv_cache_memory_bytes=1000000": ("CheckpointError", "vLLM does not start with .*kv_cache_memory_bytes=1000000"),
}
"""Engine arguments with which no engine starts, and the error."""


def run(python, folder, task, *arguments):
    """Return the result of a task of tests/support/vllm_process.py in an environment."""
    command = [python, "-m", "tests.support.vllm_process", task, str(folder / "out.json"), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((folder / "out.json").read_text())


@pytest.fixture(scope="module")
def generation(tmp_path_factory):
    """Texts, trees and readings on transformers, and on vLLM."""
    folder = tmp_path_factory.mktemp("generation")
    here = run(sys.executable, folder, "generation", SMOL)
    return here, run(PYTHON, folder, "generation", f"vllm:{SMOL}{SETTINGS}2048")


def close(one, other, tolerance):
    return len(one) == len(other) > 0 and all(abs(a - b) < tolerance for a, b in zip(one, other, strict=True))


def test_greedy_texts_end_where_local_ones_do(generation):
    here, there = (found["texts"] for found in generation)
    assert len(here) == len(there) == 8
    assert {done.get("ended") for done in here} == {"length", "stop", "end", None}
    for own, other in zip(here, there, strict=True):
        same = ("error", "text", "ended", "stopped_by", "token_ids", "tokenizer")
        assert [own.get(name) for name in same] == [other.get(name) for name in same]
        if "error" not in own:
            assert close(own["probabilities"], other["probabilities"], 1e-4)
            assert all(low < high + 1e-3 for low, high in zip(other["entropies"], own["entropies"], strict=True))
            assert own["usage"][:2] + own["usage"][3:] == other["usage"][:2] + other["usage"][3:]


def test_the_prefix_cache_saves_whole_blocks_of_siblings_prompts(generation):
    first, *siblings = [done["usage"] for done in generation[1]["texts"][:5]]
    calls, prompt, computed, generated = first
    assert (calls, computed) == (1, prompt + generated - 1)
    assert [used[2] - used[3] + 1 for used in siblings] == [prompt % 32] * 4


def test_a_greedy_tree_is_that_of_transformers(generation):
    here, there = (found["tree"] for found in generation)
    assert here == there
    assert here["spent"] == here["counted"] > 100


def test_a_seed_writes_the_same_text_in_any_batch(generation):
    sampled = generation[1]["seeds"]
    assert sampled["together"] == sampled["alone"]
    assert len(set(map(tuple, sampled["together"]))) == 4


def test_labels_and_log_likelihoods_are_those_of_transformers(generation):
    here, there = (found["readings"] for found in generation)
    assert len(here["labels"]) == len(here["loglikelihood"]) == 3
    for (own, wanted), (other, chosen) in zip(here["labels"], there["labels"], strict=True):
        assert wanted == chosen and close(own, other, 1e-4)
    assert all(close(a, b, 1e-3) for a, b in zip(here["loglikelihood"], there["loglikelihood"], strict=True))


@pytest.mark.parametrize(
    ("kind", "model", "spec", "context"),
    [("", "embedded:prm", (), 1024), ("", SMOL, ("math-shepherd",), 2048), ("yes-no:", SMOL, (), 2048)],
)
def test_scores_are_those_of_transformers(tmp_path, kind, model, spec, context):
    here = run(sys.executable, tmp_path, "scores", kind + model, *spec)
    there = run(PYTHON, tmp_path, "scores", f"{kind}vllm:{model}{SETTINGS}{context}", *spec)
    assert close(here, there, 1e-3)


def test_the_head_of_qwen_math_prm_is_read_as_here(tmp_path):
    torch.manual_seed(0)
    folder = str(qwen(tmp_path / "qwen", width=128))
    here = run(sys.executable, tmp_path, "scores", folder, "qwen-math-prm")
    there = run(PYTHON, tmp_path, "scores", f"vllm:{folder}{SETTINGS}1024", "qwen-math-prm")
    assert close(here, there, 1e-3)
    assert max(here) - min(here) > 1e-3


def test_an_engine_that_cannot_start_is_one_clear_error(tmp_path):
    found = run(PYTHON, tmp_path, "failures", *(f"vllm:{SMOL}?{settings}" for settings in FAILURES))
    assert len(found) == len(FAILURES) == 4
    for (kind, message), (expected, words) in zip(found, FAILURES.values(), strict=True):
        assert kind == expected
        assert re.search(words, message), message
