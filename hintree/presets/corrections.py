"""Corrections: methods in which a model criticises what it has written and writes it again."""

from hintree.presets.preset import Preset
from hintree.search import Revise

CORRECTIONS = {
    "critique": Preset(
        "one greedy solution; below a PRM score of 0.5 the student criticises it and writes it once again",
        ("scorer",),
        Revise(rounds=1, threshold=0.5, accept="always"),
        source="SCORE, arXiv 2404.17140",
        differs="no model is tuned to criticise, and no verifier for whole solutions: the value of a solution is the "
        "lowest PRM score of its steps; the threshold is a setting, where the paper takes the best one of a validation "
        "set; critique and solution are two generations, not one; an empty critique, and one that "
        "finds nothing wrong, leave the solution as it is",
    ),
}
"""Presets of corrections by name."""
