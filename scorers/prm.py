"""Process reward models (PRMs): a classifier that is read after every step, as its declaration (spec.py) says."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from hintree.errors import ModelError
from hintree.models import Classifier, Piece, Scored
from hintree.scorers.base import steps_of
from hintree.scorers.calibration import calibrate
from hintree.scorers.families import FAMILIES
from hintree.scorers.layout import lay_out
from hintree.scorers.spec import PRMSpec
from hintree.search import Response, ScoreRequest

C = TypeVar("C", bound=Classifier)


class PRM(Generic[C]):
    """Handle ``ScoreRequest``s with the model's calibrated score of the last step, in [0, 1].

    Args:
        model: Classifier that reads the text.
        spec: Declaration of text and head; by default the format of TRL's PRMTrainer.
    """

    def __init__(self, model: C, spec: PRMSpec = FAMILIES["trl"]) -> None:
        self.model = model
        self.spec = spec

    def __call__(self, requests: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
        """Score the last step of each request's path in one batch; the trees are not modified."""
        questions = [request.tree.problem.question for request in requests]
        paths = [steps_of(request) for request in requests]
        texts = [self.texts(q, steps)[-1] for q, steps in zip(questions, paths, strict=True)]
        results = self._read(texts, questions)
        return [Response(self._calibrated(x)[-1], x.usage) if isinstance(x, Scored) else x for x in results]

    def score(self, question: str, steps: Sequence[str]) -> list[float]:
        """Return the score of every step, each in [0, 1].

        Raises:
            ModelError: A text cannot be read, or the number of scores differs from the number of steps.
        """
        if not steps:
            return []
        texts = self.texts(question, steps)
        scores: list[float] = []
        for result in self._read(texts, [question] * len(texts)):
            if not isinstance(result, Scored):
                raise result
            scores += self._calibrated(result)
        if len(scores) != len(steps):
            raise ModelError(f"{self.model.name} gave {len(scores)} scores for {len(steps)} steps")
        return scores

    def texts(self, question: str, steps: Sequence[str]) -> list[list[Piece]]:
        """Lay out the texts that are read, with a mark after every step; layout ``judge`` has one text per step."""
        return lay_out(self.spec, self.model, question, steps)

    @property
    def bos(self) -> bool:
        """True if the BOS token precedes the texts; a conversation begins as its chat template does."""
        return self.spec.bos and (self.spec.layout == "text" or not self.model.chat)

    def _read(self, texts: Sequence[Sequence[Piece]], questions: Sequence[str]) -> list[Scored | ModelError]:
        return self.model.classify(texts, groups=questions, whole=self.spec.whole, bos=self.bos)

    def _calibrated(self, scored: Scored) -> list[float]:
        return [calibrate(self.spec, p) for p in scored.probabilities]
