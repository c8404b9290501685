"""Scorers by name: what ``--scorer``, ``Solver(scorer=...)`` and the arms of a study take.

A name is a model (a PRM), or one of ``JUDGES``, with a model or a number after a colon where it needs one. Several are
weighted into one as in ``0.7*embedded:prm+0.3*confidence:min``.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hintree import models  # its loaders import torch when they are first used
from hintree.errors import UsageError
from hintree.lab.controls import ExactScorer, random_scores
from hintree.models import is_address
from hintree.policies import Sampling, StepWriter
from hintree.scorers import (
    FAMILIES,
    FORMS,
    LABELS,
    PRM,
    Constant,
    Debate,
    Ensemble,
    PRMSpec,
    TokenConfidence,
    Verdict,
    find_spec,
)
from hintree.scorers.rollouts import Agreement
from hintree.scorers.symbolic import SymbolicCheck
from hintree.search import Handler

if TYPE_CHECKING:
    from hintree.models.local.classifier import LocalClassifier


class Kind(NamedTuple):
    """A kind of scorer: how it is named, one line for users, and where it is from."""

    name: str
    about: str
    source: str


JUDGES = {
    "confidence": Kind(
        "confidence[:WAY]",
        "the step's own token probabilities; mean (default), geometric, min, least-3, entropy or first-entropy",
        "SMART's TLC, arXiv 2504.09923",
    ),
    "digits": Kind(
        "digits:MODEL", "a model marks the step from 0 to 9; the expected mark", "SpecReason, arXiv 2504.07891"
    ),
    "yes-no": Kind("yes-no:MODEL", "a model says whether the step is right; P(Yes) against P(No)", "arXiv 2207.05221"),
    "genprm": Kind("genprm:MODEL", "a model analyses the step, then its verdict is read", "GenPRM, arXiv 2504.00891"),
    "think": Kind(
        "think:MODEL", "a model verifies the solution so far, then its verdict is read", "ThinkPRM, arXiv 2504.16828"
    ),
    "br-rm": Kind(
        "br-rm:MODEL", "a model names weak points, thinks again about them, then is read", "BR-RM, arXiv 2510.23596"
    ),
    "maj": Kind(
        "maj:MODEL", "three profiles of a model debate the step, then vote", "multi-agent debate, arXiv 2305.14325"
    ),
    "rollouts": Kind("rollouts:MODEL", "how far 8 completions agree about the answer", "rStar, arXiv 2408.06195"),
    "symbolic": Kind("symbolic", "whether every `a op b = c` in the step holds; 0.5 if there is none", "hintree"),
    "exact": Kind("exact", "the lab's oracle: 1 for a right step, 0 for a wrong one; lab problems only", "hintree"),
    "random": Kind("random", "a number that knows nothing of the step", "hintree"),
    "constant": Kind("constant[:NUMBER]", "the same for every step, 0.5 by default", "hintree"),
}
"""All scorers but PRMs, by the word that their names begin with."""
WITH_MODEL = ("digits", "yes-no", "genprm", "think", "br-rm", "maj", "rollouts")


class Forgetful(Protocol):
    """A model that remembers what it has read."""

    parameters: int

    def forget(self) -> None:
        """Drop it."""
        ...


class Scorer(NamedTuple):
    """A scorer, ready to answer, and the models behind it.

    ``answerer.parameters`` is the size of the largest of them: of several, the FLOPs are an upper bound.
    """

    handler: Handler
    models: tuple[Forgetful, ...] = ()

    def forget(self) -> None:
        """Drop what the models have read."""
        for model in self.models:
            model.forget()


def make_scorer(
    name: str, prm_spec: str | PRMSpec | None = None, *, device: str = "auto", dtype: str = "auto"
) -> Scorer:
    """A scorer by name.

    Args:
        name: See above.
        prm_spec: How its PRMs are asked: a declaration, the name of a family, or a YAML file; by default as
            ``scorers.find_spec`` finds out.
        device: As for ``load_model``.
        dtype: As for ``load_model``.

    Raises:
        UsageError: A name or value is not accepted.
        ModelError: A model cannot be loaded.
    """
    made = [(weight, build(kind, rest, prm_spec, device, dtype)) for weight, kind, rest in parts(name)]
    behind = tuple(model for _, (_, own) in made for model in own)
    ask = made[0][1][0] if len(made) == 1 else Ensemble([ask for _, (ask, _) in made], [weight for weight, _ in made])
    concurrent = len(made) == 1 and is_address(name)
    return Scorer(Handler(ask, max((model.parameters for model in behind), default=0), concurrent), behind)


def load_prm(
    name: str, spec: str | PRMSpec | None = None, *, device: str = "auto", dtype: str = "auto"
) -> "PRM[LocalClassifier]":
    """A PRM by its model's name; arguments and errors as for ``make_scorer``."""
    found = find_spec(name, spec)
    numbers = found.dtype if found.dtype and dtype == "auto" else dtype
    return PRM(models.load_classifier(name, found.reading(), device=device, dtype=numbers), found)


def parts(name: str) -> Iterator[tuple[float, str, str]]:
    """Weight, kind ("prm" or a key of ``JUDGES``) and what follows, of every scorer that a name is put together from.

    Raises:
        UsageError: A weight is not a number above 0, or a part needs a model and names none.
    """
    if is_address(name):
        yield 1.0, "prm", name
        return
    for part in [name] if Path(name).is_dir() else name.split("+"):
        factor, star, rest = part.rpartition("*")
        try:
            weight = float(factor) if star else 1.0
        except ValueError:
            weight = 0.0
        if not 0 < weight < float("inf"):
            raise UsageError(f"scorer {part!r}: {factor!r} is not a weight, which is a number above 0")
        kind, _, more = rest.strip().partition(":")
        if kind not in JUDGES or Path(rest).is_dir():
            kind, more = "prm", rest.strip()
        if kind in WITH_MODEL and not more:
            raise UsageError(f"scorer {part!r}: name a model, as in {kind}:embedded:teacher")
        yield weight, kind, more


def models_of(name: str) -> set[str]:
    """The names of the models behind a scorer."""
    return {rest for _, kind, rest in parts(name) if kind in ("prm", *WITH_MODEL)}


def build(
    kind: str, rest: str, prm_spec: Any, device: str, dtype: str
) -> tuple[Callable[..., Any], tuple[Forgetful, ...]]:
    """One scorer, and the models behind it."""
    if kind == "prm" and is_address(rest):
        remote = models.open_served(rest)
        return PRM(remote, find_spec(rest, prm_spec or FAMILIES["lab"])), (remote,)
    if kind in ("prm", "digits", "yes-no"):
        prm = load_prm(rest, prm_spec if kind == "prm" else FAMILIES[kind], device=device, dtype=dtype)
        return prm, (prm.model,)
    if kind in WITH_MODEL:
        writer = models.load_model(rest, device=device, dtype=dtype)
        if kind == "rollouts":
            steps = StepWriter(writer, Sampling(temperature=0.8, greedy_first=False))
            return Agreement(Handler(steps, writer.parameters)), (writer,)
        reader = models.read_tokens(writer, LABELS)
        return Debate(writer, reader) if kind == "maj" else Verdict(writer, reader, FORMS[kind]), (writer, reader)
    if kind == "confidence":
        return TokenConfidence(rest or "mean"), ()
    if kind == "constant":
        try:
            return Constant(float(rest or 0.5)), ()
        except ValueError as error:
            raise UsageError(f"scorer 'constant:{rest}': {rest!r} is not a number in [0, 1]") from error
    if rest:
        raise UsageError(f"scorer {kind!r} takes nothing after a colon, not {rest!r}")
    plain: dict[str, Callable[..., Any]] = {"symbolic": SymbolicCheck(), "exact": ExactScorer(), "random": random_scores}
    return plain[kind], ()
