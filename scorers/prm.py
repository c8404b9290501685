"""Process reward models (PRMs): a classifier that is read after every step, as its declaration (spec.py) says."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from hintree.errors import ModelError
from hintree.models import Classifier, LabelReading, Piece, Scored, SupportsLabels
from hintree.models.labels import check_mass
from hintree.scorers.base import steps_of
from hintree.scorers.calibration import calibrate
from hintree.scorers.families import FAMILIES
from hintree.scorers.lab_judges import judge_for
from hintree.scorers.layout import judge_prompt, lay_out
from hintree.scorers.spec import PRMSpec
from hintree.search import Response, ScoreRequest
from hintree.search.core.actions import Passage
from hintree.search.core.citations import passages_of

C = TypeVar("C", bound=Classifier)


class PRM(Generic[C]):
    """Handle each ``ScoreRequest`` with the model's calibrated score of the last step, in [0, 1].

    Args:
        model: Classifier that reads the text.
        spec: Declaration of text and head; by default the format of TRL's PRMTrainer. The judges ``yes-no`` and
            ``digits`` ask a model of the lab in its own form.

    Raises:
        UsageError: The model is one of the lab's and was not trained on judges' forms.
    """

    def __init__(self, model: C, spec: PRMSpec = FAMILIES["trl"]) -> None:
        self.model = model
        self.spec = judge_for(spec, model)

    def __call__(self, requests: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
        """Score the last step of each request's path in one batch; the trees are not modified."""
        questions = [request.tree.problem.question for request in requests]
        paths = [steps_of(request) for request in requests]
        found = [passages_of(request.node.path()) if self.spec.passage else [] for request in requests]
        if self.spec.reads_words and isinstance(self.model, SupportsLabels):
            return self._grades(self.model, questions, paths, found)
        texts = [self.texts(*of_path)[-1] for of_path in zip(questions, paths, found, strict=True)]
        results = self._read(texts, questions)
        return [Response(self._calibrated(x)[-1], x.usage, x.mass) if isinstance(x, Scored) else x for x in results]

    def score(self, question: str, steps: Sequence[str], passages: Sequence[Passage] = ()) -> list[float]:
        """Return the score of every step, each in [0, 1], under passages if the declaration has a place for them.

        Raises:
            ModelError: A text cannot be read, or the number of scores differs from the number of steps.
        """
        if not steps:
            return []
        if self.spec.reads_words and isinstance(self.model, SupportsLabels):
            prefixes = [steps[: i + 1] for i in range(len(steps))]
            graded = self._grades(self.model, [question] * len(steps), prefixes, [passages] * len(steps))
            return [value_or_raise(response) for response in graded]
        texts = self.texts(question, steps, passages)
        scores: list[float] = []
        for result in self._read(texts, [question] * len(texts)):
            if not isinstance(result, Scored):
                raise result
            scores += self._calibrated(result)
        if len(scores) != len(steps):
            raise ModelError(f"{self.model.name} gave {len(scores)} scores for {len(steps)} steps")
        return scores

    def _grades(
        self,
        model: SupportsLabels,
        questions: Sequence[str],
        paths: Sequence[Sequence[str]],
        found: Sequence[Sequence[Passage]],
    ) -> list[Response[float] | Exception]:
        """Return the grade of the last step of each path, read from the probabilities of the labels."""
        prompts = [judge_prompt(self.spec, *of_path) for of_path in zip(questions, paths, found, strict=True)]
        return [self._grade(found) for found in model.read_labels(prompts, self.spec.labels, groups=questions)]

    def _grade(self, found: LabelReading | ModelError) -> Response[float] | Exception:
        if isinstance(found, ModelError):
            return found
        if (error := check_mass(found, self.model.name, self.spec.labels)) is not None:
            return error
        return Response(calibrate(self.spec, value_of(self.spec, found.shares())), found.usage, found.mass)

    def texts(self, question: str, steps: Sequence[str], passages: Sequence[Passage] = ()) -> list[list[Piece]]:
        """Lay out the texts that are read, with a mark after every step; layout ``judge`` has one text per step."""
        return lay_out(self.spec, self.model, question, steps, passages)

    @property
    def bos(self) -> bool:
        """True if the BOS token precedes the texts; a conversation begins as its chat template does."""
        return self.spec.bos and (self.spec.layout == "text" or not self.model.chat)

    def _read(self, texts: Sequence[Sequence[Piece]], questions: Sequence[str]) -> list[Scored | ModelError]:
        return self.model.classify(texts, groups=questions, whole=self.spec.whole, bos=self.bos)

    def _calibrated(self, scored: Scored) -> list[float]:
        return [calibrate(self.spec, p) for p in scored.probabilities]


def value_of(spec: PRMSpec, shares: Sequence[float]) -> float:
    """Return the value in [0, 1] of the labels' shares, which sum to 1, by the declaration's activation."""
    if spec.activation == "expectation":
        value = sum(i * share for i, share in enumerate(shares)) / (len(shares) - 1)
    else:
        value = sum(shares[i] for i in spec.right)
    return min(value, 1.0)


def value_or_raise(response: Response[float] | Exception) -> float:
    """Return the value of a response. Raises the exception in its place."""
    if isinstance(response, Exception):
        raise response
    return response.value
