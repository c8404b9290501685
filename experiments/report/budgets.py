"""Arms that differ in their budget only: one curve each, and the area under it."""

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


class Curve(NamedTuple):
    """Arms whose configurations differ in one limit of the budget only, by that limit, rising."""

    limit: str
    levels: Sequence[float]
    arms: Sequence[str]

    @property
    def name(self) -> str:
        """The words with which the names of its arms begin, or else all names."""
        alike = takewhile(lambda words: len(set(words)) == 1, zip(*(arm.split(" ") for arm in self.arms), strict=False))
        return " ".join(word for word, *_ in alike).rstrip(" /,") or " | ".join(self.arms)


def curves(material: Material) -> list[Curve]:
    """All curves with at least two points."""
    families: dict[str, list[tuple[float, str]]] = {}
    for name, config in material.arms.items():
        for limit, level in config["budget"].items():
            rest = {**config, "budget": {**config["budget"], limit: "any"}}
            families.setdefault(json.dumps([limit, rest], sort_keys=True), []).append((level, name))
    found = []
    for key, members in families.items():
        levels, arms = zip(*sorted(members), strict=True)
        if len(set(levels)) == len(levels) > 1:
            found.append(Curve(json.loads(key)[0], levels, arms))
    return found


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
        "Arms that differ in one limit of their budget only. Area: that under accuracy against the limit (trapezoid "
        f"rule) over the width of the range, so the mean accuracy over the range. {INTERVAL}."
    )
    columns = [Column("curve"), Column("limit"), Column("arms"), Column("from"), Column("to"), Column("area", "%")]
    return Table("budgets", "Area under the budget curve", caption, columns, rows)
