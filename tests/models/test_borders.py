"""The border between two steps: a model reads the tokens that it wrote, whatever their text would be tokenized as."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from hintree.models.local.model import LocalModel
from hintree.models.local.text import added_text, continuing, encode, fingerprint, raw
from hintree.policies import Protocol, Sampling, StepRule, StepWriter
from hintree.search import Hint, Problem, StepOutput, StepRequest, Tree
from hintree.solver.recorded_values import pack, unpack
from hintree.solver.request_keys import key_of
from tests.support.checkpoints import CHATML
from tests.support.text_tokenizers import STYLES

PROBLEM = Problem("How many pens?\n\n  x = 1")


def tiny_model(style, template=CHATML):
    tokenizer = STYLES[style]()
    tokenizer.chat_template = template
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        initializer_range=0.6,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LocalModel(style, LlamaForCausalLM(config), tokenizer)


def grow(model, rule, steps):
    """A greedy path of so many steps, and the writer that wrote it."""
    writer = StepWriter(model, Sampling(), protocol=Protocol(name="test", step=rule))
    tree = Tree(PROBLEM)
    node = tree.root
    for _ in range(steps):
        [response] = writer([StepRequest(tree, node)])
        node = tree.add(node, response.value, "reasoner")
        if node.finished:
            break
    return writer, node.path()


def stock(model, prompt, tokens):
    """The tokens that transformers' own greedy ``generate`` writes after a prompt."""
    ids = torch.tensor([prompt])
    out = model.model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False)
    return out[0, len(prompt) :].tolist()


RULES = (StepRule(by="tokens", max_tokens=5), StepRule(by="pattern", pattern="[aeio]", max_tokens=9))


@pytest.mark.parametrize("rule", RULES, ids=["tokens", "pattern"])
@pytest.mark.parametrize("template", [CHATML, None])
@pytest.mark.parametrize("style", STYLES)
def test_greedy_steps_are_the_tokens_of_one_generation(style, template, rule):
    model = tiny_model(style, template)
    writer, path = grow(model, rule, 12 if rule.by == "tokens" else 40)
    written = [token for node in path for token in node.step.token_ids]
    first = encode(model.tokenizer, writer.format.step(PROBLEM, [], None))
    assert len(written) > 20
    assert written == stock(model, first, len(written))
    assert encode(model.tokenizer, writer.format.step(PROBLEM, path, None)) == first + written


@pytest.mark.parametrize("style", STYLES)
def test_a_character_whose_tokens_are_cut_apart_is_whole_in_the_text(style):
    tokenizer = STYLES[style]()
    text = "a ñ🚀 語中 b"
    before, ids = raw(tokenizer, "x"), continuing(tokenizer, text)
    assert len(ids) > 10
    for cut in range(1, len(ids)):
        first = added_text(tokenizer, before, ids[:cut]).rstrip("\ufffd")
        assert first + added_text(tokenizer, before + ids[:cut], ids[cut:]) == text


@pytest.mark.parametrize("style", STYLES)
def test_the_text_alone_would_give_other_tokens_and_other_models_read_it(style):
    tokenizer = tiny_model(style).tokenizer
    written = raw(tokenizer, "He has 12.")[:-1] + raw(tokenizer, ".")[-1:] + raw(tokenizer, "\n")[-1:] * 2
    step = StepOutput("He has 12.", "delimiter", 9, 1.0, 1.0, 0.0, token_ids=tuple(written), tokenizer="another")
    model = tiny_model(style)
    writer = StepWriter(model, Sampling(), protocol=Protocol(name="test"))
    own = step._replace(tokenizer=fingerprint(model.tokenizer))
    ends = {}
    for name, output in (("own", own), ("foreign", step)):
        tree = Tree(PROBLEM)
        node = tree.add(tree.root, output, "reasoner")
        ends[name] = encode(model.tokenizer, writer.format.step(PROBLEM, node.path(), None))
    assert ends["own"][-len(written) :] == written
    assert model.tokenizer.decode(ends["foreign"]).endswith("He has 12.\n\n")


@pytest.mark.parametrize("style", STYLES)
def test_a_hint_between_steps_is_tokenized_as_in_running_text(style):
    model = tiny_model(style)
    writer, path = grow(model, StepRule(by="tokens", max_tokens=5, joint=""), 2)
    prompt = writer.format.step(PROBLEM, path, Hint("look at the pens"))
    ids = encode(model.tokenizer, prompt)
    written = [token for node in path for token in node.step.token_ids]
    first = encode(model.tokenizer, writer.format.step(PROBLEM, [], None))
    hint = ids[len(first) + len(written) :]
    assert ids[: len(first) + len(written)] == first + written
    whole = raw(model.tokenizer, "\nHint: look at the pens\n")
    assert whole[-len(hint) :] == hint


def test_a_recording_keeps_the_tokens():
    tree = Tree(PROBLEM)
    step = StepOutput("a", "delimiter", 2, 1.0, 1.0, 0.0, None, -0.5, 0.5, 0.1, token_ids=(5, 6), tokenizer="t")
    assert unpack(StepRequest(tree, tree.root), pack(step)) == step
    old = StepOutput("a", "delimiter", 2, 1.0, 1.0, 0.0, None, -0.5, 0.5, 0.1)
    assert len(pack(old)) == 10 and unpack(StepRequest(tree, tree.root), pack(old)) == old


def test_a_recording_serves_its_own_protocol_and_conversation_only():
    def key(problem, protocol=""):
        tree = Tree(problem)
        return key_of(StepRequest(tree, tree.root), protocol)

    plain = Problem("Q?", "id")
    others = [
        key(plain, "boxed"),
        key(Problem("Q?", "id", system="S")),
        key(Problem("Q?", "id", turns=(("user", "x"),))),
    ]
    assert len({key(plain), *others}) == 4
