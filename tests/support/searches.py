"""One small configuration of every search, for tests of properties that hold for all of them."""

from dataclasses import replace

from hintree.presets import PRESETS
from hintree.search import (
    ABMCTS,
    DVTS,
    MCTS,
    Beam,
    BestFirst,
    BestOfN,
    ConfidentVote,
    Gated,
    Particles,
    Retrieve,
    Revise,
    RStar,
    SelfConsistency,
)

SEARCHES = {
    "best-of-n": BestOfN(6, depth=5),
    "self-consistency": SelfConsistency(9, 3, 0.8, depth=5),
    "confident-vote": ConfidentVote(6, 3, 2, sure=0.9, keep=0.75, depth=5),
    "beam": Beam(2, 3, unhinted=1, depth=5),
    "lookahead": Beam(2, 2, lookahead=2, depth=5),
    "dvts": DVTS(2, 3, unhinted=1, depth=5),
    "best-first": BestFirst(12, 3, depth=5),
    "a-star": BestFirst(12, 3, weight=1.0, aggregate="product", depth=5),
    "mcts": MCTS(12, 3, unhinted=1, depth=5),
    "puct": MCTS(12, 3, rule="puct", noise=0.3, depth=5),
    "widening": MCTS(16, 2, widen=0.5, depth=5),
    "rollouts": MCTS(6, 2, value="rollout", depth=5),
    "both": MCTS(6, 2, value="both", depth=5),
    "batched mcts": MCTS(16, 2, batch=4, depth=5),
    "ab-mcts": ABMCTS(16, depth=5),
    "ab-mcts with teacher": ABMCTS(16, ("reasoner", "hinted", "teacher"), batch=3, depth=5),
    "particles": Particles(5, depth=5),
    "gated": Gated(0.5, 3, unhinted=1, depth=5),
    "revise": Revise(2, depth=5),
    "rstar": RStar(5, depth=2, steps=2, questions=2, votes=3, last_votes=4),  # a state may be two nodes
}
"""Searches by the name that their test cases and golden trees have."""


def small_preset(name):
    """Return a preset, with fewer samples where it takes many on a problem."""
    small = {
        "rstar": RStar(1, depth=1, steps=1, questions=1, votes=1, last_votes=2),
        "mcts_rag": RStar(2, depth=2, steps=1, questions=1, votes=2, last_votes=2, actions=("mcts_rag",)),
        "kg_rar": Retrieve(2, refine=True),
    }
    return replace(PRESETS[name], search=small.get(name, PRESETS[name].search))
