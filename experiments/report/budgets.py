"""Curves over arms that differ in their budget only, and the area under each."""

import json
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from hintree.experiments.report.accuracy import INTERVAL, right_of
from hintree.experiments.report.frontier import mean_height
from hintree.experiments.report.results import StudyResults
from hintree.experiments.report.table import Cell, Column, Table
from hintree.statistics.bootstrap import Estimate, bootstrap

CurvePoint = tuple[str, float, str]
SIZES = ("n", "width", "branch", "simulations", "expansions", "answers")
"""Settings by which a search is sized to its budget."""


class Curve(NamedTuple):
    """Arms that differ only in one limit of the budget and the size of the search, by rising limit."""

    limit: str
    levels: Sequence[float]
    arms: Sequence[str]

    @property
    def name(self) -> str:
        """Return the common name of its arms."""
        return common_name(self.arms)


def common_name(arms: Sequence[str]) -> str:
    """Return the common first words of some arms' names; all names if there are none."""
    same = takewhile(lambda words: len(set(words)) == 1, zip(*(arm.split(" ") for arm in arms), strict=False))
    return " ".join(word for word, *_ in same).rstrip(" /,") or " | ".join(arms)


def lines(results: StudyResults) -> list[list[str]]:
    """Return all arms in groups: arms on one budget curve, and arms that differ in their threshold only, rising."""
    found: list[list[str]] = []
    for curve in curves(results):
        if not any(set(curve.arms) & set(line) for line in found):
            found.append(list(curve.arms))
    groups: dict[str, list[tuple[list[float], str]]] = {}
    for arm in set(results.arms).difference(*found):
        config = results.arms[arm]
        parts = {name: dict(config.get(name) or {}) for name in ("rewrite", "search")}
        levels = [part.pop("threshold") for part in parts.values() if part.get("threshold") is not None]
        groups.setdefault(json.dumps([len(levels), {**config, **parts}], sort_keys=True), []).append((levels, arm))
    found += [[arm for _, arm in sorted(group)] for group in groups.values()]
    order = {arm: i for i, arm in enumerate(results.arms)}
    return sorted(found, key=lambda line: min(order[arm] for arm in line))


def curves(results: StudyResults) -> list[Curve]:
    """Return all curves of at least two points; arms that share a limit are split into curves by their size."""
    points = [(limit, level, arm) for arm, config in results.arms.items() for limit, level in config["budget"].items()]
    found = []
    for members in alike(results, points, sized=False):
        distinct = len({level for _, level, _ in members}) == len(members)
        for part in [members] if distinct else alike(results, members, sized=True):
            if len(part) > 1:
                limits, levels, arms = zip(*sorted(part), strict=True)
                found.append(Curve(limits[0], levels, arms))
    return found


def alike(results: StudyResults, points: Sequence[CurvePoint], *, sized: bool) -> list[list[CurvePoint]]:
    """Group points (limit, level, arm) of arms that differ in that limit only, or also in size unless ``sized``."""
    groups: dict[str, list[CurvePoint]] = {}
    for limit, level, arm in points:
        config = results.arms[arm]
        search = {name: value for name, value in config["search"].items() if sized or name not in SIZES}
        rest = {**config, "search": search, "budget": {**config["budget"], limit: "any"}}
        groups.setdefault(json.dumps([limit, rest], sort_keys=True), []).append((limit, level, arm))
    return list(groups.values())


def area(results: StudyResults, curve: Curve) -> Estimate:
    """Return the mean accuracy over the range of the budget, in [0, 1], on attempts that all arms of the curve made."""
    parts = [right_of(results, arm) for arm in curve.arms]
    made = np.prod([part[1] for part in parts], axis=0)
    columns = [part[0] * made for part in parts]
    return bootstrap([made, *columns], lambda n, *right: mean_height(curve.levels, [r / n for r in right]))


def budget_table(results: StudyResults) -> Table:
    """Tabulate the curves, one row each."""
    rows: list[list[Cell]] = [
        [curve.name, curve.limit, len(curve.arms), curve.levels[0], curve.levels[-1], area(results, curve)]
        for curve in curves(results)
    ]
    caption = (
        "Arms that differ in one limit of their budget, and the size of the search that goes with it, only. Area: that "
        "under accuracy against the limit (trapezoid rule) over the width of the range, so the mean accuracy over the "
        f"range. {INTERVAL}."
    )
    columns = [Column("curve"), Column("limit"), Column("arms"), Column("from"), Column("to"), Column("area", "%")]
    return Table("budgets", "Area under the budget curve", caption, columns, rows)
