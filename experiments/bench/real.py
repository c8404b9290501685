"""Real lab trees: hints, scores and rewrites on the shipped models, and texts that end where the models end them."""

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


class Cast(NamedTuple):
    """The shipped models of all roles."""

    reasoner: LocalModel
    hinter: LocalModel
    teacher: LocalModel
    scorer: LocalClassifier


class Recorded(LocalClassifier):
    """A fresh classifier on a model that is loaded already; it keeps what it was asked."""

    def __init__(self, model: LocalClassifier) -> None:
        super().__init__(model.name, model.model, model.tokenizer)
        self.asked: list[Texts] = []

    def classify(
        self, texts: Texts, *, groups: Sequence[str] = (), whole: bool = False, bos: bool = True
    ) -> list[Scored | ModelError]:
        """As the model does."""
        self.asked.append(texts)
        return super().classify(texts, groups=groups, whole=whole, bos=bos)


class Real(NamedTuple):
    """One run of a search over some problems.

    seconds: CPU seconds of all of it.
    inside: CPU seconds within the bodies and heads of all models.
    forwarded, generated: Tokens by role.
    scored: What the scorer was asked, call by call.
    """

    seconds: float
    inside: float
    forwarded: dict[str, int]
    generated: dict[str, int]
    scored: list[Texts]

    def per_token(self, roles: Sequence[str] = WRITERS) -> float:
        """Forwarded per generated token of some roles together."""
        return sum(self.forwarded[role] for role in roles) / max(1, sum(self.generated[role] for role in roles))


def load_cast() -> Cast:
    """Load the shipped models."""
    student, hinter, teacher = (
        load_model(f"embedded:{name}", device="cpu") for name in ("student", "hinter", "teacher")
    )
    return Cast(student, hinter, teacher, load_classifier("embedded:prm", device="cpu"))


def lab_problems(n: int) -> list[Problem]:
    """Validation problems of 6 to 8 steps."""
    return [Problem(p.question, p.id) for p in problems("validation", range(6, 9), n=n)]


def grow_real(cast: Cast, n: int) -> Real:
    """Beam 16/4 (4 paths are kept, each writes 4 steps) with hints, scores and rewrites over ``n`` problems.

    All caches are empty at first.
    """
    fresh = [LocalModel(m.name, m.model, m.tokenizer) for m in cast[:3]]
    asked, sampling = Recorded(cast.scorer), Sampling(temperature=0.8)
    handlers = {
        "reasoner": Handler(StepWriter(fresh[0], sampling), fresh[0].parameters),
        "hinter": Handler(HintWriter(fresh[1], sampling), fresh[1].parameters),
        "teacher": Handler(StepWriter(fresh[2], sampling), fresh[2].parameters),
        "scorer": Handler(PRM(asked, FAMILIES["lab"]), asked.parameters),
    }
    trees, search = [Tree(problem) for problem in lab_problems(n)], Beam(width=4, branch=4)
    with ExitStack() as stack:
        meters = [stack.enter_context(Meter(m.model.base_model, head_of(m.model))) for m in cast]
        clock = time.process_time()
        runs = list(batched_driver(((t, search.grow(t, Rewrite())) for t in trees), handlers, live=n))
        seconds = time.process_time() - clock
    books = [run.ledger for run in runs]
    return Real(
        seconds,
        sum(meter.seconds for meter in meters),
        {role: booked(books, role, "forwarded_tokens") for role in handlers},
        {role: booked(books, role, "generated_tokens") for role in handlers},
        asked.asked,
    )


def head_of(model: nn.Module) -> nn.Module:
    """A language model's or a classifier's head."""
    head: nn.Module = getattr(model, "lm_head" if "lm_head" in dict(model.named_children()) else "score")
    return head


def booked(books: Sequence[Ledger], role: str, figure: str) -> int:
    """The sum of one figure of one role over all problems."""
    return sum(getattr(ledger[role], figure) for ledger in books)


def score_again(model: LocalClassifier, calls: Sequence[Texts], *, tree: bool) -> tuple[float, int]:
    """Ask a fresh classifier what a search asked: CPU seconds and forwarded tokens.

    Without ``tree`` every text is forwarded as a whole, as scorers do that know no tree.
    """
    fresh = LocalClassifier(model.name, model.model, model.tokenizer, tree=tree)
    clock = time.process_time()
    for texts in calls:
        fresh.classify(texts)
    return time.process_time() - clock, fresh.usage.forwarded_tokens
