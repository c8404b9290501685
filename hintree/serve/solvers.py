"""Solvers of several presets on shared models, and with a caller's sampling parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from hintree.presets import preset
from hintree.solver import ModelPool, Solver


def load_solvers(presets: Sequence[str], models: Mapping[str, str | None], **options: Any) -> dict[str, Solver]:
    """Return a solver per preset, all on the same loaded models.

    Args:
        presets: Names of presets.
        models: Model by role, None for the preset's own; a preset without a role ignores its model.
        options: Further arguments of every ``Solver``.
    """
    solvers: dict[str, Solver] = {}
    pool = ModelPool()
    for name in presets:
        named: dict[str, Any] = {role: models.get(role) for role in ("reasoner", "retriever", *preset(name).roles)}
        solvers[name] = Solver(name, **named, pool=pool, **options)
    return solvers


@lru_cache(maxsize=64)
def with_sampling(solver: Solver, temperature: float | None, top_p: float | None) -> Solver:
    """Return the solver with other sampling parameters; a given temperature holds for the first sample too."""
    sampling = solver.preset.sampling
    if temperature is not None:
        sampling = replace(sampling, temperature=temperature, greedy_first=False)
    if top_p is not None:
        sampling = replace(sampling, top_p=top_p)
    if sampling == solver.preset.sampling:
        return solver
    models: dict[str, Any] = solver.models
    return Solver(
        replace(solver.preset, sampling=sampling),
        **models,
        search=solver.search,
        rewrite=solver.rewrite,
        selection=solver.selection,
        prm_spec=solver.prm_spec,
        budget=solver.budget,
        seed=solver.seed,
        device=solver.device,
        dtype=solver.dtype,
        pool=solver.pool,
    )
