"""Who judges: process-reward models and token confidence. A scorer sees text, never a reference answer."""

from hintree.scorers.confidence import TokenConfidence
from hintree.scorers.prm import PRM

__all__ = ["PRM", "TokenConfidence"]
