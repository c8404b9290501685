"""Policies: the handlers of reasoner, hinter and teacher. They turn requests into prompts and completions into steps.

Every handler takes a batch of requests and returns one ``Response`` or exception per request, in order; it never
modifies a tree. The form of all texts is a ``Protocol``: protocol.py. Leak filter of hints: leaks.py.
"""

from hintree.policies.dispatch import by_kind
from hintree.policies.draft_scorer import DraftScorer
from hintree.policies.formats import PromptFormat, format_for, shipped_format
from hintree.policies.hinters import Hinting, HintWriter, only_first
from hintree.policies.language import language_of
from hintree.policies.protocol import Protocol
from hintree.policies.protocol_file import find_protocol, protocol_names
from hintree.policies.sampling import Sampling
from hintree.policies.step_rule import StepRule
from hintree.policies.strategies import with_strategies
from hintree.policies.words import Words
from hintree.policies.writers import StepWriter

__all__ = [
    "DraftScorer",
    "HintWriter",
    "Hinting",
    "PromptFormat",
    "Protocol",
    "Sampling",
    "StepRule",
    "StepWriter",
    "Words",
    "by_kind",
    "find_protocol",
    "format_for",
    "language_of",
    "only_first",
    "protocol_names",
    "shipped_format",
    "with_strategies",
]
