from types import SimpleNamespace

import numpy as np
import pytest

from hintree.experiments.report import accuracy, costs
from hintree.experiments.report.budgets import common_name, lines
from tests.support.report_study import ARMS, by_arm


def test_tokens_are_those_of_the_ledgers(done, results):
    rows = by_arm(costs.tokens_table(results))
    for arm in ARMS:
        ledgers = [s.ledger for (a, _, _), s in done[1].items() if a == arm]
        for role in ("reasoner", "hinter", "teacher"):
            booked = "reasoner" if (arm, role) == ("teacher", "teacher") else role
            mean = (
                0 if (arm, role) == ("teacher", "reasoner") else np.mean([x[booked].generated_tokens for x in ledgers])
            )
            assert rows[arm][role].value == pytest.approx(mean)
        assert rows[arm]["discarded"].value == pytest.approx(np.mean([x.total("discarded_tokens") for x in ledgers]))


def test_the_teachers_share_has_four_meanings(done, results):
    rows = by_arm(costs.teacher_table(results))
    heads = [head for head in rows["teacher"] if head.startswith("of ")]
    assert len(heads) == 4
    assert all(rows["teacher"][head].value == 1 and rows["student"][head].value == 0 for head in heads)
    escalation = [s for (arm, _, _), s in done[1].items() if arm == "rewrites 200"]
    wrote = [(node.step.tokens, node.author == "teacher") for s in escalation for node in s.steps]
    row = rows["rewrites 200"]
    assert row["of returned steps, %"].value == pytest.approx(np.mean([by for _, by in wrote]))
    assert row["of returned tokens, %"].value == pytest.approx(
        sum(t for t, by in wrote if by) / sum(t for t, _ in wrote)
    )
    spent = sum(s.ledger["teacher"].generated_tokens for s in escalation)
    whole = sum(s.ledger["reasoner"].generated_tokens for (arm, _, _), s in done[1].items() if arm == "teacher")
    assert row["teacher tokens saved, %"].value == pytest.approx(1 - spent / whole) and spent > 0


def test_gflops_by_role_are_those_of_the_ledgers_and_add_up(done, results):
    row = by_arm(costs.cost_table(results))["beam"]
    ledgers = [s.ledger for (arm, _, _), s in done[1].items() if arm == "beam"]
    for role in ("reasoner", "scorer"):
        assert row[f"{role} GFLOPs"].value == pytest.approx(np.mean([x[role].flops for x in ledgers]) / 1e9)
    assert row["GFLOPs"].value - row["GFLOPs without scorer"].value == pytest.approx(row["scorer GFLOPs"].value) and (
        row["scorer tokens"].value == np.mean([x["scorer"].prompt_tokens for x in ledgers]) > 0
    )
    right = by_arm(accuracy.accuracy_table(results))["beam"]["right, %"].value
    solved = by_arm(costs.compute_table(results))["beam"]
    assert solved["GFLOPs per solved"].value == pytest.approx(row["GFLOPs"].value / right)
    assert 0 < solved["seconds"].value == pytest.approx(np.mean([ledger.total("seconds") for ledger in ledgers]))


def test_arms_that_differ_in_a_threshold_or_a_budget_only_are_joined():
    def arm(rewrite=None, search=None, **budget):
        return {"search": search or {"name": "beam"}, "rewrite": rewrite, "budget": budget}

    arms = {
        "greedy": arm(),
        "rsd / 0.9": arm({"threshold": 0.9, "final": True}),
        "rsd / 0.05": arm({"threshold": 0.05, "final": True}),
        "smart": arm({"threshold": 0.5, "final": False}),
        "beam / 600": arm(search={"name": "beam", "width": 4}, tokens=600),
        "router / 0.5": arm(search={"name": "router", "threshold": 0.5}),
        "router / 0.1": arm(search={"name": "router", "threshold": 0.1}),
        "beam / 300": arm(search={"name": "beam", "width": 2}, tokens=300),
    }
    found = lines(SimpleNamespace(arms=arms))
    assert found == [
        ["greedy"],
        ["rsd / 0.05", "rsd / 0.9"],
        ["smart"],
        ["beam / 300", "beam / 600"],
        ["router / 0.1", "router / 0.5"],
    ]
    assert [common_name(line) for line in found[1:2]] == ["rsd"]
