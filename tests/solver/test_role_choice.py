"""The model of every role: roles turned off, and those of a reasoner that is not shipped."""

import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import hintree
from hintree import PRESETS, Solver
from hintree.cli import main
from hintree.presets.preset import DEFAULT_MODELS
from hintree.search import ROLES
from hintree.solver import ModelPool
from hintree.solver.role_choice import choose_models, say_alone, say_own, usual_preset

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
SHIPPED = Path(hintree.__file__).parent / "models" / "embedded"


@pytest.fixture(scope="module")
def pool():
    return ModelPool()


@pytest.fixture
def fresh_log(caplog):
    """The log, with nothing told before."""
    say_alone.cache_clear()
    say_own.cache_clear()
    caplog.set_level(logging.WARNING)
    return caplog


def given(**models):
    return {role: models.get(role) for role in ROLES}


def test_a_role_that_is_turned_off_takes_its_stages_with_it():
    rule = PRESETS["hintree"].rewrite
    no_hinter, models = choose_models(PRESETS["hintree"], given(hinter="none"))
    assert no_hinter.rewrite == replace(rule, stages=("teacher",)) and set(models) == {*ROLES} - {"hinter"}
    no_teacher, _ = choose_models(PRESETS["hintree"], given(teacher="none"))
    assert no_teacher.rewrite == replace(rule, stages=("hint",))
    neither, models = choose_models(PRESETS["hintree"], given(teacher="none", hinter="none", scorer="none"))
    assert neither.rewrite is None and set(models) == {"reasoner"}


def test_no_role_that_is_turned_off_is_asked_and_no_preset_is_left_without_a_sentence(pool):
    solver = Solver("hintree", hinter="none", scorer="none", teacher="none", pool=pool)
    solution = solver.solve(QUESTION)
    assert [role for role in ROLES if solution.ledger[role].calls] == ["reasoner"] and solution.answer == "7"
    for preset, role in (("glimprouter", "teacher"), ("steer", "teacher"), ("lorid", "hinter")):
        with pytest.raises(hintree.UsageError, match=rf"{role}='none': the search .* without a {role}"):
            Solver(preset, **{role: "none"}, pool=pool)
    with pytest.raises(hintree.UsageError, match="name a teacher that is a model"):
        Solver("specreason", teacher="none", pool=pool)


def test_the_command_line_turns_roles_off(capsys):
    assert main(["solve", QUESTION, "--preset", "hinted", "--hinter", "none", "--json"]) == 0
    assert '"hinter": {"calls": 0' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({}, {"hinter": "m", "teacher": "m", "scorer": "judge"}),
        ({"teacher": "t"}, {"hinter": "m", "teacher": "t", "scorer": "judge"}),
        ({"teacher": "none"}, {"hinter": "m", "scorer": "judge:reasoner"}),
        ({"teacher": "embedded:teacher"}, {"hinter": "m", "teacher": "embedded:teacher", "scorer": "judge:reasoner"}),
        ({"scorer": "embedded:prm", "hinter": "none"}, {"teacher": "m", "scorer": "embedded:prm"}),
    ],
)
def test_a_reasoner_from_elsewhere_gets_no_shipped_model_that_is_not_named(named, expected):
    _, models = choose_models(PRESETS["hintree"], given(reasoner="m", **named))
    assert models == {"reasoner": "m", **expected}


def test_a_shipped_reasoner_keeps_the_shipped_models():
    assert usual_preset(None) == usual_preset("embedded:student-2") == "hintree"
    _, models = choose_models(PRESETS["hintree"], given(reasoner="embedded:student-2"))
    assert models == {**DEFAULT_MODELS, "reasoner": "embedded:student-2"}


def test_a_reasoner_from_elsewhere_alone_solves_greedily_and_says_so_once(fresh_log, tmp_path, pool, capsys):
    name = str(shutil.copytree(SHIPPED / "student", tmp_path / "mine"))
    assert usual_preset(name) == "greedy"
    solver = Solver(reasoner=name, protocol="lab", pool=pool)
    assert (solver.preset_name, set(solver.handlers)) == ("greedy", {"reasoner"})
    assert [record.message for record in fresh_log.records] == [
        f"{name} is not a shipped model, so it solves alone (preset greedy); name a preset, such as hintree, "
        "to search with hints and scores"
    ]
    fresh_log.clear()
    for _ in range(2):
        beam = Solver("beam", reasoner=name, protocol="lab", pool=pool)
    assert beam.models == {"reasoner": name, "scorer": "judge:reasoner"}
    assert all(node.score is not None for node in beam.solve(QUESTION).steps)
    [said] = [record.message for record in fresh_log.records]
    assert said.startswith(f"{name} is not a shipped model and has no others beside it, so it gets scorer: ")
    assert main(["solve", QUESTION, "--reasoner", name, "--protocol", "lab", "--json"]) == 0
    assert '"preset": "greedy"' in capsys.readouterr().out
