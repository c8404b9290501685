"""The tree, the questions a search asks, and the algorithms that grow it. Knows no model, no torch, no file."""

from hintree.search.beam import Beam
from hintree.search.budget import Budget
from hintree.search.choose import Choice, choose, trajectory_score
from hintree.search.drive import Answerer, Run, drive
from hintree.search.errors import (
    CheckpointError,
    ContextError,
    HintreeError,
    LogitsError,
    ModelError,
    UnknownModelError,
    UsageError,
)
from hintree.search.expand import expand
from hintree.search.export import from_dict, from_networkx, to_dict, to_networkx
from hintree.search.ledger import ROLES, Account, Ledger, Usage
from hintree.search.questions import Answer, Ask, Each, Hint, Hinted, Score, Step, each
from hintree.search.rewrite import Rewrite, rewrite
from hintree.search.tree import Node, Problem, Tree, Written

__all__ = [
    "ROLES",
    "Account",
    "Answer",
    "Answerer",
    "Ask",
    "Beam",
    "Budget",
    "CheckpointError",
    "Choice",
    "ContextError",
    "Each",
    "Hint",
    "Hinted",
    "HintreeError",
    "Ledger",
    "LogitsError",
    "ModelError",
    "Node",
    "Problem",
    "Rewrite",
    "Run",
    "Score",
    "Step",
    "Tree",
    "UnknownModelError",
    "Usage",
    "UsageError",
    "Written",
    "choose",
    "drive",
    "each",
    "expand",
    "from_dict",
    "from_networkx",
    "rewrite",
    "to_dict",
    "to_networkx",
    "trajectory_score",
]
