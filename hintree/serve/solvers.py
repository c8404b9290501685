"""Solvers for all presets on the same models, and with a caller's way to draw texts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from hintree.presets import preset
from hintree.solver import Solver


def load_solvers(presets: Sequence[str], models: Mapping[str, str | None], **options: Any) -> dict[str, Solver]:
    """A solver for every preset, all on the same loaded models.

    Args:
        presets: Their names.
        models: By role, None for the shipped one; a preset without that role goes without it.
        options: Further options of every ``Solver``.
    """
    solvers: dict[str, Solver] = {}
    share = None
    for name in presets:
        named: dict[str, Any] = {role: models.get(role) for role in ("reasoner", *preset(name).roles)}
        share = solvers[name] = Solver(name, **named, share=share, **options)
    return solvers


@lru_cache(maxsize=64)
def drawn_with(solver: Solver, temperature: float | None, top_p: float | None) -> Solver:
    """The solver with another way to draw texts; at a given temperature every draft is drawn at it, the first too."""
    sampling = solver.preset.sampling
    if temperature is not None:
        sampling = replace(sampling, temperature=temperature, greedy_first=False)
    if top_p is not None:
        sampling = replace(sampling, top_p=top_p)
    if sampling == solver.preset.sampling:
        return solver
    drawn = replace(solver.preset, sampling=sampling)
    models: dict[str, Any] = solver.models
    return Solver(drawn, **models, seed=solver.seed, budget=solver.budget, share=solver)
