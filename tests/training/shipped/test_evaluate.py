import random
from types import SimpleNamespace

import numpy as np
import pytest

from hintree.lab import problems
from hintree.lab.checker import StepVerdict
from hintree.lab.forms import CRITIQUES
from hintree.lab.scripted import scripted
from hintree.search import Beam, BestOfN, Ledger, Usage, choose
from hintree.statistics.intervals import mean_interval
from hintree.training.shipped.chains import chain, cost, run_search
from hintree.training.shipped.evaluate import accuracy, evaluate, first_errors
from hintree.training.shipped.evaluate_forms import cases_after
from hintree.training.shipped.evaluate_prm import best_of_n, first_error_f1
from hintree.training.shipped.evaluate_smart import NEAR, smart_figures
from hintree.training.shipped.rows import steps_of
from hintree.training.shipped.table import as_table

ASKED = list(problems("test", range(3, 7), n=80, seed=4))
SIZES = {"reasoner": 1_000_000, "teacher": 10_000_000, "scorer": 1_000_000}


def scored_chain(*pairs):
    """A solution as (score, right) per step."""
    nodes = [SimpleNamespace(score=score) for score, _ in pairs]
    return SimpleNamespace(nodes=nodes, verdicts=[StepVerdict(right, "" if right else "operand") for _, right in pairs])


def f1(*chains, threshold=0.5):
    return first_error_f1(chains, lambda node: node.score, threshold)


def test_a_critique_that_finds_nothing_keeps_a_right_step_and_mends_no_wrong_one():
    problem = ASKED[0]
    right, nothing, other = steps_of(problem)[0], CRITIQUES[""], "(1) is not needed."
    cases = {case.form: case.right for case in cases_after(random.Random(1), problem, [])}
    kept, mended = cases["right step kept after its critique"], cases["wrong step mended after its critique"]
    assert kept([nothing]) and kept([nothing, "no step"]) and kept([other, right])
    assert not kept([other]) and not kept([other, "no step"])
    assert mended([other, right]) and not mended([other, "no step"]) and not mended([nothing, right])


def test_the_f1_is_the_harmonic_mean_of_two_accuracies():
    found = scored_chain((0.9, True), (0.2, False), (0.1, False))
    late = scored_chain((0.9, False), (0.2, False))
    clean = scored_chain((0.9, True), (0.8, True))
    alarm = scored_chain((0.9, True), (0.3, True))
    assert f1(found, clean) == 1.0
    assert f1(found, late, clean) == pytest.approx(2 * 0.5 * 1 / 1.5)
    assert f1(found, late, clean, clean, alarm) == pytest.approx(2 * (1 / 2) * (2 / 3) / (1 / 2 + 2 / 3))
    assert f1(late, alarm) == 0.0


def test_a_perfect_scorer_chooses_a_right_solution_where_there_is_one():
    roles = scripted(ASKED, error_rate=0.25, auc=1 - 1e-9)
    runs = run_search(ASKED, BestOfN(8), {"reasoner": roles["reasoner"], "scorer": roles["scorer"]})
    figures = best_of_n(runs, ASKED)
    possible = [
        any(n.step.answer == str(p.answer) for n in run.tree if n.status == "terminal")
        for run, p in zip(runs, ASKED, strict=True)
    ]
    assert figures["best by prm"]["value"] == pytest.approx(np.mean(possible), abs=1e-4)
    vote = np.mean([choose(r.tree, "majority").answer == str(p.answer) for r, p in zip(runs, ASKED, strict=True)])
    assert figures["majority"]["value"] == pytest.approx(vote, abs=1e-4)
    assert figures["gain of best by prm over majority"]["value"] == pytest.approx(np.mean(possible) - vote, abs=1e-3)


def test_smart_takes_the_lowest_threshold_that_is_near_the_teacher_on_validation_problems():
    held_out = list(problems("validation", range(3, 7), n=80, seed=4))
    roles = scripted([*ASKED, *held_out], error_rate=0.2, teacher_error_rate=0.0, auc=0.995)
    sized = {role: roles[role]._replace(parameters=size) for role, size in SIZES.items()}
    forgotten = []
    figures = smart_figures(sized, ASKED, held_out, lambda: forgotten.append(1))
    tried = {float(t): right for t, right in figures["validation"].items() if t != "wanted"}
    near = [t for t, right in tried.items() if right >= figures["validation"]["wanted"]]
    assert figures["threshold"] == min(near)
    assert figures["share of the teacher's accuracy"] > NEAR - 0.05
    costs, alone = figures["cost"], figures["cost, teacher alone"]
    assert list(costs) == ["student", "teacher", "scorer"] and len(forgotten) == 2
    assert 0 < costs["teacher"]["tokens"] < alone["tokens"] < costs["scorer"]["tokens"]
    assert all(0 < costs[role]["gflops"] < alone["gflops"] for role in ("student", "teacher"))


def test_a_cost_is_the_mean_of_what_the_roles_generate_or_read_and_compute():
    ledgers = [Ledger(), Ledger()]
    ledgers[0]["reasoner"].add(Usage(1, 50, 40, 30), 1_000_000, 1.0)
    ledgers[1]["reasoner"].add(Usage(1, 50, 20, 10), 1_000_000, 1.0)
    ledgers[1]["scorer"].add(Usage(1, 200, 100), 5_000_000, 1.0)
    assert cost(ledgers, "reasoner") == {"tokens": 20.0, "gflops": 0.06}
    assert cost(ledgers, "scorer") == {"tokens": 100.0, "gflops": 0.5}
    assert cost(ledgers) == {"tokens": 120.0, "gflops": 0.56}


def test_accuracy_counts_by_length_and_family():
    runs = run_search(ASKED, Beam(1, 1), {"reasoner": scripted(ASKED, error_rate=0.2)["reasoner"]})
    chains = [chain(p, choose(r.tree).node, r.ledger) for p, r in zip(ASKED, runs, strict=True)]
    figures = accuracy(chains)
    assert figures["tokens"] == round(sum(c.ledger["reasoner"].generated_tokens for c in chains) / 80, 1)
    right = sum(c.right for c in chains)
    assert figures["all"]["value"] == pytest.approx(right / 80, abs=1e-4)
    for part in ("steps", "family"):
        assert sum(x["n"] for x in figures[part].values()) == 80
        assert sum(round(x["value"] * x["n"]) for x in figures[part].values()) == right
    assert sum(first_errors(chains).values()) == 80 - right


def test_the_mean_lies_within_its_interval_which_narrows_with_more_cases():
    rng = np.random.default_rng(1)
    few, many = (mean_interval((rng.random(n) < 0.3).astype(float)) for n in (50, 5000))
    assert few.low < few.value < few.high
    assert many.high - many.low < (few.high - few.low) / 5
    assert many.low < 0.3 < many.high


@pytest.mark.slow
def test_the_shipped_models_are_measured_by_one_command():
    figures = evaluate(None, n=20, seed=0)
    table = as_table(figures)
    for name in figures["arms"]:
        assert f"| {name} |" in table
        assert figures["arms"][name]["tokens"] > 0 and figures["arms"][name]["gflops"] > 0
    assert "SMART" in table and "F1" in table
    assert figures["arms"]["student, hinter"]["gflops"] > figures["arms"]["student"]["gflops"]
