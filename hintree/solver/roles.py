"""Turn the models of a configuration into handlers, one per role: the only place where models meet tasks.

The command line, studies, the server, plug-ins and trainers all come through ``role_handlers``.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from inspect import unwrap
from typing import Any

from hintree.errors import UsageError
from hintree.lab.controls import LAB_HINTERS, LAB_SCORERS, lab_hinter
from hintree.models import LanguageModel, is_address, open_model
from hintree.policies import DraftScorer, HintWriter, StepWriter, by_kind, only_first, with_strategies
from hintree.policies.hint_controls import controlled, read_hinter
from hintree.policies.verification import VERIFIER_SAMPLING
from hintree.presets.preset import Preset
from hintree.retrieval import LookUp, Retriever, open_retriever
from hintree.retrieval.service import SearchService
from hintree.scorers import PRM, FromFunction, FromScores, LoadedScorer, PRMSpec, StepScorer, make_scorer, takes_steps
from hintree.scorers.probe import PROBE, open_probe, parts_of
from hintree.search import Handler, HintRequest, StepRequest
from hintree.search.core.ledger import RETRIEVER
from hintree.solver.locking import MODELS_LOCK, taking_turns
from hintree.solver.memory import within_memory

log = logging.getLogger(__name__)
SELF_GRADE = "judge"
"""Name of the scorer that is the teacher's model grading drafts."""
OWN_GRADE = "judge:reasoner"
"""Name of the scorer that is the reasoner's model grading its own drafts."""
Key = tuple[str, ...]


class ModelPool:
    """Models and scorers that are loaded already, so that each is loaded once.

    A pool may be shared by solvers of one process; it owns what it has loaded.
    """

    def __init__(self) -> None:
        self._models: dict[Key, LanguageModel] = {}
        self._scorers: dict[Key, LoadedScorer] = {}
        self._retrievers: dict[Key, Retriever] = {}
        self._guarded: dict[Handler, Handler] = {}

    def model(self, name: str | LanguageModel, device: str, dtype: str) -> LanguageModel:
        """Return a language model by name, loading it at first use; a loaded one as it is. Raises ModelError."""
        if not isinstance(name, str):
            return name
        key = ("model", name, device, dtype)
        if key not in self._models:
            log.info("loading %s", name)
            self._models[key] = open_model(name, device=device, dtype=dtype)
        return self._models[key]

    def scorer(self, name: str, spec: str | PRMSpec | None, device: str, dtype: str) -> LoadedScorer:
        """Return a scorer by name, loading its models at first use. Raises UsageError or ModelError."""
        key = scorer_key(name, spec, device, dtype)
        if key not in self._scorers:
            log.info("loading the scorer %s", name)
            self._scorers[key] = make_scorer(name, spec, device=device, dtype=dtype, extra=LAB_SCORERS)
        return self._scorers[key]

    def retriever(self, name: str, device: str, dtype: str) -> Retriever:
        """Return a retriever by name, opening it at first use. Raises UsageError or ModelError."""
        key = (RETRIEVER, name, device, dtype)
        if key not in self._retrievers:
            log.info("opening the retriever %s", name)
            self._retrievers[key] = open_retriever(name, device=device, dtype=dtype)
        return self._retrievers[key]

    def guarded_scorer(self, handler: Handler) -> Handler:
        """Return a loaded scorer's handler under the guards; one for all solvers, as a batch has one handler."""
        if handler not in self._guarded:
            self._guarded[handler] = taking_turns(within_memory(handler, self.forget))
        return self._guarded[handler]

    def forget(self) -> None:
        """Drop the KV caches of all models, so that a problem's cost does not depend on what ran before it."""
        with MODELS_LOCK:
            for model in self._models.values():
                model.forget()
            for scorer in self._scorers.values():
                scorer.forget()

    def keep_only(self, keys: Collection[Key]) -> None:
        """Release every model and scorer but those of ``keys``; see ``pool_keys``."""
        self._models = {key: model for key, model in self._models.items() if key in keys}
        self._scorers = {key: scorer for key, scorer in self._scorers.items() if key in keys}
        self._retrievers = {key: retriever for key, retriever in self._retrievers.items() if key in keys}
        self._guarded.clear()

    def shipped(self) -> list[LanguageModel]:
        """Return the loaded language models that the package ships."""
        return [model for (_, name, *_), model in self._models.items() if name.startswith("embedded:")]


def scoring_role(scorer: Any) -> str | None:
    """Return the role whose model is the scorer too, by grading drafts or by its hidden states; None for others."""
    if not isinstance(scorer, str):
        return None
    if scorer.startswith(PROBE):
        return None if parts_of(scorer)[1] else "reasoner"
    return {SELF_GRADE: "teacher", OWN_GRADE: "reasoner"}.get(scorer)


def scorer_key(name: str, spec: str | PRMSpec | None, device: str, dtype: str) -> Key:
    """Return the key of a scorer in a pool; scorers of other specs or number formats have other keys."""
    return "scorer", name, repr(spec), device, dtype


def pool_keys(models: Mapping[str, Any], spec: str | PRMSpec | None, device: str, dtype: str) -> set[Key]:
    """Return the keys of all models that a configuration names, by role."""
    named = {role: name for role, name in models.items() if isinstance(name, str)}
    keys = {("model", name, device, dtype) for role, name in named.items() if role not in ("scorer", RETRIEVER)}
    keys |= {("model", read_hinter(named["hinter"]).model, device, dtype)} if "hinter" in named else set()
    if (read := parts_of(named.get("scorer", ""))[1]) and named["scorer"].startswith(PROBE):
        keys.add(("model", read, device, dtype))
    keys |= {(RETRIEVER, named[RETRIEVER], device, dtype)} if RETRIEVER in named else set()
    return keys | ({scorer_key(named["scorer"], spec, device, dtype)} if "scorer" in named else set())


def role_handlers(
    models: Mapping[str, Any],
    preset: Preset,
    pool: ModelPool,
    *,
    prm_spec: str | PRMSpec | None = None,
    device: str = "auto",
    dtype: str = "auto",
    questions: Sequence[str] = (),
    only: Collection[str] | None = None,
) -> dict[str, Handler]:
    """Return the handler of every role.

    Args:
        models: By role: a model's or scorer's name, a control's name, a loaded ``LanguageModel``, a ``Handler``, and
            for the scorer also a callable or an object with ``score``; for the retriever the name or an object with
            ``search``.
        preset: Sampling, hinting, and whether earlier hints stay in prompts.
        pool: Models that are loaded already; new ones are added to it.
        prm_spec: Input and output format of a PRM.
        device: A torch device, or "auto".
        dtype: A number format, or "auto".
        questions: All questions of the run, which the controls of the hinter need.
        only: Roles whose handlers are made; None for all.

    Raises:
        UsageError: A name or value is not accepted.
        ModelError: A model cannot be loaded.
    """
    wiring = Wiring(models, preset, pool, prm_spec, device, dtype, questions)
    handlers = {role: wiring.handler(role, model) for role, model in models.items() if only is None or role in only}
    if preset.hinting.when != "each" and (hinter := handlers.get("hinter")):
        handlers["hinter"] = hinter._replace(handle=only_first(hinter.handle))
    warn_of_scored_thoughts(handlers)
    return {
        role: pool.guarded_scorer(handler)
        if role == "scorer" and isinstance(models[role], str)
        else taking_turns(within_memory(handler, pool.forget))
        for role, handler in handlers.items()
    }


def warn_of_scored_thoughts(handlers: Mapping[str, Handler]) -> None:
    """Log once that a PRM will score the parts of a thought, which no PRM was made for."""
    reasoner, scorer = (unwrap(handlers[role].handle) if role in handlers else None for role in ("reasoner", "scorer"))
    if isinstance(reasoner, StepWriter) and reasoner.format.thinking == "search" and isinstance(scorer, PRM):
        say_thoughts_are_scored(scorer.model.name, reasoner.model.name)


@lru_cache(maxsize=256)
def say_thoughts_are_scored(scorer: str, reasoner: str) -> None:
    """Log the warning of ``warn_of_scored_thoughts`` for a pair of models."""
    log.warning(
        "scorer %s reads the thoughts of %s step by step: PRMs made for solutions do not help there and may harm; use "
        "votes instead (--search self-consistency --selection choice=majority, with `thinking: whole`)",
        scorer,
        reasoner,
    )


class Wiring:
    """One configuration on its way to handlers; arguments as for ``role_handlers``."""

    def __init__(
        self,
        models: Mapping[str, Any],
        preset: Preset,
        pool: ModelPool,
        prm_spec: str | PRMSpec | None,
        device: str,
        dtype: str,
        questions: Sequence[str],
    ) -> None:
        self.models, self.preset, self.pool, self.prm_spec = models, preset, pool, prm_spec
        self.device, self.dtype, self.questions = device, dtype, questions

    def handler(self, role: str, model: Any) -> Handler:
        """Return one role's handler."""
        if isinstance(model, Handler):
            return model
        if role == "scorer":
            return self.scorer(model)
        if role == "hinter":
            return self.hinter(model)
        if role == RETRIEVER:
            found = self.pool.retriever(model, self.device, self.dtype) if isinstance(model, str) else model
            return Handler(LookUp(found), getattr(found, "parameters", 0), isinstance(found, SearchService))
        writer_model = self.load(model)
        protocol = self.preset.protocol
        sampling = VERIFIER_SAMPLING if role == "verifier" else self.preset.sampling
        writer = StepWriter(writer_model, sampling, keep_hints=self.preset.keep_hints, protocol=protocol)
        return served(with_strategies(writer_model, writer, protocol) if role == "teacher" else writer, writer_model)

    def hinter(self, model: Any) -> Handler:
        """Return the hinter's handler: a control of the lab, or a model."""
        hinting = self.preset.hinting
        if isinstance(model, str) and model in LAB_HINTERS:
            return lab_hinter(model, self.questions, planned=hinting.when == "plan")
        control, model = read_hinter(model) if isinstance(model, str) else ("", model)
        loaded, sampling, protocol = self.load(model), self.preset.sampling, self.preset.protocol
        hint = HintWriter(loaded, sampling, hinting, protocol=protocol)
        handle: Any = controlled(control, hint, self.questions) if control else hint
        write = StepWriter(loaded, sampling, protocol=protocol)  # for actions that a hinter writes
        return served(by_kind({HintRequest: handle, StepRequest: write}, handle), loaded)

    def scorer(self, scorer: Any) -> Handler:
        """Return the scorer's handler: a model grading drafts, a user's own object, or a scorer by name."""
        if isinstance(scorer, str) and scorer.startswith(PROBE):
            return self.probe(scorer)
        if (role := scoring_role(scorer)) is not None:
            grader = self.models.get(role)
            if grader is None or isinstance(grader, Handler):
                raise UsageError(
                    f"the scorer {scorer!r} is the {role}'s model judging drafts: name a {role} that is a model"
                )
            loaded = self.load(grader)
            return served(DraftScorer(loaded, self.preset.protocol), loaded)
        if callable(scorer):
            return Handler(FromFunction(scorer) if takes_steps(scorer) else scorer)
        if isinstance(scorer, StepScorer):
            return Handler(FromScores(scorer))
        return self.pool.scorer(scorer, self.prm_spec, self.device, self.dtype).handler

    def probe(self, name: str) -> Handler:
        """Return the handler of a probe, which reads the reasoner's model or one that its name names."""
        model = parts_of(name)[1] or self.models.get("reasoner")
        if model is None or isinstance(model, Handler):
            raise UsageError(f"the scorer {name!r} reads the reasoner's model: name a reasoner that is a model")
        loaded = self.load(model)
        with MODELS_LOCK:
            scorer = open_probe(name, loaded, self.preset.protocol, keep_hints=self.preset.keep_hints)
        return served(scorer, loaded)

    def load(self, model: str | LanguageModel) -> LanguageModel:
        """Return a language model from the pool."""
        return self.pool.model(model, self.device, self.dtype)


def served(handle: Any, model: LanguageModel) -> Handler:
    """Return a handler of a model's task; a model on a server takes concurrent requests."""
    return Handler(handle, model.parameters, is_address(model.name))
