"""The lab: a synthetic world of word problems in which every step can be checked exactly.

Claims about hints, rewards and search are tested here in minutes, on models trained from scratch on a laptop. See
``docs/lab.md`` for the training recipe and its ablations.
"""

from hintree.lab.checker import StepVerdict, check_step, first_error
from hintree.lab.generate import FAMILIES, SPLITS, problems
from hintree.lab.problem import Fact, LabProblem, solve

__all__ = ["FAMILIES", "SPLITS", "Fact", "LabProblem", "StepVerdict", "check_step", "first_error", "problems", "solve"]
