"""Warnings about methods that cannot do what they are for with the models at hand."""

import pytest

from hintree.search import Gated
from hintree.solver import Solver
from hintree.solver.role_choice import say_gate


@pytest.mark.parametrize(
    ("settings", "warns"),
    [
        ({}, False),
        ({"scorer": "none"}, True),
        ({"scorer": "confidence:min"}, True),
        ({"scorer": "confidence", "search": Gated(threshold=0.99)}, False),
    ],
)
def test_a_gate_for_prm_scores_is_none_for_token_probabilities(settings, warns, caplog):
    say_gate.cache_clear()
    Solver("hintree", **settings)
    assert ("set it for your models: hintree calibrate" in caplog.text) == warns
