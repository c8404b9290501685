"""Scorers of steps: PRMs, token confidence, generative verifiers, controls. They read text, never a reference answer.

Contract of every scorer: base.py. Scorers by name: registry.py. Declarations of known PRMs: families.py.
"""

from hintree.scorers.base import (
    FromFunction,
    FromScores,
    PathScorer,
    Prefix,
    ScoreError,
    StepScorer,
    checked,
    takes_steps,
)
from hintree.scorers.baselines import Constant, random_scores
from hintree.scorers.confidence import STATISTICS, TokenConfidence
from hintree.scorers.debate import Debate
from hintree.scorers.ensemble import Ensemble
from hintree.scorers.families import FAMILIES, KNOWN, calibrated, find_spec
from hintree.scorers.generative import VERIFIERS, GenerativeVerifier
from hintree.scorers.loading import LoadedScorer, load_prm
from hintree.scorers.prm import PRM
from hintree.scorers.registry import SCORERS, ScorerInfo, make_scorer, models_of
from hintree.scorers.spec import FILE, PRMSpec, read_spec
from hintree.scorers.verification import VERDICT_LABELS

__all__ = [
    "FAMILIES",
    "FILE",
    "KNOWN",
    "PRM",
    "SCORERS",
    "STATISTICS",
    "VERDICT_LABELS",
    "VERIFIERS",
    "Constant",
    "Debate",
    "Ensemble",
    "FromFunction",
    "FromScores",
    "GenerativeVerifier",
    "LoadedScorer",
    "PRMSpec",
    "PathScorer",
    "Prefix",
    "ScoreError",
    "ScorerInfo",
    "StepScorer",
    "TokenConfidence",
    "calibrated",
    "checked",
    "find_spec",
    "load_prm",
    "make_scorer",
    "models_of",
    "random_scores",
    "read_spec",
    "takes_steps",
]
