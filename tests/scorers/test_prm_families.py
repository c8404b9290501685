"""Every PRM family against its published formula, computed by plain torch on the whole text."""

from functools import cache

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForTokenClassification, AutoTokenizer

from hintree.errors import CheckpointError, ContextError, UsageError
from hintree.models import load_classifier
from hintree.scorers import FAMILIES, KNOWN, PRM, PRMSpec, find_spec, read_spec
from hintree.search import Problem, ScoreRequest, StepOutput, Tree
from tests.support.prm_checkpoints import CHECKPOINTS, shepherd

QUESTION = "Ana has 4 pens. How many?"
STEPS = ["Step 1: 4 + 1 = 5", "Step 2: so +, then -", "The answer is 5 ки."]


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


@cache
def stock(folder, kind):
    return kind.from_pretrained(folder).eval()


def hidden(folder, ids):
    return stock(folder, AutoModel)(torch.tensor([ids])).last_hidden_state[0]


def logits(folder, ids, kind=AutoModelForCausalLM):
    return stock(folder, kind)(torch.tensor([ids])).logits[0]


def tensors(folder):
    return load_file(folder / "model.safetensors")


def qwen(folder, tokenizer):
    system = "Please reason step by step, and put your final answer within \\boxed{}."
    said = [{"role": "system", "content": system}, {"role": "user", "content": QUESTION}]
    said += [{"role": "assistant", "content": "".join(f"{step}<extra_0>" for step in STEPS)}]
    ids = tokenizer.encode(tokenizer.apply_chat_template(said, tokenize=False), add_special_tokens=False)
    x, w = hidden(folder, ids), tensors(folder)
    inner = torch.relu(x @ w["score.0.weight"].T + w["score.0.bias"])
    chances = (inner @ w["score.2.weight"].T + w["score.2.bias"]).softmax(-1)[:, 1]
    return [chances[i] for i, token in enumerate(ids) if token == tokenizer.convert_tokens_to_ids("<extra_0>")]


def value_ids(tokenizer):
    ids, flags = tokenizer.encode(f"{QUESTION}\n", add_special_tokens=False), []
    for step in STEPS:
        ids += tokenizer.encode(step, add_special_tokens=False)
        flags.append(len(ids))
        ids += tokenizer.encode("\n", add_special_tokens=False)
    return ids, flags


def values(folder, ids):
    w = tensors(folder)
    return (hidden(folder, ids) @ w["v_head.summary.weight"].T + w["v_head.summary.bias"])[:, 0]


def skywork(folder, tokenizer):
    ids, flags = value_ids(tokenizer)
    return values(folder, ids)[flags].sigmoid()


def rstar_ppm(folder, tokenizer):
    ids, flags = value_ids(tokenizer)
    return (1 + (values(folder, ids)[[i - 1 for i in flags]] / 5).tanh()) / 2


def pqm(folder, tokenizer):
    ids = tokenizer.encode(f"{QUESTION}\n" + "\n".join(f"{s} [PRM]" for s in STEPS), add_special_tokens=False)
    ids = [tokenizer.bos_token_id, *ids]
    tag = tokenizer.convert_tokens_to_ids("[PRM]")
    return values(folder, ids)[[i for i, token in enumerate(ids) if token == tag]].sigmoid()


def math_shepherd(folder, tokenizer):
    text = f"{QUESTION} " + "\n".join(f"{step} ки" for step in STEPS)
    ids = [tokenizer.bos_token_id, *tokenizer.encode(text, add_special_tokens=False)]
    right, wrong = (tokenizer.convert_tokens_to_ids(token) for token in ("▁+", "▁-"))
    chances = logits(folder, ids)[:, [right, wrong]].softmax(-1)[:, 0]
    tag = tokenizer.convert_tokens_to_ids("▁ки")
    tags = [i for i, token in enumerate(ids) if token == tag]
    assert len(tags) == 4  # the third step says the tag itself
    return chances[[tags[0], tags[1], tags[3]]]


def er_prm(folder, tokenizer):
    text = f"{QUESTION} " + "".join(f"{step} ки" for step in STEPS)
    ids = [tokenizer.bos_token_id, *tokenizer.encode(text, add_special_tokens=False)]
    (tag,), (right,), (wrong,) = (tokenizer.encode(x, add_special_tokens=False) for x in (" ки", " +", " -"))
    tags = [i for i, token in enumerate(ids) if token == tag]
    assert len(tags) == 4  # the third step says the tag itself
    return logits(folder, ids)[:, [right, wrong]].softmax(-1)[[tags[0], tags[1], tags[3]], 0]


def math_psa(folder, tokenizer):
    ids = tokenizer.encode(f"{QUESTION} " + "".join(f"{step} \n\n\n\n\n" for step in STEPS))
    (tag,) = tokenizer.encode(" \n\n\n\n\n")
    chances = logits(folder, ids)[:, tokenizer.encode(" + -")].softmax(-1)[:, 0]
    return chances[[i for i, token in enumerate(ids) if token == tag]]


def answer_logits(folder, tokenizer, ask, start, answers):
    """Logits of one-token answers to a question about each step, after the start of an answer; [steps, answers]."""
    cand, found = [tokenizer.encode(answer)[-1] for answer in answers], []
    for i in range(len(STEPS)):
        told = f"Problem:\n{QUESTION}\n\nSolution so far:\n" + "\n".join(STEPS[: i + 1]) + f"\n\n{ask}"
        said = [{"role": "user", "content": told}]
        text = tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True) + start
        found.append(logits(folder, tokenizer.encode(text))[-1, cand])
    return torch.stack(found)


def yes_no(folder, tokenizer):
    ask = "Is the last step of this solution correct? Answer Yes or No."
    return answer_logits(folder, tokenizer, ask, "", ("Yes", "No")).softmax(-1)[:, 0]


def digits(folder, tokenizer):
    ask = (
        "Rate the last step of this solution. Look only at whether it is correct and valid, and answer with one digit "
        "from 0 (wrong) to 9 (certainly right)."
    )
    marks = answer_logits(folder, tokenizer, ask, "The quality score is: ", "0123456789").softmax(-1)
    return marks @ torch.arange(10.0) / 9


def rlhflow(folder, tokenizer):
    said, found = [], []
    for i, step in enumerate(STEPS):
        said += [{"role": "user", "content": f"{QUESTION} {step}" if i == 0 else step}]
        said += [{"role": "assistant", "content": "+"}]
        ids = tokenizer.encode(tokenizer.apply_chat_template(said, tokenize=False), add_special_tokens=False)
        cand = [tokenizer.encode(label)[-1] for label in "+-"]
        assert ids[-2] == cand[0]
        found.append(logits(folder, ids)[-3, cand].softmax(-1)[0])  # the label is predicted one token before it
    return found


def token_classification(folder, tokenizer):
    ids, marks = tokenizer.encode(QUESTION, add_special_tokens=False), []
    for step in STEPS:
        ids += tokenizer.encode(step, add_special_tokens=False) + tokenizer.encode("\n", add_special_tokens=False)
        marks.append(len(ids) - 1)
    return logits(folder, ids, AutoModelForTokenClassification).softmax(-1)[marks, 1]


def ppm(folder, tokenizer):
    ids, flags = value_ids(tokenizer)
    return (1 + (logits(folder, ids, AutoModelForTokenClassification)[flags, 0] / 5).tanh()) / 2


def reasoneval(folder, tokenizer):
    ids = [tokenizer.bos_token_id]
    ids += tokenizer.encode(f"Question:\n{QUESTION}\nAnswer:\nLet's think step by step.\n", add_special_tokens=False)
    ends = []
    for step in STEPS:
        ids += tokenizer.encode(step, add_special_tokens=False)
        ends.append(len(ids) - 1)
    chances = (hidden(folder, ids) @ tensors(folder)["score_head.weight"].T).softmax(-1)
    return chances[ends, 1] + chances[ends, 2]


FORMULAS = {
    "qwen-math-prm": qwen,
    "skywork": skywork,
    "math-shepherd": math_shepherd,
    "er-prm": er_prm,
    "math-psa": math_psa,
    "rlhflow": rlhflow,
    "pqm": pqm,
    "rstar-ppm": rstar_ppm,
    "reasoneval": reasoneval,
    "trl": token_classification,
    "ppm": ppm,
    "yes-no": yes_no,
    "digits": digits,
}


def test_every_family_has_its_formula():
    assert set(FORMULAS) == set(FAMILIES) - {"lab"}  # which is trl with a line break after the question


@pytest.mark.parametrize("family", FORMULAS)
def test_scores_are_the_published_formula(saved, family):
    tokenizer = AutoTokenizer.from_pretrained(saved[family])
    with torch.inference_mode():
        want = [float(x) for x in FORMULAS[family](saved[family], tokenizer)]
    got = load(saved[family], family).score(QUESTION, STEPS)
    assert len(want) == 3 and len({round(x, 4) for x in want}) > 1
    assert got == pytest.approx(want, abs=1e-5)


@pytest.mark.parametrize("family", FORMULAS)
def test_scores_on_the_tree_are_those_of_the_whole_text(saved, family):
    prm = load(saved[family], family)
    tree = Tree(Problem(QUESTION))
    whole = prm.score(QUESTION, STEPS)
    prm.model.forget()
    node, asks = tree.root, []
    for step in STEPS:
        other = tree.add(node, StepOutput(f"{step} or not", "delimiter", 1, 0.5, 0.5, 0.1), "reasoner", index=1)
        node = tree.add(node, StepOutput(step, "delimiter", 1, 0.5, 0.5, 0.1), "reasoner")
        answers = prm([ScoreRequest(tree, other), ScoreRequest(tree, node)])
        asks.append(answers[1].value)
    assert asks == pytest.approx(whole, abs=1e-5)
    if family != "math-shepherd":  # its sliding window does not fit on a tree
        assert answers[1].usage.forwarded_tokens < answers[1].usage.prompt_tokens


@pytest.mark.parametrize(
    ("family", "dtype"), [("qwen-math-prm", "bfloat16"), ("qwen-math-prm", "float16"), ("rlhflow", "float16")]
)
def test_half_precision_gives_the_same_scores_within_tolerance(saved, family, dtype):
    want = load(saved[family], family).score(QUESTION, STEPS)
    got = load(saved[family], family, dtype=dtype).score(QUESTION, STEPS)
    assert got == pytest.approx(want, abs=0.03)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_saturated_steps_keep_their_places(tmp_path, dtype):
    torch.manual_seed(0)
    folder = CHECKPOINTS["qwen-math-prm"](tmp_path)
    file = folder / "model.safetensors"
    weights = tensors(folder)
    weights["score.2.weight"] = torch.zeros(2, 32)
    weights["score.2.bias"] = torch.tensor([200.0, -200.0])
    save_file(weights, file, metadata={"format": "pt"})
    assert load(folder, "qwen-math-prm", dtype=dtype).score(QUESTION, STEPS) == [0.0, 0.0, 0.0]


def test_a_model_that_fits_on_no_tree_and_one_that_does_agree(saved, tmp_path):
    torch.manual_seed(2)
    narrow = shepherd(tmp_path / "narrow")
    torch.manual_seed(2)
    wide = shepherd(tmp_path / "wide", sliding_window=None)
    one, other = (load(folder, "math-shepherd") for folder in (narrow, wide))
    assert one.model._machine is None and other.model._machine is not None
    assert one.score(QUESTION, STEPS) == pytest.approx(other.score(QUESTION, STEPS), abs=1e-5)


def test_control_tokens_in_a_text_are_plain_text_and_move_no_score(saved):
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


def test_known_models_have_a_declaration_and_a_folder_may_bring_its_own(tmp_path):
    assert set(KNOWN.values()) <= set(FAMILIES)
    assert find_spec("Qwen/Qwen2.5-Math-PRM-7B") is FAMILIES["qwen-math-prm"]
    assert find_spec("some/other") == FAMILIES["trl"]
    (tmp_path / "prm.yaml").write_text("family: math-shepherd\nseparator: ' <step>'\nlabels: [' good', ' bad']\n")
    own = find_spec(str(tmp_path))
    assert (own.separator, own.labels, own.prompt) == (" <step>", (" good", " bad"), "{question} ")
    assert find_spec(str(tmp_path), "skywork") is FAMILIES["skywork"]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_declaration_survives_its_file(family):
    assert read_spec(FAMILIES[family].to_yaml(), FAMILIES) == FAMILIES[family]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("separater: x", "did you mean 'separator'"),
        ("layout: chats", "is not one of text, solution, turns, judge"),
        ("prompt: hello", "prompt has no {question}"),
        ("family: qwen", "is not one of trl"),
        ("right: [x]", "is not of the kind of"),
        ("scale: .nan", "is not of the kind of"),
        ("temperature: 0", "above 0"),
        ("isotonic: [[0.5, 0.9], [0.4, 1.0]]", "must rise"),
        ("[1, 2]", "is a mapping"),
        ("x: !!python/object/apply:os.system [echo]", "cannot be read"),
        ("head: tokens", "at least two labels"),
    ],
)
def test_a_wrong_declaration_is_one_clear_error(text, message):
    with pytest.raises(UsageError) as caught:
        read_spec(text, FAMILIES, "my.yaml")
    assert message in str(caught.value) and str(caught.value).startswith("my.yaml: ")


def test_checkpoints_without_the_declared_head_are_refused(saved):
    with pytest.raises(CheckpointError, match="should be one linear layer"):
        load_classifier(str(saved["rlhflow"]), FAMILIES["pqm"].reading())
    with pytest.raises(CheckpointError, match="the declaration reads"):
        load_classifier(str(saved["skywork"]), PRMSpec(head="tensors", tensors="v_head", right=(2,)).reading())
    with pytest.raises(CheckpointError, match="needs one of its own"):
        load_classifier(str(saved["math-shepherd"]), PRMSpec(head="tokens", labels=("é", "è")).reading())


def test_what_does_not_fit_is_an_error_and_never_cut(saved):
    with pytest.raises(ContextError):
        load(saved["trl"], "trl").score("x" * 5000, STEPS)
