"""Real lab trees: hints, scores and rewrites by the shipped models, with steps that end at the models' own stops."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import NamedTuple

from torch import nn

from hintree.errors import ModelError
from hintree.experiments.bench.clock import Meter
from hintree.lab.generate import problems
from hintree.models import Piece, Scored, load_classifier, load_model
from hintree.models.local.classifier import LocalClassifier
from hintree.models.local.model import LocalModel
from hintree.policies import HintWriter, Sampling, StepWriter
from hintree.scorers import FAMILIES, PRM
from hintree.search import Beam, Handler, Ledger, Problem, Rewrite, Tree, batched_driver

WRITERS = ("reasoner", "hinter", "teacher")
Texts = Sequence[Sequence[Piece]]


class ShippedModels(NamedTuple):
    """Shipped models of all roles."""

    reasoner: LocalModel
    hinter: LocalModel
    teacher: LocalModel
    scorer: LocalClassifier


class RecordingClassifier(LocalClassifier):
    """Classifier with an empty cache on an already loaded model; ``calls`` records the texts of each call."""

    def __init__(self, model: LocalClassifier) -> None:
        super().__init__(model.name, model.model, model.tokenizer)
        self.calls: list[Texts] = []

    def classify(
        self, texts: Texts, *, groups: Sequence[str] = (), whole: bool = False, bos: bool = True
    ) -> list[Scored | ModelError]:
        """Record the texts and classify them as ``LocalClassifier.classify`` does."""
        self.calls.append(texts)
        return super().classify(texts, groups=groups, whole=whole, bos=bos)


class RealTreesRun(NamedTuple):
    """Cost of one run of a search over some problems.

    seconds: CPU seconds of the whole run.
    inside: CPU seconds within the bodies and heads of all models.
    forwarded, generated: Tokens by role, as the ledger counts them.
    scored: Texts of each call of the scorer.
    """

    seconds: float
    inside: float
    forwarded: dict[str, int]
    generated: dict[str, int]
    scored: list[Texts]

    def per_token(self, roles: Sequence[str] = WRITERS) -> float:
        """Return forwarded tokens per generated token, over some roles together."""
        return sum(self.forwarded[role] for role in roles) / max(1, sum(self.generated[role] for role in roles))


def load_shipped_models() -> ShippedModels:
    """Load the shipped models on the CPU."""
    student, hinter, teacher = (
        load_model(f"embedded:{name}", device="cpu") for name in ("student", "hinter", "teacher")
    )
    return ShippedModels(student, hinter, teacher, load_classifier("embedded:prm", device="cpu"))


def lab_problems(n: int) -> list[Problem]:
    """Return ``n`` validation problems of 6 to 8 steps."""
    return [Problem(p.question, p.id) for p in problems("validation", range(6, 9), n=n)]


def grow_real(models: ShippedModels, n: int) -> RealTreesRun:
    """Run a beam search (width 4, branch 4) with hints, scores and rewrites over ``n`` problems.

    All caches are empty at the start.
    """
    fresh = [LocalModel(m.name, m.model, m.tokenizer) for m in models[:3]]
    classifier, sampling = RecordingClassifier(models.scorer), Sampling(temperature=0.8)
    handlers = {
        "reasoner": Handler(StepWriter(fresh[0], sampling), fresh[0].parameters),
        "hinter": Handler(HintWriter(fresh[1], sampling), fresh[1].parameters),
        "teacher": Handler(StepWriter(fresh[2], sampling), fresh[2].parameters),
        "scorer": Handler(PRM(classifier, FAMILIES["lab"]), classifier.parameters),
    }
    trees, search = [Tree(problem) for problem in lab_problems(n)], Beam(width=4, branch=4)
    with ExitStack() as stack:
        meters = [stack.enter_context(Meter(m.model.base_model, head_of(m.model))) for m in models]
        clock = time.process_time()
        runs = list(batched_driver(((t, search.grow(t, Rewrite())) for t in trees), handlers, live=n))
        seconds = time.process_time() - clock
    ledgers = [run.ledger for run in runs]
    return RealTreesRun(
        seconds,
        sum(meter.seconds for meter in meters),
        {role: total(ledgers, role, "forwarded_tokens") for role in handlers},
        {role: total(ledgers, role, "generated_tokens") for role in handlers},
        classifier.calls,
    )


def head_of(model: nn.Module) -> nn.Module:
    """Return the head of a language model or a classifier."""
    head: nn.Module = getattr(model, "lm_head" if "lm_head" in dict(model.named_children()) else "score")
    return head


def total(ledgers: Sequence[Ledger], role: str, figure: str) -> int:
    """Return the sum of one figure of one role over all ledgers."""
    return sum(getattr(ledger[role], figure) for ledger in ledgers)


def score_again(model: LocalClassifier, calls: Sequence[Texts], *, tree: bool) -> tuple[float, int]:
    """Repeat a search's scorer calls with an empty cache; return CPU seconds and forwarded tokens.

    Without ``tree``, every text is computed as a whole, as a scorer without a prefix cache does.
    """
    fresh = LocalClassifier(model.name, model.model, model.tokenizer, tree=tree)
    clock = time.process_time()
    for texts in calls:
        fresh.classify(texts)
    return time.process_time() - clock, fresh.usage.forwarded_tokens
