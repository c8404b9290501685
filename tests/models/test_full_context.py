"""A path that fills a model's context ends there; all other paths continue."""

import pytest

from hintree import Solver
from hintree.errors import ContextError
from hintree.models import GenerationRequest, Prompt, load_model
from hintree.presets import PRESETS
from hintree.search import Beam, BestOfN, Rewrite, choose
from tests.support.scripted import random_roles, solve, solve_one
from tests.support.searches import SEARCHES, small_preset

ALL = SEARCHES | {f"preset {name}": small_preset(name).search for name in PRESETS}
QUESTION = (
    "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. (3) Cleo gets 2 more pens than Ben. "
    "How many pens does Cleo have?"
)


def with_full_context(role_models, roles, depth):
    """Return the role models, changed so that these roles raise ContextError after ``depth`` steps."""
    for role in roles:
        role_models[role].reply = lambda request, reply=role_models[role].reply: (
            ContextError("too long") if request.node.depth >= depth else reply(request)
        )
    return role_models


@pytest.mark.parametrize("roles", [("reasoner",), ("hinter",), ("teacher",), ("reasoner", "hinter", "teacher")])
@pytest.mark.parametrize("name", ALL)
def test_every_search_continues_without_paths_that_do_not_fit(name, roles):
    for depth in (1, 2, 3):
        for rule in (None, Rewrite(0.6)):
            runs = solve(with_full_context(random_roles(odd=False), roles, depth), ALL[name], rule, count=2)
            assert len(runs) == 2
            for run in runs.values():
                assert str(run.stop_reason) == "complete"
                choose(run.tree)


def test_a_full_path_fails_and_says_why():
    tree = solve_one(with_full_context(random_roles(odd=False), ["reasoner"], 2), BestOfN(8, depth=6)).tree
    ends = [node for node in tree if node.depth == 2 and not node.finished]
    assert ends and all(node.status == "failed" for node in ends)
    assert {node.reason for node in ends if node.step.text} >= {"nothing fits after it: too long"}


def test_a_teacher_with_a_full_context_removes_no_step():
    roles = with_full_context(random_roles(odd=False), ["teacher"], 1)
    runs = solve(roles, Beam(2, 3, depth=5), Rewrite(0.6), count=9)
    assert len(runs) == 9
    for run in runs.values():
        assert not any("fits" in node.reason for node in run.tree)


def test_a_question_that_does_not_fit_fails_its_problem():
    run = solve_one(with_full_context(random_roles(odd=False), ["reasoner"], 0), Beam(2, 3, depth=5))
    assert str(run.stop_reason) == "failed: too long" and isinstance(run.error, ContextError)


def test_the_context_of_a_real_model_ends_single_paths_only():
    model = load_model("embedded:student", device="cpu")
    [first] = model.generate([GenerationRequest(Prompt(QUESTION), max_tokens=1)])
    model.context = first.usage.prompt_tokens + 30  # a step or two
    cut = Solver(preset="beam", reasoner=model).solve(QUESTION)
    assert str(cut.stop_reason) == "complete" and cut.answer is not None
    assert any(f"can read {model.context}" in node.reason for node in cut.tree)
