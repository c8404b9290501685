"""Generative verifiers and the debate, on a small chat model."""

import pytest
import torch

from hintree.errors import UsageError
from hintree.models import load_model
from hintree.scorers import VERDICT_LABELS, VERIFIERS, Debate, GenerativeVerifier
from hintree.scorers.generative import PUBLISHED

UNWARNED = pytest.mark.filterwarnings("ignore:.*seldom answers with")  # the weights are random


@pytest.fixture(scope="module")
def writer(chat_model):
    return load_model(str(chat_model))


def chat_text(template, output, begin):
    """The text of a turn in the model's chat template, written out by hand."""
    for field, text in {"question": "What is 1 + 1?", "steps": "1 + 1 = 2.\nSo 2.", "output": output}.items():
        template = template.replace("{" + field + "}", text)
    return f"<|im_start|>user\n{template}<|im_end|>\n<|im_start|>assistant\n{begin}"


def greedy(writer, text, tokens):
    """The greedy continuation of a text, by plain torch."""
    ids = writer.tokenizer.encode(text, add_special_tokens=False)
    start = len(ids)
    for _ in range(tokens):
        with torch.inference_mode():
            token = int(writer.model(torch.tensor([ids])).logits[0, -1].argmax())
        if token == writer.tokenizer.eos_token_id:
            break
        ids.append(token)
    return writer.tokenizer.decode(ids[start:], skip_special_tokens=True).rstrip("\ufffd")  # a character that was cut


@UNWARNED
@pytest.mark.parametrize("name", [*VERIFIERS, "published"])
def test_a_verdict_is_read_after_the_written_analysis(writer, name):
    known = {**VERIFIERS, "published": VERIFIERS["genprm"]._replace(verdict=PUBLISHED)}
    prompt = known[name]._replace(tokens=12)
    verifier = GenerativeVerifier(writer, writer, prompt)
    scores = verifier.score("What is 1 + 1?", ["1 + 1 = 2.", "So 2."])
    output = text = ""
    for turn in prompt.turns:
        text = chat_text(turn, output, prompt.begin)
        output = prompt.begin + greedy(writer, text, 12)
    text = text.removesuffix(prompt.begin) + output
    if prompt.verdict.question:
        text += f"<|im_end|>\n<|im_start|>user\n{prompt.verdict.question}<|im_end|>\n<|im_start|>assistant\n"
    blank = "" if prompt.verdict.begin.endswith("{") else " "  # this tokenizer has no token for a blank with a letter
    text += prompt.verdict.begin + blank
    labels = [writer.tokenizer.encode(label)[0] for label in VERDICT_LABELS]
    with torch.inference_mode():
        ids = writer.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=False)
        expected = float(writer.model(torch.tensor([ids])).logits[0, -1, labels].softmax(-1)[0])
    assert scores[1] == pytest.approx(expected, abs=1e-4)


@UNWARNED
def test_chains_are_averaged_and_a_debate_votes(writer):
    reader = writer
    prompt = VERIFIERS["think"]._replace(tokens=6)
    one, three = (GenerativeVerifier(writer, reader, prompt, chains=n).score("Q?", ["a."])[0] for n in (1, 3))
    assert 0 <= three <= 1 and three != one
    votes = Debate(writer, reader, rounds=2, tokens=6).score("Q?", ["a.", "b."])
    assert len(votes) == 2 and set(votes) <= {0.0, 1 / 3, 2 / 3, 1.0}
    with pytest.raises(UsageError, match="at least one"):
        Debate(writer, reader, profiles=())
    with pytest.raises(UsageError, match="chains=0"):
        GenerativeVerifier(writer, reader, prompt, chains=0)
