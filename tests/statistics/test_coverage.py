"""The 95 % interval of an accuracy covers the true share in simulated studies with correlated attempts."""

import numpy as np
import pytest

from hintree.statistics.intervals import clustered_share, share

STUDIES = 1500


def simulated(true, correlation, problems, seeds):
    """Right attempts per problem, shape [STUDIES, problems], with this correlation between attempts at a problem."""
    rng = np.random.default_rng([problems, seeds, round(100 * true), round(100 * correlation)])
    spread = 1 / correlation - 1
    return rng.binomial(seeds, rng.beta(true * spread, (1 - true) * spread, (STUDIES, problems)))


@pytest.mark.parametrize("true", [0.1, 0.5, 0.9])
@pytest.mark.parametrize(
    ("problems", "seeds", "correlation"), [(100, 1, 0.3), (100, 4, 0.1), (100, 4, 0.6), (300, 3, 0.3)]
)
def test_the_interval_covers_the_true_share_in_93_to_97_percent_of_studies(true, problems, seeds, correlation):
    tries = np.full(problems, seeds)
    found = [clustered_share(right, tries) for right in simulated(true, correlation, problems, seeds)]
    covered = np.mean([each.low <= true <= each.high for each in found])
    assert 0.93 <= covered <= 0.97


@pytest.mark.parametrize("true", [0.02, 0.5, 0.98])
def test_with_twenty_problems_or_a_share_near_the_ends_it_covers_about_as_often(true):
    found = [clustered_share(right, np.full(20, 3)) for right in simulated(true, 0.3, 20, 3)]
    assert 0.92 <= np.mean([each.low <= true <= each.high for each in found]) <= 0.985


@pytest.mark.parametrize(("k", "n"), [(0, 5), (5, 5), (1, 1), (37, 100), (0, 0)])
def test_with_one_try_per_problem_it_is_wilsons_interval(k, n):
    assert clustered_share([1] * k + [0] * (n - k), [1] * n) == pytest.approx(share(k, n))


def test_problems_without_a_try_change_nothing():
    assert clustered_share([2, 0, 1, 0], [2, 2, 2, 0]) == clustered_share([2, 0, 1], [2, 2, 2])


def test_copies_of_the_same_tries_do_not_narrow_the_interval():
    once, four = clustered_share([1] * 30 + [0] * 70, [1] * 100), clustered_share([4] * 30 + [0] * 70, [4] * 100)
    assert four.high - four.low >= once.high - once.low


def test_the_interval_lies_in_0_to_1_and_holds_the_share():
    rng = np.random.default_rng(0)
    for _ in range(200):
        tries = rng.integers(0, 4, rng.integers(1, 30))
        found = clustered_share(rng.binomial(tries, 0.8), tries)
        assert 0 <= found.low <= found.value <= found.high <= 1
