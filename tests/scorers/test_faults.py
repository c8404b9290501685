"""Faults that scorers suspect of a wrong step."""

import pytest

from hintree.lab.controls import ExactScorer
from hintree.scorers.base import Prefix
from hintree.scorers.ensemble import Ensemble
from hintree.scorers.symbolic import SymbolicCheck
from hintree.search import Fault, Response, Usage

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
STEP = "(2) Ben gets 3 more pens than Ana. Ana has {}. {} {} 3 = {}. Ben has {}."


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (STEP.format(4, 4, "+", 7, 7), None),
        (STEP.format(4, 4, "+", 8, 8), Fault.ARITHMETIC),
        (STEP.format(5, 5, "+", 8, 8), Fault.NUMBER),
        (STEP.format(4, 4, "-", 1, 1), Fault.OPERATION),
        ("Ben has 7.", Fault.FORM),
        ("The answer is 9.", Fault.NUMBER),
    ],
)
def test_the_exact_scorer_names_the_fault_of_a_lab_step(step, fault):
    [found] = ExactScorer().score_prefixes([Prefix(QUESTION, (step,), 0)])
    assert (found.value, found.fault) == (float(fault is None), fault)


def test_a_step_about_a_quantity_that_is_known_has_the_wrong_referent():
    step = STEP.format(4, 4, "+", 7, 7)
    [found] = ExactScorer().score_prefixes([Prefix(QUESTION, (step, step), 0)])
    assert found.fault is Fault.REFERENT


def test_the_symbolic_check_suspects_the_arithmetic_and_an_ensemble_passes_on_what_a_member_names():
    prefixes = [Prefix("", (step,), 0) for step in ("2 + 2 = 5", "2 + 2 = 4", "nothing")]
    assert [one.fault for one in SymbolicCheck().score_prefixes(prefixes)] == [Fault.ARITHMETIC, None, None]
    blind, knowing = Response(0.5, Usage(1)), Response(0.5, Usage(1), fault=Fault.FORM)
    assert Ensemble([lambda requests: [blind], lambda requests: [knowing]], [1, 1])([None])[0].fault is Fault.FORM
    assert Ensemble([lambda requests: [blind]], [1])([None])[0].fault is None
