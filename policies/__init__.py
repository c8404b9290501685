"""Policies: the handlers of reasoner, hinter and teacher. They turn requests into prompts and completions into steps.

Every handler takes a batch of requests and returns one ``Response`` or exception per request, in order; it never
modifies a tree. Prompts and step formats: formats.py. Leak filter of hints: leaks.py.
"""

from hintree.policies.draft_scorer import DraftScorer
from hintree.policies.formats import CHAT, PLAIN, PromptFormat, format_for
from hintree.policies.hinters import Hinting, HintWriter, only_first
from hintree.policies.strategies import with_strategies
from hintree.policies.writers import Sampling, StepWriter

__all__ = [
    "CHAT",
    "PLAIN",
    "DraftScorer",
    "HintWriter",
    "Hinting",
    "PromptFormat",
    "Sampling",
    "StepWriter",
    "format_for",
    "only_first",
    "with_strategies",
]
