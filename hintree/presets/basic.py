"""The reasoner alone, under hints, in a beam; and our own preset, which is the default."""

from hintree.policies import Sampling
from hintree.presets.preset import Preset
from hintree.search import Beam, Rewrite

BASIC = {
    "greedy": Preset("the reasoner alone, one chain, always the most probable token", (), Beam(1, 1)),
    "hinted": Preset(
        "one chain, every step under a hint (HintMR)",
        ("hinter",),
        Beam(1, 1),
        source="arXiv 2604.12229",
        differs="as `hintmr`, with more steps allowed",
    ),
    "beam": Preset(
        "step beam search ranked by the PRM, no hints",
        ("scorer",),
        Beam(2, 3),
        sampling=Sampling(temperature=0.8),
        source="Snell et al. 2024, arXiv 2408.03314, 5.2",
        differs="finished paths keep their place in the beam; equal siblings are one step",
    ),
    "hintree": Preset(
        "hints, PRM beam search, and the rewrite ladder: a low step gets a new hint, then the teacher",
        ("hinter", "scorer", "teacher"),
        Beam(1, 2, unhinted=1),
        Rewrite(threshold=0.5),
        Sampling(temperature=0.8),
    ),
}
"""Presets by name."""
