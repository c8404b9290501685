"""The tree, the questions a search asks, and the algorithms that grow it. Knows no model, no torch, no file."""

from hintree.search.ab_mcts import ABMCTS
from hintree.search.beam import Beam
from hintree.search.best_first import BestFirst
from hintree.search.best_of_n import BestOfN, SelfConsistency
from hintree.search.budget import Budget
from hintree.search.choose import Choice, choose, trajectory_score
from hintree.search.drive import drive
from hintree.search.dvts import DVTS
from hintree.search.errors import (
    CheckpointError,
    ContextError,
    HintreeError,
    LogitsError,
    ModelError,
    ServerError,
    UnknownModelError,
    UsageError,
)
from hintree.search.expand import expand
from hintree.search.export import from_dict, from_networkx, to_dict, to_networkx
from hintree.search.flow import flow
from hintree.search.glimprouter import GlimpRouter
from hintree.search.ledger import ROLES, Account, Ledger, Usage
from hintree.search.lorid import Lorid
from hintree.search.mcts import MCTS
from hintree.search.mur import MUR
from hintree.search.particles import Particles
from hintree.search.questions import Answer, Ask, Each, Hint, Hinted, Pick, Score, Step, each
from hintree.search.rewrite import Rewrite, calibrate, rewrite
from hintree.search.run import Answerer, Run
from hintree.search.search import Search
from hintree.search.smart import Smart
from hintree.search.ssr import SSR
from hintree.search.steer import Steer
from hintree.search.tree import Node, Problem, Tree, Written

__all__ = [
    "ABMCTS",
    "DVTS",
    "MCTS",
    "MUR",
    "ROLES",
    "SSR",
    "Account",
    "Answer",
    "Answerer",
    "Ask",
    "Beam",
    "BestFirst",
    "BestOfN",
    "Budget",
    "CheckpointError",
    "Choice",
    "ContextError",
    "Each",
    "GlimpRouter",
    "Hint",
    "Hinted",
    "HintreeError",
    "Ledger",
    "LogitsError",
    "Lorid",
    "ModelError",
    "Node",
    "Particles",
    "Pick",
    "Problem",
    "Rewrite",
    "Run",
    "Score",
    "Search",
    "SelfConsistency",
    "ServerError",
    "Smart",
    "Steer",
    "Step",
    "Tree",
    "UnknownModelError",
    "Usage",
    "UsageError",
    "Written",
    "calibrate",
    "choose",
    "drive",
    "each",
    "expand",
    "flow",
    "from_dict",
    "from_networkx",
    "rewrite",
    "to_dict",
    "to_networkx",
    "trajectory_score",
]
