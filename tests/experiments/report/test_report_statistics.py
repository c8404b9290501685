import itertools
import math
import random

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import sklearn.calibration
import sklearn.metrics
import statsmodels.stats.contingency_tables
import statsmodels.stats.proportion
from hypothesis import given, settings
from hypothesis import strategies as st

from hintree.experiments.report.frontier import mean_height, pareto
from hintree.experiments.report.paired import mcnemar, sign_test
from hintree.experiments.report.votes import DRAWS, Finished, pass_at_k, subsets, vote_at_k
from hintree.statistics.bootstrap import bootstrap, ratio
from hintree.statistics.calibration import Trace, calibration_error, localised, reliability
from hintree.statistics.intervals import auc, share

QUIET = settings(derandomize=True, database=None, deadline=None, max_examples=60)


def attempts(problems, seeds, seed=0):
    """Right or wrong, problems being of unequal difficulty."""
    rng = np.random.default_rng(seed)
    return (rng.random((problems, seeds)) < rng.random((problems, 1))).astype(float)


@pytest.mark.parametrize("seed", range(3))
def test_with_one_seed_the_interval_is_that_of_scipys_bootstrap(seed):
    right = attempts(200, 1, seed)
    found = ratio(right, np.ones_like(right))
    theirs = scipy.stats.bootstrap(
        (right[:, 0],), np.mean, method="percentile", n_resamples=5000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert found.value == pytest.approx(right.mean())
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.012)
    assert found.n == 200


def test_a_ratio_of_sums_has_scipys_paired_interval():
    rng = np.random.default_rng(0)
    tokens, solved = rng.gamma(2, 100, (150, 1)), attempts(150, 1)
    found = ratio(tokens, solved)
    theirs = scipy.stats.bootstrap(
        (tokens[:, 0], solved[:, 0]),
        lambda a, b, axis=-1: a.sum(axis=axis) / b.sum(axis=axis),
        paired=True,
        method="percentile",
        n_resamples=5000,
        rng=rng,
    ).confidence_interval
    assert found.value == pytest.approx(tokens.sum() / solved.sum())
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), rel=0.05)


def test_problems_are_drawn_with_all_their_seeds():
    right = attempts(30, 4)
    rng = np.random.default_rng(5)
    drawn = [right[rng.integers(30, size=30)].mean() for _ in range(3000)]
    found = ratio(right, np.ones_like(right))
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(drawn, [2.5, 97.5])), abs=0.02)
    alone = scipy.stats.sem(right.ravel()) * 1.96  # as if all 120 attempts were independent
    assert found.high - found.low > 2 * alone * 1.1


def test_attempts_that_were_not_made_change_nothing():
    right, made = attempts(20, 2), np.ones((20, 2))
    wider = [np.pad(column, ((0, 5), (0, 1))) for column in (right, made)]
    assert ratio(*wider) == ratio(right, made)


def test_a_figure_that_is_not_defined_is_nan():
    nothing = np.zeros((3, 2))
    assert math.isnan(ratio(nothing, nothing).value)
    assert math.isnan(ratio(np.ones((3, 2)), nothing).value)


def test_resampled_differences_are_paired():
    right = attempts(50, 2)
    made = np.ones_like(right)
    better = np.maximum(right, np.eye(50, 2))
    found = bootstrap([better, right, made], lambda a, b, n: (a - b) / n)
    assert found.low >= 0
    same = bootstrap([right, right, made], lambda a, b, n: (a - b) / n)
    assert (same.value, same.low, same.high) == (0, 0, 0)


@QUIET
@given(st.integers(0, 60), st.integers(0, 60))
def test_the_sign_test_is_scipys_binomial_test(won, lost):
    theirs = scipy.stats.binomtest(won, won + lost, 0.5).pvalue if won + lost else 1.0
    assert sign_test(won, lost) == pytest.approx(theirs)


@pytest.mark.parametrize("seed", range(5))
def test_mcnemar_is_that_of_statsmodels_for_one_seed(seed):
    ours, theirs = attempts(80, 1, seed), attempts(80, 1, seed + 100)
    table = [[int(((ours == a) & (theirs == b)).sum()) for b in (0, 1)] for a in (0, 1)]
    found = mcnemar(ours, theirs)
    assert found.p == pytest.approx(statsmodels.stats.contingency_tables.mcnemar(table, exact=True).pvalue)
    assert (found.won, found.lost) == (table[1][0], table[0][1])


def test_many_seeds_of_one_problem_are_one_pair():
    assert mcnemar(np.ones((1, 50)), np.zeros((1, 50))).p == 1.0
    assert mcnemar(np.ones((10, 50)), np.zeros((10, 50))).p == pytest.approx(2 / 2**10)


@QUIET
@given(st.integers(1, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_pass_at_k_is_the_mean_over_all_subsets(case):
    n, right, k = case
    subsets = list(itertools.combinations([True] * right + [False] * (n - right), k))
    assert pass_at_k(n, right, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


def test_without_solutions_nothing_passes_and_too_few_count_with_all():
    assert pass_at_k(0, 0, 4) == 0.0 == vote_at_k([], 4, weighted=True)
    assert pass_at_k(2, 1, 64) == 1.0


def voted(subset, weighted):
    """The vote of a few solutions, from its definition."""
    weight = {}
    for one in subset:
        weight[one.answer] = weight.get(one.answer, 0.0) + (one.score if weighted else 1.0)
    return max(subset, key=lambda s: (weight[s.answer], s.score)).right  # max keeps the first of equals


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_a_vote_is_that_of_its_definition_over_all_subsets(weighted, seed):
    draw = random.Random(seed)
    answers = [draw.choice("aab") for _ in range(7)]
    solutions = [Finished(answer, answer == "a", draw.choice([0.25, 0.5, 1.0])) for answer in answers]
    for k in (1, 3, 7, 99):
        every = [voted(subset, weighted) for subset in itertools.combinations(solutions, min(k, 7))]
        assert vote_at_k(solutions, k, weighted=weighted) == pytest.approx(np.mean(every))


def test_random_subsets_stand_for_more_than_can_be_counted():
    draw = random.Random(0)
    solutions = [Finished(str(i % 3), i % 3 == 0, draw.random()) for i in range(14)]
    every = [voted(subset, True) for subset in itertools.combinations(solutions, 5)]
    assert len(every) > DRAWS == len(subsets(14, 5))
    spread = math.sqrt(np.var(every) / DRAWS)
    assert vote_at_k(solutions, 5, weighted=True) == pytest.approx(np.mean(every), abs=4 * spread)
    assert [{*subset} <= {*range(14)} and len({*subset}) == 5 for subset in subsets(14, 5)] == [True] * DRAWS


def scored(seed, n=500):
    rng = np.random.default_rng(seed)
    scores = rng.random(n)
    return scores, rng.random(n) < scores**2


@pytest.mark.parametrize("seed", range(3))
def test_reliability_bins_are_those_of_scikit_learn(seed):
    scores, right = scored(seed)
    bins = reliability(scores, right)
    theirs_right, theirs_score = sklearn.calibration.calibration_curve(right, scores, n_bins=10)
    assert [b.right for b in bins] == pytest.approx(theirs_right)
    assert [b.score for b in bins] == pytest.approx(theirs_score)
    weights = np.array([b.n for b in bins]) / len(scores)
    assert calibration_error(bins) == pytest.approx(float(weights @ abs(theirs_right - theirs_score)))


def test_calibrated_scores_have_no_error_and_a_score_of_one_has_a_bin():
    scores = np.repeat([0.25, 0.75, 1.0], 4)
    right = np.array([True] + [False] * 3 + [True] * 3 + [False] + [True] * 4)
    assert calibration_error(reliability(scores, right)) == pytest.approx(0)
    assert calibration_error(reliability(np.ones(5), np.zeros(5, bool))) == 1.0
    assert math.isnan(calibration_error([]))


@pytest.mark.parametrize("seed", range(3))
def test_auc_is_that_of_scikit_learn(seed):
    scores, right = scored(seed)
    scores = scores.round(1)  # with ties
    assert auc(scores, right) == pytest.approx(sklearn.metrics.roc_auc_score(right, scores))


@QUIET
@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_intervals_are_those_of_statsmodels(counts):
    theirs = statsmodels.stats.proportion.proportion_confint(*counts, method="wilson")
    assert share(*counts)[1:3] == pytest.approx(theirs, abs=1e-6)


def test_finding_the_first_error_is_the_harmonic_mean_of_both_sides():
    traces = [Trace(2, 2), Trace(2, 1), Trace(0, -1), Trace(1, 1), Trace(-1, -1), Trace(-1, 3), Trace(-1, -1)]
    found = localised(traces)
    assert (found.error, found.correct) == (0.5, pytest.approx(2 / 3))
    assert found.f1 == pytest.approx(scipy.stats.hmean([0.5, 2 / 3]))
    assert localised([Trace(1, 2), Trace(-1, 1)]).f1 == 0.0
    assert math.isnan(localised([Trace(1, 1)]).f1)


@QUIET
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_the_front_holds_just_the_points_that_no_other_beats(points):
    def beaten(a):
        return any(b[0] <= a[0] and b[1] >= a[1] and b != a for b in points)

    kept = pareto(points)
    assert {*kept} == {i for i, point in enumerate(points) if not beaten(point)}
    assert [points[i] for i in kept] == sorted(points[i] for i in kept)


def test_the_mean_height_is_scipys_area_over_the_width():
    x, y = [100.0, 200.0, 400.0, 800.0], [0.2, 0.5, 0.6, 0.7]
    assert mean_height(x, y) == pytest.approx(scipy.integrate.trapezoid(y, x) / 700)
    assert mean_height([0, 1], [np.zeros(3), np.ones(3)]) == pytest.approx(np.full(3, 0.5))
