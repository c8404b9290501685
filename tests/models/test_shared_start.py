"""Prompts of different problems that begin alike: their start is computed once, and changes no text."""

import pytest

from hintree.models import Completion, GenerationRequest, Prompt, load_model
from hintree.models.local.text import encode
from tests.support.checkpoints import save_chat_model

SYSTEM = "Solve the problem step by step. Put the answer into a box at the end of the solution."
QUESTIONS = ["How many pens?", "How many cups are left?", "Who has more?"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(str(save_chat_model(tmp_path_factory.mktemp("chat"))))


def requests(questions, system=SYSTEM):
    return [GenerationRequest(Prompt(q, "So", system), 3, 0.8, max_tokens=12, group=q) for q in questions]


def solved(model, asked):
    done = model.generate(asked)
    assert all(isinstance(one, Completion) for one in done)
    return [one.text for one in done], [one.usage.forwarded_tokens for one in done]


def distinct(model, asked):
    """Number of different prefixes of the prompts."""
    texts = [tuple(encode(model.tokenizer, request.prompt)) for request in asked]
    return len({text[: i + 1] for text in texts for i in range(len(text))})


@pytest.mark.parametrize("together", [True, False], ids=["in one call", "one call after another"])
def test_the_start_is_computed_once_and_changes_no_text(model, together):
    asked, alone = requests(QUESTIONS), []
    for request in asked:
        model.forget()
        alone += solved(model, [request])[0]
    model.forget()
    rounds = [solved(model, part) for part in ([asked] if together else [[request] for request in asked])]
    assert [text for texts, _ in rounds for text in texts] == alone
    computed = sum(tokens for _, counts in rounds for tokens in counts)
    generated = len(asked) * 12  # at most; the last of each text is not computed
    assert distinct(model, asked) <= computed < distinct(model, asked) + generated


def test_labels_are_read_after_a_shared_start(model):
    prompts = [Prompt(q, "Answer:", SYSTEM) for q in QUESTIONS]
    model.forget()
    shared = model.read_labels(prompts, ("yes", "no"), groups=QUESTIONS)
    alone = []
    for prompt, question in zip(prompts, QUESTIONS, strict=True):
        model.forget()
        alone += model.read_labels([prompt], ("yes", "no"), groups=[question])
    assert [one.probabilities for one in shared] == [pytest.approx(one.probabilities, abs=1e-6) for one in alone]
    before, after = (sum(one.usage.forwarded_tokens for one in found) for found in (alone, shared))
    assert after < before - len(SYSTEM)  # tokens of this model are bytes; two of three starts are saved


def test_texts_that_are_done_make_room_within_a_call(tmp_path):
    model = load_model(str(save_chat_model(tmp_path / "chat")), cache_bytes=150_000)
    questions = [f"Box {i} holds {i} pens. " * 12 + "How many pens?" for i in range(12)]
    peak, evict = [], model.cache.evict

    def watched(**needed):
        evict(**needed)
        peak.append(model.cache.bytes)

    model.cache.evict = watched
    solved(model, requests(questions, system=""))
    per_text = len(encode(model.tokenizer, requests(questions[:1], system="")[0].prompt)) * 2 * 2 * 2 * 8 * 4
    assert 12 * per_text > 3 * 150_000
    assert len(peak) > 3 and max(peak) < 2 * 150_000
