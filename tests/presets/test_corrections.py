"""The preset of corrections, and the stage of the escalation with the shipped models."""

import json
from dataclasses import replace

import hintree
from hintree.lab import problems
from hintree.presets import PRESETS, settings_of
from hintree.presets.corrections import CORRECTIONS
from hintree.presets.settings import preset_of
from hintree.search import Budget, Problem, Revise, Rewrite, to_dict
from tests.support.scripted import random_roles, solve, trees
from tests.support.shared_models import shared_pool

ONE = CORRECTIONS["critique"]


def test_the_preset_survives_the_round_trip_through_a_study():
    again = preset_of(json.loads(json.dumps(settings_of(ONE))))
    assert (again.search, again.rewrite, again.sampling) == (ONE.search, ONE.rewrite, ONE.sampling)
    assert PRESETS["critique"] is ONE and len(ONE.about) < 120 and ONE.differs


def test_no_solution_is_below_0_and_no_teacher_is_asked():
    plain = trees(solve(random_roles(), Revise(rounds=0), count=8))
    assert trees(solve(random_roles(), replace(ONE.search, threshold=0.0), count=8)) == plain
    roles = random_roles()
    runs = solve(roles, ONE.search, count=8, budget=Budget(teacher_tokens=0))
    assert trees(runs) == trees(solve(random_roles(), ONE.search, count=8)) and not roles["teacher"].requests()
    assert sum("revise" in run.ledger.actions for run in runs.values()) >= 4


def test_the_shipped_models_correct_alike_in_any_batch():
    asked = [Problem(p.question, p.id) for p in problems("test", (2, 3), n=2, seed=5)]
    search, rule = Revise(1, threshold=1.01, depth=6), Rewrite.always(stages=("correct",), per="step", limit=1)
    options, found = {"search": search, "rewrite": rule, "scorer": "exact", "seed": 2}, []
    solver = hintree.Solver("critique", **options, pool=shared_pool())
    for live in (1, 8):
        found.append([to_dict(one.tree)["nodes"] for one in solver.solve_many(asked, live=live, progress=False)])
    texts = [[[node["step"]["text"] for node in nodes] for nodes in run] for run in found]
    assert texts[0] == texts[1]
    written_by = {node.get("action") for nodes in found[0] for node in nodes}
    assert written_by == {None, "correct", "revise"}
    assert all(node["critique_tokens"] for nodes in found[0] for node in nodes if "critique" in node)
    assert any("fault" in node for nodes in found[0] for node in nodes)
