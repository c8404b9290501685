"""Who writes: reasoner, hinter and teacher; prompts; where a step ends; what its answer is."""

from hintree.policies.answers import canonical, find_answer
from hintree.policies.draft_scorer import DraftScorer
from hintree.policies.formats import CHAT, PLAIN, Format, format_for
from hintree.policies.hinters import Hinting, HintWriter, only_first
from hintree.policies.strategies import picking
from hintree.policies.writers import Sampling, StepWriter

__all__ = [
    "CHAT",
    "PLAIN",
    "DraftScorer",
    "Format",
    "HintWriter",
    "Hinting",
    "Sampling",
    "StepWriter",
    "canonical",
    "find_answer",
    "format_for",
    "only_first",
    "picking",
]
