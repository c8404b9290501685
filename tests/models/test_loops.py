"""A model that loops inside a step: the step ends early and keeps what it stated before; other texts are unchanged."""

import pytest
import torch

from hintree import Solver
from hintree.models import GenerationRequest, Prompt, load_model
from hintree.models.local.model import LocalModel
from hintree.models.local.sampler import LOOP_CHECK
from hintree.models.remote.model import RemoteModel
from hintree.search import Beam, Rejection
from hintree.search.core.loops import before_loop, loops
from tests.support.small_server import Quirks, SmallServer, answer

LOOPING = "6 + 12 = 18. The answer is 18." + " The answer is 18." * 40
"""Output of a model that runs into its length limit."""


@pytest.fixture(scope="module")
def model(chat_model):
    """A model whose next token depends on the last one alone, so that its greedy texts end in a cycle."""
    loaded = load_model(str(chat_model), device="cpu")
    with torch.no_grad():
        for layer in loaded.model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
    return loaded


def greedy(question, **options):
    return GenerationRequest(Prompt(question), **{"max_tokens": 500, **options})


QUESTIONS = ["What is 2 + 2?", "Name a colour.", "How many?", "Why?"]


def test_a_loop_ends_the_text_within_a_check_and_keeps_what_stood_before(model):
    free = model.generate([greedy(question) for question in QUESTIONS])
    cut = model.generate([greedy(question, repeats=3) for question in QUESTIONS])
    looped = [i for i, done in enumerate(free) if loops(done.text, 3)]
    assert looped, "no text of this model loops any more: choose other questions"
    for i in looped:
        tokens = cut[i].usage.generated_tokens
        texts = [model.tokenizer.decode(free[i].token_ids[:n]) for n in range(LOOP_CHECK, 501, LOOP_CHECK)]
        first = next(n for n, text in enumerate(texts, 1) if loops(text, 3))
        assert (cut[i].ended, tokens) == ("loop", first * LOOP_CHECK)
        assert free[i].text.startswith(cut[i].text) and cut[i].text == before_loop(texts[first - 1], 3)
        assert cut[i].probabilities == free[i].probabilities[: len(cut[i].probabilities)]
        assert len(cut[i].probabilities) == len(cut[i].entropies) < tokens
        assert cut[i].token_ids == ()


def test_cutting_loops_depends_on_no_other_text_and_on_no_cache(model):
    asked = [greedy(q, repeats=3, temperature=t, seed=5) for q in QUESTIONS for t in (0.0, 0.7)]
    together = [(done.text, done.ended) for done in model.generate(asked)]
    assert together == [(done.text, done.ended) for one in asked for done in model.generate([one])]
    rows = LocalModel("rows", model.model, model.tokenizer, tree=False)
    assert together == [(done.text, done.ended) for done in rows.generate(asked)]


def test_without_the_setting_a_loop_runs_on(model):
    assert {done.ended for done in model.generate([greedy(q, max_tokens=300) for q in QUESTIONS])} <= {"length", "end"}


@pytest.fixture
def looping_server():
    """A server whose steps loop until their length limit; its probes, which are short, are answered by the student."""

    def reply(path, body):
        if body is None or body.get("max_tokens", 0) < 300:
            return answer(Quirks(), path, body)
        choice = {"index": 0, "finish_reason": "length", "message": {"role": "assistant", "content": LOOPING}}
        return 200, {"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 512}}

    with SmallServer(reply) as server:
        yield f"{server.url}/chat/completions#student"


def test_a_servers_step_is_cut_at_its_loop_and_keeps_the_answer_stated_before(looping_server):
    solution = Solver("greedy", reasoner=RemoteModel(looping_server)).solve("How many are 6 and 12 together?")
    [step] = solution.steps
    assert (solution.answer, step.status, step.step.ended) == ("18", "terminal", "loop")
    assert (step.step.text, step.step.tokens) == ("6 + 12 = 18. The answer is 18.", 512)


def test_without_the_setting_a_servers_loop_is_continued_until_the_paths_tokens_are_spent(looping_server):
    search = Beam(1, 1, repeats=0, path_tokens=1500)
    solution = Solver("greedy", reasoner=RemoteModel(looping_server), search=search).solve("How many are 6 and 12?")
    assert (solution.answer, [node.step.ended for node in solution.tree.nodes[1:]]) == (None, ["length"] * 3)
    assert solution.tree.nodes[-1].rejected_because is Rejection.OUT_OF_TOKENS
