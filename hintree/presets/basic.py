"""Basic presets: greedy decoding, hints only, PRM beam search, ``hintree``, the default, and variants of it."""

from hintree.policies import Sampling
from hintree.presets.preset import Preset
from hintree.search import MCTS, Beam, Gated, Rewrite

BASIC = {
    "greedy": Preset("the reasoner alone, one greedy chain", (), Beam(1, 1)),
    "hinted": Preset(
        "one greedy chain with a hint for every step (HintMR)",
        ("hinter",),
        Beam(1, 1),
        source="arXiv 2604.12229",
        differs="as `hintmr`, but with a larger step limit",
    ),
    "beam": Preset(
        "step-level beam search scored by the PRM, without hints",
        ("scorer",),
        Beam(2, 3),
        sampling=Sampling(temperature=0.8),
        source="Snell et al. 2024, arXiv 2408.03314, 5.2",
        differs="finished paths stay in the beam; equal sibling steps are merged",
    ),
    "hintree": Preset(
        "one greedy chain; a doubtful step gets a second, hinted draft; if it scores low, a new hint, then the teacher",
        ("hinter", "scorer", "teacher"),
        Gated(),
        Rewrite(threshold=0.5, informed=True),
        Sampling(temperature=0.8),
    ),
    "hintree_beam": Preset(
        "one chain, every step under a hint; a low-scoring step gets a new hint, then the teacher rewrites it",
        ("hinter", "scorer", "teacher"),
        Beam(1, 1),
        Rewrite(threshold=0.5, informed=True),
        Sampling(temperature=0.8),
    ),
    "hintree_mcts": Preset(
        "MCTS with hints, PRM scores and escalation; a low step is rewritten at its first visit, a sure path ends it",
        ("hinter", "scorer", "teacher"),
        MCTS(simulations=32, branch=2, c=0.0, backup="best", mend="visit", sure=0.9),
        Rewrite(threshold=0.5, informed=True),
        Sampling(temperature=0.8),
    ),
}
"""Basic presets by name."""
