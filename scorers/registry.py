"""Scorers by name: the values of ``--scorer``, of ``Solver(scorer=...)`` and of ``scorer`` in a study's arm.

A name is a process reward model (``embedded:prm``, a folder, a hub id or a server's address) or an entry of
``SCORERS``, with a model, a statistic or a number after a colon. ``0.7*embedded:prm+0.3*confidence:min`` is the
weighted mean of several. A new scorer is a ``PathScorer`` (base.py) in a file of its own and one entry here.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from hintree import models  # its loaders import torch when they are first used
from hintree.errors import UsageError
from hintree.models import Classifier, LanguageModel, SupportsLabels, is_address
from hintree.policies import Sampling, StepWriter
from hintree.scorers.baselines import Constant, random_scores
from hintree.scorers.confidence import STATISTICS, TokenConfidence
from hintree.scorers.debate import Debate
from hintree.scorers.ensemble import Ensemble, ScoreFunction
from hintree.scorers.families import FAMILIES
from hintree.scorers.generative import VERIFIERS, GenerativeVerifier
from hintree.scorers.loading import LoadedScorer, LoadOptions, build_prm, loaded, with_labels
from hintree.scorers.probe import PROBE, parts_of
from hintree.scorers.rollouts import RolloutAgreement
from hintree.scorers.spec import PRMSpec
from hintree.scorers.symbolic import SymbolicCheck
from hintree.scorers.verification import VERDICT_LABELS
from hintree.search import Handler

Builder = Callable[[str, LoadOptions], LoadedScorer]
"""Builds a scorer from the text after the colon of its name. Raises UsageError or ModelError."""


class ScorerInfo(NamedTuple):
    """An entry of the registry.

    usage: How the name is written, as in ``digits:MODEL`` or ``constant[:NUMBER]``.
    about: One line for users.
    source: Paper, or "hintree".
    build: Builds the scorer; None for one that the caller of ``make_scorer`` hands in.
    """

    usage: str
    about: str
    source: str
    build: Builder | None

    @property
    def needs_model(self) -> bool:
        """True if a model follows the colon."""
        return self.usage.endswith(":MODEL")


def make_scorer(
    name: str,
    prm_spec: str | PRMSpec | None = None,
    *,
    device: str = "auto",
    dtype: str = "auto",
    extra: Mapping[str, Callable[[], ScoreFunction]] | None = None,
) -> LoadedScorer:
    """Build a scorer by name.

    Args:
        name: A PRM's model name, a name of ``SCORERS``, or a weighted sum of such names.
        prm_spec: Declaration of its PRMs: a ``PRMSpec``, the name of a family or a YAML file; by default as
            ``find_spec`` finds it.
        device: As for ``load_model``.
        dtype: As for ``load_model``.
        extra: Constructors of scorers that this package cannot build, by name; ``exact`` belongs to the lab.

    Raises:
        UsageError: A name or value is not accepted.
        ModelError: A model cannot be loaded.
    """
    options = LoadOptions(prm_spec, device, dtype)
    members = [(weight, build(kind, argument, options, extra or {})) for weight, kind, argument in parse_name(name)]
    if len(members) == 1:
        return members[0][1]
    mean = Ensemble([member.handler.handle for _, member in members], [weight for weight, _ in members])
    return loaded(mean, *(model for _, member in members for model in member.models))


def models_of(name: str) -> set[str]:
    """Return the names of the models that a scorer uses, a probe's folder included."""
    if name.startswith(PROBE):
        return set(filter(None, parts_of(name)))
    return {rest for _, kind, rest in parse_name(name) if kind == "prm" or SCORERS[kind].needs_model}


def parse_name(name: str) -> Iterator[tuple[float, str, str]]:
    """Yield (weight, kind, argument) of every member of a name; kind is "prm" or a key of ``SCORERS``.

    Raises:
        UsageError: A weight is not a number above 0, or a member needs a model and names none.
    """
    if is_address(name):
        yield 1.0, "prm", name
        return
    for part in [name] if Path(name).exists() else name.split("+"):
        factor, star, rest = part.rpartition("*")
        try:
            weight = float(factor) if star else 1.0
        except ValueError:
            weight = 0.0
        if not 0 < weight < float("inf"):
            raise UsageError(f"scorer {part!r}: {factor!r} is not a weight, which is a number above 0")
        kind, _, argument = rest.strip().partition(":")
        if kind not in SCORERS or Path(rest).is_dir():
            kind, argument = "prm", rest.strip()
        elif SCORERS[kind].needs_model and not argument:
            raise UsageError(f"scorer {part!r}: name a model, as in {kind}:embedded:teacher")
        yield weight, kind, argument


def build(
    kind: str, argument: str, options: LoadOptions, extra: Mapping[str, Callable[[], ScoreFunction]]
) -> LoadedScorer:
    """Build one member of a name, as ``parse_name`` yields it. Raises UsageError or ModelError."""
    if kind == "prm":
        return build_prm(argument, options)
    info = SCORERS[kind]
    if argument and ":" not in info.usage:
        raise UsageError(f"scorer {kind!r} takes nothing after a colon, not {argument!r}")
    if info.build is not None:
        return info.build(argument, options)
    if kind not in extra:
        raise UsageError(f"scorer {kind!r} is not built in; pass its constructor in make_scorer(extra=...)")
    return loaded(extra[kind]())


def build_token_judge(family: str) -> Builder:
    """Return the builder of a PRM family that reads one token of any language model."""

    def build_family(model: str, options: LoadOptions) -> LoadedScorer:
        return build_prm(model, options._replace(prm_spec=FAMILIES[family]))

    return build_family


def build_verifier(prompt: str) -> Builder:
    """Return the builder of a generative verifier; ``maj`` is the debate, the others are keys of ``VERIFIERS``."""

    def build_generative(model: str, options: LoadOptions) -> LoadedScorer:
        writer: LanguageModel
        reader: SupportsLabels | Classifier
        if is_address(model):
            writer = models.open_model(model)
            reader = models.open_served(with_labels(model, *reversed(VERDICT_LABELS)))
        else:
            writer = models.open_model(model, device=options.device, dtype=options.dtype)
            if not isinstance(writer, SupportsLabels):
                raise UsageError(f"scorer on {model}: this model cannot be read for the probabilities of labels")
            reader = writer
        verifier = Debate(writer, reader) if prompt == "maj" else GenerativeVerifier(writer, reader, VERIFIERS[prompt])
        used = [writer] if reader is writer else [writer, reader]
        return loaded(verifier, *used, concurrent=is_address(model))

    return build_generative


def build_rollouts(model: str, options: LoadOptions) -> LoadedScorer:
    """Build the agreement of rollouts that a model samples at temperature 0.8."""
    writer = models.open_model(model, device=options.device, dtype=options.dtype)
    steps = StepWriter(writer, Sampling(temperature=0.8, greedy_first=False))
    return loaded(RolloutAgreement(Handler(steps, writer.parameters)), writer)


def refuse_probe(folder: str, options: LoadOptions) -> LoadedScorer:
    """Raise UsageError: a probe reads the reasoner's own model, which only a search has."""
    raise UsageError(
        f"scorer 'probe:{folder}' reads the hidden states of a search's reasoner: name it alone, not in a sum, as "
        "--scorer or Solver(scorer=...)"
    )


def build_constant(number: str, options: LoadOptions) -> LoadedScorer:
    """Build a constant scorer. Raises UsageError unless ``number`` is empty or a number in [0, 1]."""
    try:
        return loaded(Constant(float(number or 0.5)))
    except ValueError as error:
        raise UsageError(f"scorer 'constant:{number}': {number!r} is not a number in [0, 1]") from error


SCORERS: dict[str, ScorerInfo] = {
    "confidence": ScorerInfo(
        "confidence[:STATISTIC]",
        f"the step's own token probabilities; one of {', '.join(STATISTICS)} (default mean)",
        "SMART's TLC, arXiv 2504.09923",
        lambda statistic, _: loaded(TokenConfidence(statistic or "mean")),
    ),
    "digits": ScorerInfo(
        "digits:MODEL",
        "a model grades the step from 0 to 9; the expected digit / 9",
        "SpecReason, arXiv 2504.07891",
        build_token_judge("digits"),
    ),
    "yes-no": ScorerInfo(
        "yes-no:MODEL",
        "a model is asked if the step is right; P(Yes) against P(No)",
        "arXiv 2207.05221",
        build_token_judge("yes-no"),
    ),
    "genprm": ScorerInfo(
        "genprm:MODEL",
        "a model writes an analysis of the step; P(Yes) against P(No) after it",
        "GenPRM, arXiv 2504.00891",
        build_verifier("genprm"),
    ),
    "think": ScorerInfo(
        "think:MODEL",
        "a model verifies the solution so far; P(Yes) against P(No) after it",
        "ThinkPRM, arXiv 2504.16828",
        build_verifier("think"),
    ),
    "br-rm": ScorerInfo(
        "br-rm:MODEL",
        "a model names weak points, analyses only these in a second turn; P(Yes) against P(No) after it",
        "BR-RM, arXiv 2510.23596",
        build_verifier("br-rm"),
    ),
    "maj": ScorerInfo(
        "maj:MODEL",
        "three profiles of a model debate the step for two rounds, then vote; the fraction of Yes",
        "MAJ of JudgeBoard, arXiv 2511.15958",
        build_verifier("maj"),
    ),
    "rollouts": ScorerInfo(
        "rollouts:MODEL",
        "8 rollouts of the solution so far; the fraction that agree on the answer",
        "rStar, arXiv 2408.06195",
        build_rollouts,
    ),
    "probe": ScorerInfo(
        "probe:FOLDER[?model=MODEL]",
        "a small head that `hintree train probe` trained reads the reasoner's own hidden state at the step's end",
        "ReProbe, arXiv 2511.06209",
        refuse_probe,
    ),
    "symbolic": ScorerInfo(
        "symbolic",
        "1 if every `a op b = c` between numbers in the step holds, 0 if one does not, 0.5 if there is none",
        "hintree",
        lambda _, options: loaded(SymbolicCheck()),
    ),
    "exact": ScorerInfo(
        "exact", "the lab's oracle: 1 for a right step, 0 for a wrong one; lab problems only", "hintree", None
    ),
    "random": ScorerInfo(
        "random", "a uniform random number, the control", "hintree", lambda _, options: loaded(random_scores)
    ),
    "constant": ScorerInfo(
        "constant[:NUMBER]", "the same score for every step, 0.5 by default; a control", "hintree", build_constant
    ),
}
"""All scorers except PRMs, by the word that their names begin with."""
