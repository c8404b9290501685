"""Make the solver of an arm from its configuration, with the role handlers that all solvers use."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hintree.experiments.study.store_study import StoredCase
from hintree.experiments.study.worker import Heartbeat, Outcome, SolveProblems
from hintree.presets.settings import preset_of
from hintree.scorers import FAMILIES, PRMSpec, read_spec
from hintree.search import Budget, Handler, Problem
from hintree.search.core.ledger import MODEL_ROLES
from hintree.solver import ModelPool, Solver
from hintree.solver.roles import pool_keys


class Arms:
    """Make the solvers of a study's arms, keeping the models of the last one.

    Args:
        study: The resolved study.
        cases: Its problems, in order.
        recordings: Folder of recorded responses, which serve all arms that ask for them; None records nothing.
    """

    def __init__(self, study: Mapping[str, Any], cases: Sequence[StoredCase], recordings: Path | None = None) -> None:
        self.recordings = recordings
        self.questions = [case.question for case in cases]
        self.pool = ModelPool()
        names = {name for config in study["arms"].values() for name in config["weights"]}
        if all(name.startswith("embedded:") for name in names):
            import torch  # workers of models on servers start without it

            torch.set_num_threads(1)  # they are so small that a second thread only waits

    def __call__(self, config: Mapping[str, Any], seed: int, heartbeat: Heartbeat) -> SolveProblems:
        """Return a function that solves problems as the configuration says. Raises HintreeError."""
        solver = solver_of(config, seed, self.pool, self.questions, self.recordings)
        solver.handlers = {role: watched(handler, heartbeat) for role, handler in solver.handlers.items()}
        parameters = {role: handler.parameters for role, handler in solver.handlers.items()}

        def solve(problems: Sequence[Problem]) -> Iterator[Outcome]:
            self.pool.forget()
            for solution in solver.as_solved(problems, live=len(problems)):
                found = (solution.tree, solution.answer, solution.ledger, solution.stop_reason, parameters)
                yield Outcome(*found, solution.abstained)

        return solve


def solver_of(
    config: Mapping[str, Any], seed: int, pool: ModelPool, questions: Sequence[str], recordings: Path | None = None
) -> Solver:
    """Return the solver of an arm; models of the pool that it does not use are released first.

    Raises:
        UsageError: A name or value is not accepted, or a recording cannot be used.
        ModelError: A model cannot be loaded.
    """
    models: dict[str, Any] = {role: config[role] for role in MODEL_ROLES if config.get(role) is not None}
    spec, device, dtype = prm_spec(config), config["device"], config["dtype"]
    retriever = {"retriever": config["retriever"]} if "retriever" in config else {}
    pool.keep_only(pool_keys(models | retriever, spec, device, dtype))
    return Solver(
        preset_of(config),
        **models,
        prm_spec=spec,
        budget=Budget(**config["budget"]),
        seed=seed,
        device=device,
        dtype=dtype,
        pool=pool,
        questions=questions,
        abstain=config.get("abstain", 0.0),
        retriever=config.get("retriever"),
        recording=None if recordings is None else f"{recordings}{os.sep}",
    )


def prm_spec(config: Mapping[str, Any]) -> PRMSpec | None:
    """Return the PRM spec of an arm's scorer, None if its configuration names none."""
    return read_spec(config["prm_spec"], FAMILIES) if "prm_spec" in config else None


def watched(handler: Handler, heartbeat: Heartbeat) -> Handler:
    """Return a handler that calls ``heartbeat`` after every batch."""
    handle: Callable[[Sequence[Any]], Sequence[Any]] = handler.handle

    def answer(requests: Sequence[Any]) -> Sequence[Any]:
        answers = handle(requests)
        heartbeat()
        return answers

    return handler._replace(handle=answer)
