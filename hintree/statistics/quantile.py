"""The empirical quantile, which thresholds are set by."""

import math
from collections.abc import Iterable


def quantile(levels: Iterable[float], share: float) -> float:
    """Return the level below which a ``share`` of the levels lies; for a share of 1 the number above the highest.

    Args:
        levels: At least one number.
        share: Share in [0, 1].

    Raises:
        ValueError: There is no level.
    """
    ranked = sorted(levels)
    if not ranked:
        raise ValueError("a quantile needs a level")
    rank = math.floor(share * len(ranked) + 1e-9)  # 0.1 of ten is one, whatever the rounding error
    return ranked[rank] if rank < len(ranked) else math.nextafter(ranked[-1], math.inf)
