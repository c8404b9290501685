"""Presets of mutual reasoning: rStar."""

from hintree.policies import Sampling
from hintree.presets.preset import Preset
from hintree.search import RStar

MUTUAL = {
    "rstar": Preset(
        "MCTS over steps, sub-questions and new wordings, with votes as rewards; a second model checks the solutions",
        ("verifier",),
        RStar(),
        sampling=Sampling(temperature=0.8, top_k=40, top_p=0.95, greedy_first=False),
        source="rStar, arXiv 2408.06195",
        differs="solutions are weighted by agreement (`--selection agreement=filter` has the paper's filter), without "
        "the reference answer that the public code reads; a step that states an answer ends its path, with the share "
        "of its siblings that agree as its reward; instructions in place of worked examples",
    ),
}
"""Presets of mutual reasoning by name."""
