"""Weights of answers and rules that stop a vote early, as functions of the confidence of each solution.

They hold no state: a recorded pool of solutions replays every rule.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

UNSEEN = -1
"""Number of all answers that no solution has stated, beside the numbers of ``classes``."""
SUREST = 0.999
"""Bound of a confidence in ``posteriors``, so that no single solution decides."""
RATE, MOST_DEVIATIONS = 0.7, 4.0
"""lambda of ReASC, and our bound of the deviations that a confidence counts as above the mean."""
POINTS = 500
"""Points of the midpoint rule in ``beta_above_half``."""
PRIOR = ((0.8, 0.1), (0.2, 0.1))
"""Mean and deviation of the normal priors of OptScale's mu and sigma: the starting values of its public code."""


def posteriors(classes: Mapping[int, int], confidence: Mapping[int, float]) -> dict[int, float]:
    """Return the posterior probability of each answer and of ``UNSEEN``; they sum to 1 (CGES, arXiv 2511.02603).

    The prior is uniform over the stated answers and ``UNSEEN``. A solution of confidence c states answer a with
    probability c if a is right; else each of the other answers is right with an equal share of 1 - c.

    Args:
        classes: Number of the answer of each solution, by id.
        confidence: Confidence of each solution in [0, 1], by id.
    """
    candidates = [*dict.fromkeys(classes.values()), UNSEEN]
    logs = dict.fromkeys(candidates, 0.0)
    for solution, answer in classes.items():
        sure = min(max(confidence[solution], 1 - SUREST), SUREST)
        for candidate in candidates:
            logs[candidate] += math.log(sure if candidate == answer else (1 - sure) / (len(candidates) - 1))
    top = max(logs.values())
    total = sum(math.exp(log - top) for log in logs.values())
    return {candidate: math.exp(log - top) / total for candidate, log in logs.items()}


def evidence(confidence: float, usual: Sequence[float]) -> float:
    """Return the weight of a solution, at least 1: max(1, exp(lambda z)) (ReASC, arXiv 2601.02970).

    Args:
        confidence: Its confidence.
        usual: Mean and deviation of the confidence of solutions; z is the confidence in these terms.
    """
    z = (confidence - usual[0]) / usual[1]
    return max(1.0, math.exp(RATE * min(z, MOST_DEVIATIONS)))


def beta_above_half(a: float, b: float) -> float:
    """Return P(p > 1/2) for p ~ Beta(a, b), with a and b of at least 1.

    With whole a and b it equals the probability that a + b - 1 fair coins show fewer than ``a`` heads.
    """
    if float(a).is_integer() and float(b).is_integer():
        n = int(a + b) - 1
        return float(sum(math.comb(n, k) for k in range(int(a))) / 2**n)
    peak = (a - 1) / max(a + b - 2, 1e-9)
    top = log_density(min(max(peak, 1e-9), 1 - 1e-9), a, b)
    values = [math.exp(log_density((i + 0.5) / POINTS, a, b) - top) for i in range(POINTS)]
    return sum(values[POINTS // 2 :]) / sum(values)


def log_density(x: float, a: float, b: float) -> float:
    """Return the log-density of Beta(a, b) at x, up to a constant."""
    return (a - 1) * math.log(x) + (b - 1) * math.log1p(-x)


def is_decided(weights: Iterable[float], left: int) -> bool:
    """Tell whether ``left`` more solutions, each of a weight of at most 1, cannot change the leading answer."""
    first, second = (*sorted(weights, reverse=True), 0.0, 0.0)[:2]
    return first - second > left


def samples_needed(scores: Sequence[float], target: float, sure: float) -> float:
    """Return the number of samples whose best score reaches ``target`` with probability ``sure``; may be infinite.

    OptScale, arXiv 2506.22376: scores are a normal distribution cut to [0, 1], with distribution function F, and the
    number is the smallest N with F(target)^N <= 1 - sure.

    Args:
        scores: Scores so far, in [0, 1]; without any, the prior alone counts.
        target: Score to reach, in [0, 1].
        sure: Probability of reaching it, in [0, 1].
    """
    mean, deviation = fit_truncated(scores)
    below = mass(0.0, target, mean, deviation) / mass(0.0, 1.0, mean, deviation)
    if below >= 1 or sure >= 1:
        return math.inf
    return 1.0 if below <= 1 - sure else math.ceil(math.log(1 - sure) / math.log(below))


def fit_truncated(scores: Sequence[float]) -> tuple[float, float]:
    """Return mu and sigma of a normal distribution cut to [0, 1]: the most probable ones under ``PRIOR``, on a grid."""
    count, total, squares = len(scores), sum(scores), sum(score**2 for score in scores)

    def log_posterior(fit: tuple[float, float]) -> float:
        mean, deviation = fit
        spread = squares - 2 * mean * total + count * mean**2
        likelihood = -spread / (2 * deviation**2) - count * math.log(deviation * mass(0.0, 1.0, mean, deviation))
        return likelihood - sum((x - at) ** 2 / (2 * by**2) for x, (at, by) in zip(fit, PRIOR, strict=True))

    return max(((i / 25, j / 40) for i in range(26) for j in range(1, 21)), key=log_posterior)


def mass(low: float, high: float, mean: float, deviation: float) -> float:
    """Return the probability of [low, high] under a normal distribution."""
    ends = [math.erf((x - mean) / (deviation * math.sqrt(2))) for x in (low, high)]
    return (ends[1] - ends[0]) / 2
