"""Thresholds of gates without training: a gate is to act on a given share of the steps of training problems.

A search with a gate has a method ``calibrated(trees, share)``, which returns the search with its threshold at that
quantile. The trees are chains that the reasoner wrote alone; no reference answer is used.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from hintree.errors import UsageError
from hintree.search.core.tree import Node, StepOutput, Tree
from hintree.statistics.quantile import quantile


def drafts(trees: Iterable[Tree]) -> Iterator[Node]:
    """Yield the reasoner's steps that did not fail."""
    return (node for tree in trees for node in tree if node.author == "reasoner" and node.status != "failed")


def above(levels: Iterable[float], share: float) -> float:
    """Return the threshold at or above which a ``share`` of the levels lies. Raises UsageError without levels."""
    return below(levels, 1 - share)


def below(levels: Iterable[float], share: float) -> float:
    """Return the threshold below which a ``share`` of the levels lies. Raises UsageError without levels."""
    if not 0 <= share <= 1:
        raise UsageError(f"share={share!r} is not a number from 0 to 1")
    found = list(levels)
    if not found:
        raise UsageError("no step of these chains has what the gate reads; give more problems, or another reasoner")
    return quantile(found, share)


def peak_entropy(step: StepOutput) -> float:
    """Return the highest entropy of a step's tokens, in nats; the mean where it was not recorded.

    Raises:
        UsageError: No entropy is known.
    """
    if step.first_entropy is None and not step.entropy:
        raise UsageError(
            "an entropy gate needs entropies, and the reasoner's server returns no most probable tokens (`hintree "
            "doctor URL`): name another reasoner"
        )
    return step.entropy if step.peak_entropy is None else step.peak_entropy


def has_gate(search: Any) -> bool:
    """Tell whether a search has a gate that chains can calibrate; that of a beam may be off."""
    return hasattr(search, "calibrated") and getattr(search, "entropy", 1.0) > 0
