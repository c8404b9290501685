"""The published formula of every PRM family, computed by plain torch on the whole text.

A formula takes (checkpoint folder, tokenizer) and returns one score per step of ``STEPS``.
"""

from functools import cache

import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForTokenClassification

from hintree.scorers import FAMILIES

QUESTION = "Ana has 4 pens. How many?"
STEPS = ["Step 1: 4 + 1 = 5", "Step 2: so +, then -", "The answer is 5 ки."]


@cache
def reference_model(folder, kind):
    return kind.from_pretrained(folder).eval()


def hidden(folder, ids):
    return reference_model(folder, AutoModel)(torch.tensor([ids])).last_hidden_state[0]


def logits(folder, ids, kind=AutoModelForCausalLM):
    return reference_model(folder, kind)(torch.tensor([ids])).logits[0]


def tensors(folder):
    return load_file(folder / "model.safetensors")


def qwen(folder, tokenizer):
    system = "Please reason step by step, and put your final answer within \\boxed{}."
    turns = [{"role": "system", "content": system}, {"role": "user", "content": QUESTION}]
    turns += [{"role": "assistant", "content": "".join(f"{step}<extra_0>" for step in STEPS)}]
    ids = tokenizer.encode(tokenizer.apply_chat_template(turns, tokenize=False), add_special_tokens=False)
    x, w = hidden(folder, ids), tensors(folder)
    inner = torch.relu(x @ w["score.0.weight"].T + w["score.0.bias"])
    probabilities = (inner @ w["score.2.weight"].T + w["score.2.bias"]).softmax(-1)[:, 1]
    return [probabilities[i] for i, token in enumerate(ids) if token == tokenizer.convert_tokens_to_ids("<extra_0>")]


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
    probabilities = logits(folder, ids)[:, [right, wrong]].softmax(-1)[:, 0]
    tag = tokenizer.convert_tokens_to_ids("▁ки")
    tags = [i for i, token in enumerate(ids) if token == tag]
    assert len(tags) == 4  # the third step contains the tag itself
    return probabilities[[tags[0], tags[1], tags[3]]]


def er_prm(folder, tokenizer):
    text = f"{QUESTION} " + "".join(f"{step} ки" for step in STEPS)
    ids = [tokenizer.bos_token_id, *tokenizer.encode(text, add_special_tokens=False)]
    (tag,), (right,), (wrong,) = (tokenizer.encode(x, add_special_tokens=False) for x in (" ки", " +", " -"))
    tags = [i for i, token in enumerate(ids) if token == tag]
    assert len(tags) == 4  # the third step contains the tag itself
    return logits(folder, ids)[:, [right, wrong]].softmax(-1)[[tags[0], tags[1], tags[3]], 0]


def med_prm(folder, tokenizer, documents=()):
    shown = "".join(f"Document {i}: {text}\n\n" for i, text in enumerate(documents, 1))
    steps = "".join(f" Step {i}: {step} ки" for i, step in enumerate(STEPS, 1))
    turns = [
        {"role": "system", "content": FAMILIES["med-prm"].system},
        {"role": "user", "content": f"{shown}Question: {QUESTION}\n\nExplanation:{steps}"},
    ]
    ids = tokenizer.encode(tokenizer.apply_chat_template(turns, tokenize=False), add_special_tokens=False)
    (tag,), (right,), (wrong,) = (tokenizer.encode(x, add_special_tokens=False) for x in (" ки", " +", " -"))
    tags = [i for i, token in enumerate(ids) if token == tag]
    assert len(tags) == 4  # the third step contains the tag itself
    return logits(folder, ids)[:, [right, wrong]].softmax(-1)[[tags[0], tags[1], tags[3]], 0]


def math_psa(folder, tokenizer):
    ids = tokenizer.encode(f"{QUESTION} " + "".join(f"{step} \n\n\n\n\n" for step in STEPS))
    (tag,) = tokenizer.encode(" \n\n\n\n\n")
    probabilities = logits(folder, ids)[:, tokenizer.encode(" + -")].softmax(-1)[:, 0]
    return probabilities[[i for i, token in enumerate(ids) if token == tag]]


def answer_logits(folder, tokenizer, instruction, start, answers):
    """Logits of one-token answers to a prompt about each step, after the start of a response; [steps, answers]."""
    candidates, found = [tokenizer.encode(answer)[-1] for answer in answers], []
    for i in range(len(STEPS)):
        prompt = f"Problem:\n{QUESTION}\n\nSolution so far:\n" + "\n".join(STEPS[: i + 1]) + f"\n\n{instruction}"
        turns = [{"role": "user", "content": prompt}]
        text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True) + start
        found.append(logits(folder, tokenizer.encode(text))[-1, candidates])
    return torch.stack(found)


def yes_no(folder, tokenizer):
    instruction = "Is the last step of this solution correct? Answer with Yes or No."
    return answer_logits(folder, tokenizer, instruction, "Answer: ", ("Yes", "No")).softmax(-1)[:, 0]


def digits(folder, tokenizer):
    instruction = (
        "Rate the last step of this solution. Look only at whether it is correct and valid, and answer with one digit "
        "from 0 (wrong) to 9 (certainly right)."
    )
    marks = answer_logits(folder, tokenizer, instruction, "Score: ", "0123456789").softmax(-1)
    return marks @ torch.arange(10.0) / 9


def rlhflow(folder, tokenizer):
    turns, found = [], []
    for i, step in enumerate(STEPS):
        turns += [{"role": "user", "content": f"{QUESTION} {step}" if i == 0 else step}]
        turns += [{"role": "assistant", "content": "+"}]
        ids = tokenizer.encode(tokenizer.apply_chat_template(turns, tokenize=False), add_special_tokens=False)
        labels = [tokenizer.encode(label)[-1] for label in "+-"]
        assert ids[-2] == labels[0]
        found.append(logits(folder, ids)[-3, labels].softmax(-1)[0])  # the label is predicted one token before it
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
    probabilities = (hidden(folder, ids) @ tensors(folder)["score_head.weight"].T).softmax(-1)
    return probabilities[ends, 1] + probabilities[ends, 2]


FORMULAS = {
    "qwen-math-prm": qwen,
    "skywork": skywork,
    "math-shepherd": math_shepherd,
    "er-prm": er_prm,
    "math-psa": math_psa,
    "rlhflow": rlhflow,
    "pqm": pqm,
    "rstar-ppm": rstar_ppm,
    "med-prm": med_prm,
    "reasoneval": reasoneval,
    "trl": token_classification,
    "ppm": ppm,
    "yes-no": yes_no,
    "digits": digits,
}
