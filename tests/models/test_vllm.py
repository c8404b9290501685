"""Names of models that vLLM runs, and errors without it; test_vllm_real.py runs them."""

from importlib.util import find_spec

import pytest

from hintree.errors import UsageError
from hintree.models import Head, is_vllm, open_model, parse_engine_name
from hintree.models.vllm.classifier import check_head
from hintree.models.vllm.name import parse_engine_args, with_engine_args
from hintree.scorers import make_scorer
from hintree.solver import Solver


def test_a_name_holds_engine_arguments():
    assert parse_engine_name("vllm:Qwen/Qwen3-0.6B") == ("Qwen/Qwen3-0.6B", {})
    name = "vllm:./my?max-model-len=4096&dtype=half&enforce_eager=true"
    assert parse_engine_name(name) == ("./my", {"max_model_len": 4096, "dtype": "half", "enforce_eager": True})
    assert [is_vllm(n) for n in ("vllm:a", "http://a/v1#vllm:a", "ollama:vllm:a")] == [True, False, False]


@pytest.mark.parametrize("text", ["a=1, b=x", '{"a": 1, "b": "x"}'])
def test_engine_arguments_are_pairs_or_json(text):
    assert parse_engine_args(text) == {"a": 1, "b": "x"}


@pytest.mark.parametrize("text", ["max_model_len", "9=1", "{a: 1}", "a b=1"])
def test_engine_arguments_in_no_form_are_refused(text):
    with pytest.raises(UsageError, match="give max_model_len=4096"):
        parse_engine_args(text)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("vllm:a", "vllm:a?n=1&k=2"),
        ("vllm:a?n=5", "vllm:a?n=5&k=2"),
        ("0.5*vllm:a+0.5*yes-no:vllm:b", "0.5*vllm:a?n=1&k=2+0.5*yes-no:vllm:b?n=1&k=2"),
        ("http://host/v1#vllm:a", "http://host/v1#vllm:a"),
        ("embedded:student", "embedded:student"),
    ],
)
def test_engine_arguments_are_added_to_every_model_of_vllm(name, changed):
    assert with_engine_args(name, {"n": 1, "k": 2}) == changed
    assert with_engine_args(name, "n=1,k=2") == changed


@pytest.mark.parametrize("value", ["x&y+z", {"a": ["b&c", "d+e?"]}, 1e20, 0.5])
def test_engine_arguments_may_hold_the_signs_that_separate_them(value):
    name = with_engine_args(with_engine_args("vllm:m", {"a": value}), "n=1")
    assert parse_engine_name(name) == ("m", {"a": value, "n": 1})


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed")
@pytest.mark.parametrize(
    "opened",
    [
        lambda: open_model("vllm:Qwen/Qwen3-0.6B"),
        lambda: make_scorer("vllm:Qwen/Qwen3-0.6B"),
        lambda: Solver("greedy", reasoner="vllm:Qwen/Qwen3-0.6B", engine_args="max_model_len=4096"),
    ],
)
def test_without_vllm_the_error_names_the_package_and_a_server(opened):
    with pytest.raises(UsageError, match=r"pip install 'hintree\[vllm\]'.*http://127.0.0.1:8000/v1#Qwen/Qwen3-0.6B"):
        opened()


def test_a_name_without_a_model_is_refused():
    with pytest.raises(UsageError, match="name a folder or a hub id after the colon"):
        open_model("vllm:")


def test_heads_that_vllm_lacks_are_refused():
    check_head("m", Head(), ["LlamaForTokenClassification"])
    check_head("m", Head("tensors", tensors="score"), ["Qwen2ForProcessRewardModel"])
    for head in (Head(), Head("tensors", tensors="v_head"), Head("tensors", tensors="score")):
        with pytest.raises(UsageError, match="name the model without 'vllm:'"):
            check_head("m", head, ["Qwen2ForCausalLM"])
