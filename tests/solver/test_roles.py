"""The one wiring from configurations to handlers."""

import json
from inspect import unwrap
from pathlib import Path

import pytest

import hintree
from hintree import PRESETS, Solver
from hintree.errors import UsageError
from hintree.experiments.study.arms import solver_of
from hintree.experiments.study.resolve import resolve
from hintree.presets.settings import preset_of, settings_of
from hintree.search import ROLES
from hintree.solver import ModelPool, role_handlers
from hintree.yaml_file import parse
from tests.support.shared_models import shared_pool
from tests.support.small_server import lab_server

ROOT = Path(hintree.__file__).parents[1]


@pytest.fixture(scope="module")
def pool():
    return ModelPool()


@pytest.fixture(scope="module")
def studied_pool():
    """The pool of a study, which releases the models that an arm does not use."""
    return ModelPool()


def model_of(solver):
    return unwrap(solver.handlers["reasoner"].handle).model


def kinds(solver):
    return {role: (type(unwrap(h.handle)), h.parameters, h.concurrent) for role, h in solver.handlers.items()}


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_study_wires_a_preset_as_a_solver_does(name, pool, studied_pool):
    config = resolve(parse("s.yaml", f"problems: lab:test?n=1\narms: [{name}]")).data["arms"][name]
    config |= {"device": "cpu", "dtype": "float32"}
    studied = solver_of(json.loads(json.dumps(config)), 0, studied_pool, ())
    direct = Solver(name, device="cpu", dtype="float32", pool=pool)
    assert kinds(studied) == kinds(direct)
    assert (studied.search, studied.rewrite, studied.selection) == (direct.search, direct.rewrite, direct.selection)


def test_only_one_function_makes_handlers_of_models():
    makers = ("StepWriter(", "HintWriter(", "DraftScorer(")
    found = {
        file.relative_to(ROOT).as_posix()
        for folder in ("solver", "serve", "cli", "plugins", "experiments/study")
        for file in (ROOT / "hintree" / folder).rglob("*.py")
        if any(maker in file.read_text() for maker in makers)
    }
    assert found == {"hintree/solver/roles.py"}


def test_a_pool_loads_each_model_once_and_releases_what_is_not_kept(pool):
    first, second = Solver("greedy", pool=pool), Solver("greedy", pool=pool)
    assert model_of(first) is model_of(second)
    pool.keep_only(())
    third = Solver("greedy", pool=pool)
    assert model_of(third) is not model_of(first)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_settings_come_back_as_the_same_preset(name):
    one = PRESETS[name]
    again = preset_of(json.loads(json.dumps(settings_of(one))))
    assert (again.search, again.rewrite, again.sampling, again.hinting, again.selection) == (
        one.search,
        one.rewrite,
        one.sampling,
        one.hinting,
        one.selection,
    )


def test_a_teacher_that_grades_drafts_must_be_a_model():
    with pytest.raises(UsageError, match="name a teacher that is a model"):
        role_handlers({"reasoner": "embedded:student", "scorer": "judge"}, PRESETS["greedy"], ModelPool())


def test_the_roles_are_those_of_the_ledger():
    assert set(Solver("hintree", pool=shared_pool()).handlers) == set(ROLES)


def test_a_study_asks_a_grading_teacher_on_a_server_concurrently_as_a_solver_does():
    with lab_server() as server:
        name = f"{server.url}#student"
        text = f"problems: lab:test?n=1\narms:\n  a: {{preset: specreason, teacher: '{name}'}}"
        config = resolve(parse("s.yaml", text)).data["arms"]["a"]
        studied = solver_of(config, 0, ModelPool(), ())
        direct = Solver("specreason", teacher=name)
        assert kinds(studied)["scorer"] == kinds(direct)["scorer"]
        assert studied.handlers["scorer"].concurrent
