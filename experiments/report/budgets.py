"""Arms that differ in their budget only lie on one curve; the area under it."""

import json
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from hintree.experiments.report.accuracy import INTERVAL, right_of
from hintree.experiments.report.bootstrap import Estimate, bootstrap
from hintree.experiments.report.frontier import mean_height
from hintree.experiments.report.material import Material
from hintree.experiments.report.table import Cell, Column, Table

Point = tuple[str, float, str]
SIZES = ("n", "width", "simulations", "expansions", "answers")
"""Settings by which a search is sized to its budget."""


class Curve(NamedTuple):
    """Arms that are alike but for one limit of the budget, and the search's size, by that limit, rising."""

    limit: str
    levels: Sequence[float]
    arms: Sequence[str]

    @property
    def name(self) -> str:
        """The words with which the names of its arms begin, or else all names."""
        same = takewhile(lambda words: len(set(words)) == 1, zip(*(arm.split(" ") for arm in self.arms), strict=False))
        return " ".join(word for word, *_ in same).rstrip(" /,") or " | ".join(self.arms)


def curves(material: Material) -> list[Curve]:
    """All curves with at least two points; where arms share a limit, their sizes part them into more curves."""
    points = [(limit, level, arm) for arm, config in material.arms.items() for limit, level in config["budget"].items()]
    found = []
    for members in alike(material, points, sized=False):
        distinct = len({level for _, level, _ in members}) == len(members)
        for part in [members] if distinct else alike(material, members, sized=True):
            if len(part) > 1:
                limits, levels, arms = zip(*sorted(part), strict=True)
                found.append(Curve(limits[0], levels, arms))
    return found


def alike(material: Material, points: Sequence[Point], *, sized: bool) -> list[list[Point]]:
    """Points (limit, level, arm) in groups of arms that differ in that limit, and their size unless ``sized``, only."""
    groups: dict[str, list[Point]] = {}
    for limit, level, arm in points:
        config = material.arms[arm]
        search = {name: value for name, value in config["search"].items() if sized or name not in SIZES}
        rest = {**config, "search": search, "budget": {**config["budget"], limit: "any"}}
        groups.setdefault(json.dumps([limit, rest], sort_keys=True), []).append((limit, level, arm))
    return list(groups.values())


def area(material: Material, curve: Curve) -> Estimate:
    """Mean accuracy over the range of the budget, in [0, 1], on attempts that all arms of the curve made."""
    parts = [right_of(material, arm) for arm in curve.arms]
    made = np.prod([part[1] for part in parts], axis=0)
    columns = [part[0] * made for part in parts]
    return bootstrap([made, *columns], lambda n, *right: mean_height(curve.levels, [r / n for r in right]))


def budget_table(material: Material) -> Table:
    """One row per curve."""
    rows: list[list[Cell]] = [
        [curve.name, curve.limit, len(curve.arms), curve.levels[0], curve.levels[-1], area(material, curve)]
        for curve in curves(material)
    ]
    caption = (
        "Arms that differ in one limit of their budget, and the size of the search that goes with it, only. Area: that "
        "under accuracy against the limit (trapezoid rule) over the width of the range, so the mean accuracy over the "
        f"range. {INTERVAL}."
    )
    columns = [Column("curve"), Column("limit"), Column("arms"), Column("from"), Column("to"), Column("area", "%")]
    return Table("budgets", "Area under the budget curve", caption, columns, rows)
