"""Token confidence against its definitions, and steps whose statistics were not recorded."""

import json
import math

import pytest

from hintree.errors import UsageError
from hintree.scorers import TokenConfidence
from hintree.search import Problem, ScoreRequest, StepOutput, Tree
from hintree.search.core.serialization import from_json, to_json
from hintree.solver import Solver
from tests.support.scores import QUESTION, request_for, request_with
from tests.support.shared_models import shared_pool


def test_confidence_follows_its_definitions():
    request = request_with((0.9, 0.5, 0.8, 0.4), (0.1, 0.3))
    values = {name: TokenConfidence(name)([request])[0].value for name in ("mean", "min", "least-3", "entropy")}
    assert values == pytest.approx({"mean": 0.65, "min": 0.4, "least-3": 1.7 / 3, "entropy": math.exp(-0.2)})
    assert TokenConfidence("first-entropy")([request])[0].value == pytest.approx(math.exp(-0.1))
    assert TokenConfidence("peak-entropy")([request])[0].value == pytest.approx(math.exp(-0.3))
    assert TokenConfidence("geometric")([request])[0].value == pytest.approx((0.9 * 0.5 * 0.8 * 0.4) ** 0.25)
    with pytest.raises(UsageError, match="geometric"):
        TokenConfidence("median")


def test_token_confidence_is_the_mean_probability_and_costs_no_tokens():
    response = TokenConfidence()([request_for("Q: 1 + 1?", "a", probability=0.25)])[0]
    assert response.value == 0.25
    assert response.usage.forwarded_tokens == 0


@pytest.mark.parametrize("statistic", ["entropy", "first-entropy", "peak-entropy", "geometric", "least-3"])
def test_a_statistic_that_was_not_recorded_fails_the_step(statistic):
    """A server returns the mean, but neither entropies nor, in old trees, the other statistics."""
    tree = Tree(Problem("q"))
    node = tree.add(tree.root, StepOutput("a", "delimiter", 1, 0.9, 0.9, 0.0), "reasoner")
    tree.record_score(node, TokenConfidence(statistic)([ScoreRequest(tree, node)])[0].value)
    assert (node.score, node.status) == (None, "failed")


def test_a_writer_records_the_statistics_and_trees_keep_them():
    solution = Solver("greedy", pool=shared_pool()).solve(QUESTION)
    step = solution.steps[0].step
    assert 0 < step.min_probability <= step.least_probability <= 1
    assert step.min_probability - 1e-9 <= math.exp(step.log_probability) <= step.mean_probability + 1e-9
    assert step.first_entropy >= 0
    back = from_json(to_json(solution.tree))
    written = [node.step._replace(token_ids=(), tokenizer="") for node in solution.tree]  # tokens are not written
    assert [node.step for node in back] == written and solution.steps[0].step.token_ids
    old = json.loads(to_json(solution.tree))
    for row in old["nodes"]:
        for name in ("log_probability", "least_probability", "first_entropy", "peak_entropy"):
            row["step"].pop(name, None)
    assert from_json(json.dumps(old)).nodes[1].step.first_entropy is None
