"""From the configuration of an arm to a solver: who plays each role, which search, which rule."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch

from hintree.errors import UsageError
from hintree.experiments.study.store_study import StoredCase
from hintree.experiments.study.worker import Attempt, Beat, Outcome
from hintree.lab.controls import CONTROLS, LAB_SCORERS, control, parse_cached
from hintree.models import open_model
from hintree.policies import DraftScorer, Hinting, Sampling
from hintree.presets.preset import Preset
from hintree.scorers import FAMILIES, PRMSpec, make_scorer, read_spec
from hintree.search import ROLES, Budget, Handler, Problem, Rewrite
from hintree.search.registry import SEARCHES
from hintree.solver import Solver


class Arms:
    """Makes the solvers of a study's arms, and keeps the models of the last one.

    Args:
        study: The resolved study.
        cases: Its problems, in order.
    """

    def __init__(self, study: Mapping[str, Any], cases: Sequence[StoredCase]) -> None:
        self.questions = [case.question for case in cases] if str(study["problems"]).startswith("lab:") else []
        self.models: dict[tuple[str, ...], Any] = {}
        names = {name for config in study["arms"].values() for name in config["weights"]}
        if all(name.startswith("embedded:") for name in names):
            torch.set_num_threads(1)  # they are so small that a second thread only waits

    def __call__(self, config: Mapping[str, Any], seed: int, beat: Beat) -> Attempt:
        """What solves problems as the configuration says."""
        self.drop_all_but(config)
        players = {role: self.player(role, config) for role in ROLES if config[role] is not None}
        solver = Solver(preset_of(config), **players, budget=Budget(**config["budget"]), seed=seed)
        solver.handlers = {role: watched(handler, beat) for role, handler in solver.handlers.items()}
        parameters = {role: handler.parameters for role, handler in solver.handlers.items()}

        def solve(problems: Sequence[Problem]) -> Iterator[Outcome]:
            self.forget()
            for solution in solver.as_solved(problems, live=len(problems)):
                yield Outcome(solution.tree, solution.answer, solution.ledger, solution.stop_reason, parameters)

        return solve

    def player(self, role: str, config: Mapping[str, Any]) -> Any:
        """Who plays a role: a control, "judge" (the teacher), or a scorer or model, which is loaded once."""
        name = config[role]
        if name in CONTROLS.get(role, ()):
            problems = [parse_cached(question) for question in self.questions]
            return control(role, name, problems, planned=config["hinting"]["when"] == "plan")
        if (role, name) == ("scorer", "judge"):
            if config["teacher"] is None:
                raise UsageError("the scorer 'judge' is the teacher's model judging drafts: name a teacher")
            teacher = self.player("teacher", config)
            return Handler(DraftScorer(teacher), teacher.parameters)
        key = model_key(role, config)
        how = {"device": config["device"], "dtype": config["dtype"]}
        if key not in self.models:
            if role == "scorer":
                self.models[key] = make_scorer(name, asked(config), **how, extra=LAB_SCORERS)
            else:
                self.models[key] = open_model(name, **how)
        return self.models[key].handler if role == "scorer" else self.models[key]

    def forget(self) -> None:
        """Drop what models have read, so that the cost of a problem does not depend on what was run before."""
        for model in self.models.values():
            model.forget()

    def drop_all_but(self, config: Mapping[str, Any]) -> None:
        """Let go of the models that an arm does not use."""
        used = {model_key(role, config) for role in ROLES}
        self.models = {key: model for key, model in self.models.items() if key in used}


def model_key(role: str, config: Mapping[str, Any]) -> tuple[str, ...]:
    """What tells two loaded models apart."""
    kind = f"scorer {config.get('prm_spec')}" if role == "scorer" else "writer"
    return kind, str(config[role]), config["device"], config["dtype"]


def asked(config: Mapping[str, Any]) -> PRMSpec | None:
    """How the arm's PRM is asked, if its configuration says so."""
    return read_spec(config["prm_spec"], FAMILIES) if "prm_spec" in config else None


def preset_of(config: Mapping[str, Any]) -> Preset:
    """Search, rule and sampling of a configuration. Raises UsageError if a value is outside its range."""
    settings = dict(config["search"])
    search = SEARCHES[settings.pop("name")](**tuples(settings))
    rule = None if config["rewrite"] is None else Rewrite(**tuples(config["rewrite"]))
    sampling, hinting = Sampling(**config["sampling"]), Hinting(**config["hinting"])
    return Preset("", (), search, rule, sampling, config["keep_hints"], hinting)


def tuples(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings from JSON, which has lists only."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}


def watched(handler: Handler, beat: Beat) -> Handler:
    """An answerer that calls ``beat`` after every batch."""
    ask: Callable[[Sequence[Any]], Sequence[Any]] = handler.handle

    def answer(requests: Sequence[Any]) -> Sequence[Any]:
        answers = ask(requests)
        beat()
        return answers

    return handler._replace(handle=answer)
