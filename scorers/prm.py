"""Process-reward models (PRMs): a model that is read after every step, as its declaration says (spec.py)."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from hintree.errors import ModelError
from hintree.models import Classifier, Piece, Scored
from hintree.scorers.calibration import calibrate
from hintree.scorers.families import FAMILIES
from hintree.scorers.layout import lay_out
from hintree.scorers.spec import PRMSpec
from hintree.search import Response, ScoreRequest

C = TypeVar("C", bound=Classifier)


class PRM(Generic[C]):
    """Answers ``Score`` questions with what the model says of the last step, in [0, 1].

    Args:
        model: Who reads.
        spec: How it is asked; by default as TRL's PRMTrainer trains.
    """

    def __init__(self, model: C, spec: PRMSpec = FAMILIES["trl"]) -> None:
        self.model = model
        self.spec = spec

    def __call__(self, asks: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
        """Score the last step of each path."""
        questions = [ask.tree.problem.question for ask in asks]
        paths = [[node.step.text for node in ask.node.path()] for ask in asks]
        texts = [self.texts(q, steps)[-1] for q, steps in zip(questions, paths, strict=True)]
        answers = self._read(texts, questions)
        return [Response(self._calibrated(a)[-1], a.usage) if isinstance(a, Scored) else a for a in answers]

    def score(self, question: str, steps: Sequence[str]) -> list[float]:
        """The score of every step, in [0, 1]. Raises ModelError if a step cannot be read."""
        if not steps:
            return []
        texts = self.texts(question, steps)
        scores: list[float] = []
        for answer in self._read(texts, [question] * len(texts)):
            if not isinstance(answer, Scored):
                raise answer
            scores += self._calibrated(answer)
        if len(scores) != len(steps):
            raise ModelError(f"{self.model.name} gave {len(scores)} scores for {len(steps)} steps")
        return scores

    def texts(self, question: str, steps: Sequence[str]) -> list[list[Piece]]:
        """What is read, with a mark after every step: one text, or one per step for judges."""
        return lay_out(self.spec, self.model, question, steps)

    @property
    def bos(self) -> bool:
        """Whether the tokenizer's first token goes before the texts; conversations begin as their template does."""
        return self.spec.bos and (self.spec.layout == "text" or not self.model.chat)

    def _read(self, texts: Sequence[Sequence[Piece]], questions: Sequence[str]) -> list[Scored | ModelError]:
        return self.model.classify(texts, groups=questions, whole=self.spec.whole, bos=self.bos)

    def _calibrated(self, scored: Scored) -> list[float]:
        return [calibrate(self.spec, p) for p in scored.probabilities]
