"""Score requests and scorers that return fixed values."""

import math

from hintree.search import Problem, ScoreRequest, StepOutput, Tree

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
RIGHT_STEPS = ["(2) Ben gets 3 more pens than Ana. Ana has 4. 4 + 3 = 7. Ben has 7.", "The answer is 7."]


class FixedScorer:
    """Returns the same scores for every solution; a function of the number of steps, a value, or an exception."""

    def __init__(self, scores):
        self.scores = scores

    def score(self, question, steps):
        if isinstance(self.scores, Exception):
            raise self.scores
        return self.scores(len(steps)) if callable(self.scores) else self.scores


INVALID = {
    "nan": (lambda n: [math.nan] * n, "nan"),
    "infinity": (lambda n: [math.inf] * n, "inf"),
    "none": (lambda n: [None] * n, "None"),
    "text": (lambda n: ["0.5"] * n, "0.5"),
    "truth": (lambda n: [True] * n, "True"),
    "above": (lambda n: [1.01] * n, "1.01"),
    "below": (lambda n: [-0.01] * n, "-0.01"),
    "too few": (lambda n: [0.5] * (n - 1), "0 scores for 1 steps"),
    "too many": (lambda n: [0.5] * (n + 1), "2 scores for 1 steps"),
    "no list": (None, "'None' for 1 steps"),
    "exception": (ValueError("out of order"), "out of order"),
}
"""Invalid results of a scorer: (scores, part of the error message)."""


def request_with(probabilities, entropies=(0.5,)):
    """A request for a step whose tokens have these probabilities and entropies."""
    tokens = len(probabilities)
    step = StepOutput(
        "a",
        "delimiter",
        tokens,
        sum(probabilities) / tokens,
        min(probabilities),
        sum(entropies) / len(entropies),
        None,
        sum(map(math.log, probabilities)) / tokens,
        sum(sorted(probabilities)[:3]) / min(3, tokens),
        entropies[0],
        peak_entropy=max(entropies),
    )
    tree = Tree(Problem("q"))
    return ScoreRequest(tree, tree.add(tree.root, step, "reasoner"))


def request_for(question, *steps, probability=0.5):
    """A request for the last of some steps."""
    tree = Tree(Problem(question))
    node = tree.root
    for step in steps:
        node = tree.add(node, StepOutput(step, "delimiter", 3, probability, probability, 0.1), "reasoner")
    return ScoreRequest(tree, node)
