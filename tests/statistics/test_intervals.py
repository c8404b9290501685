import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hintree.statistics.intervals import Share, auc, auc_interval, share

QUIET = settings(derandomize=True, database=None, deadline=None, max_examples=100)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (50, 100, 0.4038, 0.5962),
        (81, 263, 0.2553, 0.3662),  # these four: Newcombe 1998, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (10, 10, 0.7225, 1.0),
        (0, 10, 0.0, 0.2775),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_wilson_intervals_agree_with_published_ones(k, n, low, high):
    found = share(k, n)
    assert found == pytest.approx((k / n, low, high, n), abs=6e-5)


def test_nothing_counted_leaves_the_whole_interval():
    assert share(0, 0) == Share(0.0, 0.0, 1.0, 0)


@QUIET
@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_both_ends_of_a_wilson_interval_lie_1_96_standard_errors_from_the_share(counts):
    k, n = counts
    value, low, high, _ = share(k, n)
    assert 0 <= low <= value + 1e-12 and value - 1e-12 <= high <= 1
    for end in (low, high):
        assert (value - end) ** 2 == pytest.approx(1.959964**2 * end * (1 - end) / n, abs=1e-9)


def test_a_share_is_printed_in_percent():
    assert str(share(50, 100)) == "50.0 % [40.4, 59.6]"


def pairwise(scores, right):
    pairs = [(a > b) + (a == b) / 2 for a in scores[right] for b in scores[~right]]
    return sum(pairs) / len(pairs)


@QUIET
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=40))
def test_auc_is_the_share_of_pairs_in_the_right_order_with_ties_half(cases):
    scores = np.array([score / 6 for score, _ in cases])
    right = np.array([label for _, label in cases], dtype=bool)
    if right.all() or not right.any():
        assert math.isnan(auc(scores, right))
    else:
        assert auc(scores, right) == pytest.approx(pairwise(scores, right))


@pytest.mark.parametrize(
    ("scores", "right", "value"),
    [
        ([0.1, 0.9], [False, True], 1.0),
        ([0.9, 0.1], [False, True], 0.0),
        ([0.5, 0.5, 0.5], [False, True, True], 0.5),
        ([0.1, 0.4, 0.35, 0.8], [False, False, True, True], 0.75),
    ],
)
def test_auc_of_small_cases(scores, right, value):
    assert auc(np.array(scores), np.array(right)) == value


def made_up(seed, problems=40, steps=5):
    rng = np.random.default_rng(seed)
    right = rng.random(problems * steps) < 0.8
    return rng.normal(right, 1.0), right, np.repeat(np.arange(problems), steps)


@pytest.mark.parametrize("seed", range(5))
def test_the_auc_interval_contains_the_point_estimate(seed):
    scores, right, groups = made_up(seed)
    found = auc_interval(scores, right, groups, resamples=100)
    assert 0 <= found.low < found.value < found.high <= 1
    assert found.value == auc(scores, right)
    assert found.n == 200
    assert auc_interval(scores, right, groups, resamples=100) == found


def test_the_auc_interval_narrows_with_more_problems():
    few, many = (auc_interval(*made_up(0, problems), resamples=100) for problems in (20, 400))
    assert many.high - many.low < (few.high - few.low) / 2


def test_the_auc_interval_draws_whole_problems():
    scores, right, groups = made_up(1)
    assert auc_interval(scores, right, np.zeros_like(groups), resamples=20)[:3] == (auc(scores, right),) * 3
    copied = auc_interval(np.tile(scores, 4), np.tile(right, 4), np.tile(groups, 4), resamples=100)
    once = auc_interval(scores, right, groups, resamples=100)
    assert copied[:3] == pytest.approx(once[:3])


def test_a_resample_without_a_wrong_case_is_left_out():
    found = auc_interval(np.array([0.9, 0.8, 0.1]), np.array([True, True, False]), np.array([0, 1, 2]), resamples=50)
    assert found[:3] == (1.0, 1.0, 1.0)


def test_the_auc_interval_of_right_cases_only_is_nan():
    found = auc_interval(np.array([0.9, 0.8]), np.array([True, True]), np.array([0, 1]), resamples=10)
    assert math.isnan(found.value)
