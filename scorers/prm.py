"""A process-reward model in the format of TRL's PRMTrainer.

Token classification with two labels, the second meaning "right": the ids are [bos] + prompt + (step + separator) per
step, each tokenized on its own, and a step's score is the probability of the second label at the last token of its
separator (``trl.experimental.prm``, prm_trainer.py). Training puts no separator between prompt and first step.
"""

from collections.abc import Sequence

from hintree.models import Classifier, Piece, Scored
from hintree.search import Answer, Score


class PRM:
    """Answers ``Score`` questions with the model's probability that the last step is right, in [0, 1].

    Args:
        model: The token classifier.
        separator: Text after every step.
        prompt_end: Text between the question and the first step, as in the prompts that the model was trained on.
    """

    def __init__(self, model: Classifier, separator: str = "\n", prompt_end: str = "\n") -> None:
        self.model = model
        self.separator = separator
        self.prompt_end = prompt_end

    def __call__(self, asks: Sequence[Score]) -> list[Answer[float] | Exception]:
        """Score the last step of each path."""
        paths = [[node.step.text for node in ask.node.path()] for ask in asks]
        texts = [self.pieces(ask.tree.problem.question, steps) for ask, steps in zip(asks, paths, strict=True)]
        answers = self.model.classify(texts)
        return [Answer(a.probabilities[-1], a.usage) if isinstance(a, Scored) else a for a in answers]

    def pieces(self, question: str, steps: Sequence[str]) -> list[Piece]:
        """The text to classify, with a mark after every step."""
        separated = [piece for step in steps for piece in (Piece(step), Piece(self.separator, mark=True))]
        return [Piece(question + self.prompt_end), *separated]
