"""The selections that ask models, with the shipped ones: costs, batches, recordings, studies and budgets."""

import pytest

from hintree import Budget, Solver
from hintree.errors import UsageError
from hintree.experiments.study.arms import solver_of
from hintree.experiments.study.resolve import resolve
from hintree.lab import problems
from hintree.models import load_model
from hintree.presets import PRESETS, settings_of
from hintree.search import BestOfN, Problem, to_dict
from hintree.search.core.actions import Yield, kind_of
from hintree.solver import ModelPool
from hintree.yaml_file import parse
from tests.support.shared_models import shared_pool

ASKED = [Problem(p.question, p.id) for p in problems("test", (3, 4), n=2, seed=12)]
METHOD = {"search": BestOfN(4), "scorer": "none", "sampling": "temperature=1.2", "seed": 2}


def solved(solver, live=64):
    solver.pool.forget()
    return list(solver.solve_many(ASKED, live=live, progress=False))


def test_mutual_costs_what_its_model_counts_and_is_the_same_in_any_batch_and_from_a_recording(tmp_path):
    models = {"reasoner": load_model("embedded:student"), "verifier": load_model("embedded:student-2")}
    options = {**METHOD, "selection": "mutual"}
    together = solved(Solver("beam", **models, **options, recording=tmp_path / "run.jsonl"))
    for role, model in models.items():
        total = [sum(getattr(s.ledger[role], name) for s in together) for name in model.usage._fields]
        assert total == list(model.usage) and model.usage.calls
    checked = [node for s in together for node in s.tree if kind_of(node) is Yield.COMPLETION]
    assert len(checked) == models["verifier"].usage.calls and {node.author for node in checked} == {"verifier"}
    alone = solved(Solver("beam", **models, **options), live=1)
    again = solved(Solver("beam", **models, **options, recording=tmp_path / "run.jsonl"))
    for other in (alone, again):
        assert [(s.answer, len(s.tree), [n.step.text for n in s.tree]) for s in other] == [
            (s.answer, len(s.tree), [n.step.text for n in s.tree]) for s in together
        ]
    used = models["verifier"].usage.calls
    solved(Solver("beam", **models, **options, recording=tmp_path / "run.jsonl"))
    assert models["verifier"].usage.calls == used


def test_a_verdict_without_teacher_tokens_is_the_vote_byte_for_byte():
    pool = shared_pool()
    vote = solved(Solver("beam", **METHOD, selection="majority", pool=pool))
    broke = solved(Solver("beam", **METHOD, selection="verdict", budget=Budget(teacher_tokens=0), pool=pool))
    assert [to_dict(s.tree) for s in broke] == [to_dict(s.tree) for s in vote]
    assert [s.answer for s in broke] == [s.answer for s in vote]
    heard = solved(Solver("beam", **METHOD, selection="verdict", pool=pool))
    assert {s.ledger["teacher"].calls for s in heard} <= {0, 1} and any(s.ledger["teacher"].calls for s in heard)


def test_a_selection_brings_its_roles_and_does_not_go_without_them():
    solver = Solver("beam", selection="mutual", pool=shared_pool())
    assert solver.models["verifier"] == "embedded:student-2" and set(solver.handlers) >= {"reasoner", "verifier"}
    assert "verifier" not in Solver("beam", pool=solver.pool).handlers
    assert Solver("rstar", pool=solver.pool).models == {
        "reasoner": "embedded:student",
        "verifier": "embedded:student-2",
    }
    for role, selection in (("verifier", "mutual"), ("teacher", "verdict")):
        with pytest.raises(UsageError, match=f"{role}='none': the selection {selection} asks it"):
            Solver("beam", selection=selection, **{role: "none"})


def test_a_study_knows_the_verifier_and_arms_without_one_are_as_before():
    text = """
problems: lab:test?n=1
arms:
  a: {preset: beam}
  b: {preset: beam, selection: {choice: mutual, cuts: 2}}
  c: {preset: rstar, verifier: "embedded:teacher"}
"""
    arms = resolve(parse("s.yaml", text)).data["arms"]
    assert "verifier" not in arms["a"] and arms["a"]["selection"] == {"choice": "best", "aggregate": "last"}
    assert arms["b"]["verifier"] == "embedded:student-2" and "embedded:student-2" in arms["b"]["weights"]
    assert arms["b"]["selection"] == {"choice": "mutual", "aggregate": "last", "cuts": 2}
    assert arms["c"]["verifier"] == "embedded:teacher" == solver_of(arms["c"], 0, ModelPool(), ()).models["verifier"]
    assert settings_of(PRESETS["rstar"])["verifier"] == "embedded:student-2"
