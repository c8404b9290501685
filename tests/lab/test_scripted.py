import numpy as np
import pytest

from hintree.lab import problems
from hintree.lab.checker import check_step
from hintree.lab.scripted import scripted
from hintree.search import BestOfN, ScoreRequest
from hintree.statistics.intervals import auc
from hintree.training.shipped.chains import run_chains, run_search

ASKED = list(problems("train", range(3, 8), n=150, seed=2))


def roles(*names, **strengths):
    everyone = scripted(ASKED, **strengths)
    return {name: everyone[name] for name in names}


def rate(chains):
    """Return the share of wrong steps among those whose history is right."""
    steps = [v.right for c in chains for v in c.verdicts[: c.until_error()]]
    return 1 - np.mean(steps)


@pytest.mark.parametrize("error_rate", [0.0, 0.1, 0.3])
def test_the_reasoner_has_the_set_error_rate(error_rate):
    assert rate(run_chains(ASKED, roles("reasoner", error_rate=error_rate))) == pytest.approx(error_rate, abs=0.04)


def test_only_the_exact_hint_helps():
    helped = run_chains(ASKED, roles("reasoner", "hinter", error_rate=0.3, hinted_error_rate=0.0, hint_quality=1.0))
    misled = run_chains(ASKED, roles("reasoner", "hinter", error_rate=0.3, hinted_error_rate=0.0, hint_quality=0.0))
    assert all(c.right for c in helped)
    assert rate(misled) > 0.2


@pytest.mark.parametrize("area", [0.6, 0.9, 0.99])
def test_scores_have_the_set_area_under_the_curve(area):
    trees = [run.tree for run in run_search(ASKED[:60], BestOfN(4), roles("reasoner", error_rate=0.3))]
    scorer = scripted(ASKED, auc=area)["scorer"]
    truth = {problem.id: problem for problem in ASKED}
    requests = [ScoreRequest(tree, node) for tree in trees for node in tree.nodes[1:]]
    scores = np.array([answer.value for answer in scorer.handle(requests)])
    steps = [[n.step.text for n in ask.node.path()] for ask in requests]
    right = [check_step(truth[a.tree.problem.id], s[:-1], s[-1]).right for a, s in zip(requests, steps, strict=True)]
    assert auc(scores, np.array(right)) == pytest.approx(area, abs=0.05)
    assert 0 <= scores.min() <= scores.max() <= 1


def test_the_same_seed_gives_the_same_chains():
    first, again, other = (run_chains(ASKED, roles("reasoner"), seed) for seed in (0, 0, 1))
    texts = [[[n.step.text for n in c.nodes] for c in chains] for chains in (first, again, other)]
    assert texts[0] == texts[1] != texts[2]
