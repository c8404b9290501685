"""Confidence in answers against small tables, definitions and simulated studies."""

import itertools
import math

import numpy as np
import pytest

from hintree.experiments.report.paired import equivalence
from hintree.statistics.intervals import auc
from hintree.statistics.selective import aurc, calibration_gap, risk_coverage, with_interval

CONFIDENCE = np.array([0.95, 0.9, 0.65, 0.6, 0.1])
RIGHT = np.array([True, True, False, True, False])


def test_the_calibration_error_of_five_answers():
    made = np.ones((5, 1))
    found = calibration_gap(CONFIDENCE[:, None], RIGHT[:, None].astype(float), made)
    # bins: 0.9-1.0 holds 1.85 of 2 right, 0.6-0.7 holds 1.25 of 1, 0.1-0.2 holds 0.1 of 0
    assert found.value == pytest.approx((0.15 + 0.25 + 0.1) / 5)
    assert found.low <= found.value <= found.high and found.n == 5
    sure = calibration_gap(np.ones((4, 2)), np.zeros((4, 2)), np.ones((4, 2)))
    assert sure[:3] == (1, 1, 1)
    assert math.isnan(calibration_gap(np.zeros((2, 1)), np.zeros((2, 1)), np.zeros((2, 1))).value)


def test_the_risk_at_each_coverage_of_five_answers():
    assert risk_coverage(CONFIDENCE, RIGHT) == pytest.approx([0, 0, 1 / 3, 1 / 4, 2 / 5])
    assert aurc(CONFIDENCE, RIGHT) == pytest.approx((1 / 3 + 1 / 4 + 2 / 5) / 5)
    assert aurc(np.full(5, 0.5), RIGHT) == pytest.approx(2 / 5)
    assert aurc(RIGHT.astype(float), RIGHT) == pytest.approx((1 / 4 + 2 / 5) / 5)
    assert math.isnan(aurc(np.empty(0), np.empty(0, bool)))


def test_equal_confidences_come_in_every_order_equally_often():
    confidence, right = np.array([0.5, 0.9, 0.5, 0.5, 0.2]), np.array([True, False, False, True, True])
    curves = []
    for order in itertools.permutations([0, 2, 3]):
        wrong = ~right[[1, *order, 4]]
        curves.append(np.cumsum(wrong) / np.arange(1, 6))
    assert len(curves) == 6
    assert risk_coverage(confidence, right) == pytest.approx(np.mean(curves, axis=0))


def test_intervals_draw_problems_with_all_their_answers():
    rng = np.random.default_rng(2)
    confidence = rng.random(60)
    right = rng.random(60) < confidence
    for figure in (auc, aurc):
        alone = with_interval(figure, confidence, right, np.arange(60))
        assert alone.value == pytest.approx(figure(confidence, right)) and alone.low < alone.value < alone.high
        copies = with_interval(figure, np.tile(confidence, 3), np.tile(right, 3), np.tile(np.arange(60), 3))
        assert (copies.low, copies.high) == pytest.approx((alone.low, alone.high), abs=0.02)
        assert alone.n == copies.n == 60
    assert math.isnan(with_interval(auc, np.ones(3), np.ones(3, bool), np.arange(3)).value)


def same(problems, won=0, lost=0):
    """Two arms that differ on a few problems only."""
    ours, theirs = np.zeros((problems, 1)), np.zeros((problems, 1))
    ours[:won], theirs[won : won + lost] = 1, 1
    return ours, theirs, np.ones((problems, 1))


def test_equivalence_needs_enough_problems_and_a_small_difference():
    found = [n for n in (3, 60, 140, 170, 300) if equivalence(*same(n), 0.02).equivalent]
    assert found == [170, 300], "the rule of three: from 3 / 0.02 problems on"
    assert equivalence(*same(1000), 0.02).p == pytest.approx(1 / 1001)
    assert equivalence(*same(1000, won=5, lost=5), 0.02).equivalent
    assert not equivalence(*same(1000, won=40, lost=5), 0.02).equivalent
    mirrored = [equivalence(*same(200, won=9, lost=3), 0.05), equivalence(*same(200, won=3, lost=9), 0.05)]
    assert mirrored[0].high == pytest.approx(-mirrored[1].low, abs=0.01)
    twice = equivalence(*(np.repeat(column, 4, axis=1) for column in same(140)), 0.02)
    assert not twice.equivalent, "seeds of one problem are not independent"


@pytest.mark.slow
@pytest.mark.parametrize("discordant", [0.03, 0.05, 0.3])
def test_at_the_margin_at_most_about_five_percent_of_studies_are_called_equivalent(discordant):
    rng = np.random.default_rng(7)
    n, margin = 400, 0.03
    found = 0
    for _ in range(300):
        kinds = rng.choice(
            [1.0, -1.0, 0.0], n, p=[(discordant + margin) / 2, (discordant - margin) / 2, 1 - discordant]
        )
        gain = kinds[:, None]
        found += equivalence(np.maximum(gain, 0), np.maximum(-gain, 0), np.ones((n, 1)), margin).equivalent
    assert found / 300 <= 0.08
