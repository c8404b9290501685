"""Every PRM family against its published formula, on tiny checkpoints of the real architectures."""

from functools import cache

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

from hintree.errors import CheckpointError, ContextError
from hintree.models import load_classifier
from hintree.models.local.classifier import LocalClassifier
from hintree.scorers import FAMILIES, PRM, PRMSpec
from hintree.search import Passage, Problem, ScoreRequest, StepOutput, Tree
from hintree.search.actions import ACTIONS
from hintree.search.core.citations import passages_of
from hintree.search.core.expand import looked_up
from hintree.search.core.position import Position
from tests.support.prm_checkpoints import CHECKPOINTS, shepherd
from tests.support.prm_formulas import FORMULAS, QUESTION, STEPS

UNWARNED = pytest.mark.filterwarnings("ignore:.*seldom answers with")  # the weights are random


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folders = {}
    for i, (family, make) in enumerate(CHECKPOINTS.items()):
        torch.manual_seed(i)
        folders[family] = make(tmp_path_factory.mktemp(family))
    return folders


@cache
def load(folder, family, dtype="float32"):
    return PRM(load_classifier(str(folder), FAMILIES[family].reading(), dtype=dtype), FAMILIES[family])


def test_every_family_has_its_formula():
    assert set(FORMULAS) == set(FAMILIES) - {"lab"}  # which is trl with a line break after the question


@UNWARNED
@pytest.mark.parametrize("family", FORMULAS)
def test_scores_are_the_published_formula(saved, family):
    tokenizer = AutoTokenizer.from_pretrained(saved[family])
    with torch.inference_mode():
        expected = [float(x) for x in FORMULAS[family](saved[family], tokenizer)]
    scores = load(saved[family], family).score(QUESTION, STEPS)
    assert len(expected) == 3 and len({round(x, 4) for x in expected}) > 1
    assert scores == pytest.approx(expected, abs=1e-5)


@UNWARNED
@pytest.mark.parametrize("family", FORMULAS)
def test_scores_on_the_tree_are_those_of_the_whole_text(saved, family):
    prm = load(saved[family], family)
    tree = Tree(Problem(QUESTION))
    whole = prm.score(QUESTION, STEPS)
    prm.model.forget()
    node, scores = tree.root, []
    for step in STEPS:
        other = tree.add(
            node, StepOutput(f"{step} or not", "delimiter", 1, 0.5, 0.5, 0.1), "reasoner", position=Position(1)
        )
        node = tree.add(node, StepOutput(step, "delimiter", 1, 0.5, 0.5, 0.1), "reasoner")
        responses = prm([ScoreRequest(tree, other), ScoreRequest(tree, node)])
        scores.append(responses[1].value)
    assert scores == pytest.approx(whole, abs=1e-5)
    if family != "math-shepherd":  # tree attention does not support its sliding window
        assert responses[1].usage.forwarded_tokens < responses[1].usage.prompt_tokens


def test_med_prm_reads_the_passages_of_the_path_and_tags_in_them_shift_no_score(saved):
    prm, tokenizer = load(saved["med-prm"], "med-prm"), AutoTokenizer.from_pretrained(saved["med-prm"])
    tree = Tree(Problem(QUESTION))
    found = (Passage("p1", "A pen is a pen."), Passage("p2", "No {question} here."))
    node = tree.add(tree.root, looked_up(found), "retriever", action=ACTIONS["look_up"], passages=found)
    for step in STEPS:
        node = tree.add(node, StepOutput(step, "delimiter", 1, 0.5, 0.5, 0.1), "reasoner")
    with torch.inference_mode():
        expected = FORMULAS["med-prm"](saved["med-prm"], tokenizer, [one.text for one in found])
    [response] = prm([ScoreRequest(tree, node)])
    assert response.value == pytest.approx(float(expected[-1]), abs=1e-5)
    assert response.value != pytest.approx(prm.score(QUESTION, STEPS)[-1], abs=1e-4)
    node.parent.parent.parent.passages = (Passage("p1", "so ки and <|im_end|>"),)
    ids, marks = prm.model.encode(prm.texts(QUESTION, STEPS, passages_of(node.path())), whole=False, bos=False)[0]
    assert len(marks) == 3 and ids.count(tokenizer.convert_tokens_to_ids("<|im_end|>")) == 1  # of the system's turn


@pytest.mark.parametrize(
    ("family", "dtype"), [("qwen-math-prm", "bfloat16"), ("qwen-math-prm", "float16"), ("rlhflow", "float16")]
)
def test_half_precision_gives_the_same_scores_within_tolerance(saved, family, dtype):
    expected = load(saved[family], family).score(QUESTION, STEPS)
    scores = load(saved[family], family, dtype=dtype).score(QUESTION, STEPS)
    assert scores == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_saturated_steps_keep_their_places(tmp_path, dtype):
    torch.manual_seed(0)
    folder = CHECKPOINTS["qwen-math-prm"](tmp_path)
    file = folder / "model.safetensors"
    weights = load_file(file)
    weights["score.2.weight"] = torch.zeros(2, 32)
    weights["score.2.bias"] = torch.tensor([200.0, -200.0])
    save_file(weights, file, metadata={"format": "pt"})
    assert load(folder, "qwen-math-prm", dtype=dtype).score(QUESTION, STEPS) == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("window", [None, 4096, 8])
def test_scores_agree_with_and_without_tree_attention(tmp_path, window):
    torch.manual_seed(2)
    on_tree = load(shepherd(tmp_path, sliding_window=window), "math-shepherd")
    loaded = on_tree.model
    whole = LocalClassifier("whole", loaded.model, loaded.tokenizer, head=loaded.head, layers=loaded.layers, tree=False)
    assert loaded.adapter is not None and whole.adapter is None
    expected = PRM(whole, FAMILIES["math-shepherd"]).score(QUESTION, STEPS)
    assert on_tree.score(QUESTION, STEPS) == pytest.approx(expected, abs=1e-5)


def test_control_tokens_in_a_text_are_plain_text_and_shift_no_score(saved):
    prm = load(saved["qwen-math-prm"], "qwen-math-prm")
    steps = ["so <extra_0> and", "then <|im_end|>"]
    ids, marks = prm.model.encode(prm.texts(QUESTION, steps), whole=False, bos=False)[0]
    tag = prm.model.tokenizer.convert_tokens_to_ids("<extra_0>")
    assert [i for i, token in enumerate(ids) if token == tag] == marks
    assert len(prm.score(QUESTION, steps)) == 2


def test_line_breaks_in_a_step_do_not_split_it(saved):
    prm = load(saved["skywork"], "skywork")
    assert prm.score(QUESTION, ["a\nb", "c"]) == prm.score(QUESTION, ["a b", "c"])
    assert prm.score(QUESTION, []) == []


def test_checkpoints_without_the_declared_head_are_refused(saved):
    with pytest.raises(CheckpointError, match="should be one linear layer"):
        load_classifier(str(saved["rlhflow"]), FAMILIES["pqm"].reading())
    with pytest.raises(CheckpointError, match="the declaration reads"):
        load_classifier(str(saved["skywork"]), PRMSpec(head="tensors", tensors="v_head", right=(2,)).reading())
    with pytest.raises(CheckpointError, match="needs one of its own"):
        load_classifier(str(saved["math-shepherd"]), PRMSpec(head="tokens", labels=("é", "è")).reading())


def test_a_text_beyond_the_context_is_an_error_and_never_cut(saved):
    with pytest.raises(ContextError):
        load(saved["trl"], "trl").score("x" * 5000, STEPS)
