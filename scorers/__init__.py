"""Who judges: PRMs, token confidence, generative judges. A scorer sees text, never a reference answer."""

from hintree.scorers.base import FromScores, Judge, Prefix, ScoreError, StepScorer, checked
from hintree.scorers.confidence import WAYS, TokenConfidence
from hintree.scorers.debate import Debate
from hintree.scorers.ensemble import Constant, Ensemble
from hintree.scorers.families import FAMILIES, KNOWN, calibrated, find_spec
from hintree.scorers.generative import FORMS, LABELS, Verdict
from hintree.scorers.prm import PRM
from hintree.scorers.spec import FILE, PRMSpec, read_spec

__all__ = [
    "FAMILIES",
    "FILE",
    "FORMS",
    "KNOWN",
    "LABELS",
    "PRM",
    "WAYS",
    "Constant",
    "Debate",
    "Ensemble",
    "FromScores",
    "Judge",
    "PRMSpec",
    "Prefix",
    "ScoreError",
    "StepScorer",
    "TokenConfidence",
    "Verdict",
    "calibrated",
    "checked",
    "find_spec",
    "read_spec",
]
