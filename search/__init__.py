"""The tree, the requests of a search, and the algorithms that grow the tree; without models, torch or files."""

from hintree.search.algorithms.ab_mcts import ABMCTS
from hintree.search.algorithms.base import Search, selection_of
from hintree.search.algorithms.beam import Beam
from hintree.search.algorithms.best_first import BestFirst
from hintree.search.algorithms.best_of_n import BestOfN, SelfConsistency
from hintree.search.algorithms.cogtree import CogTree
from hintree.search.algorithms.confident_vote import ConfidentVote
from hintree.search.algorithms.confspec import ConfSpec
from hintree.search.algorithms.daslam import DaSLaM
from hintree.search.algorithms.dvts import DVTS
from hintree.search.algorithms.first_tokens import FirstTokens
from hintree.search.algorithms.gated import Gated
from hintree.search.algorithms.glimprouter import GlimpRouter
from hintree.search.algorithms.lorid import Lorid
from hintree.search.algorithms.mcts import MCTS
from hintree.search.algorithms.mur import MUR
from hintree.search.algorithms.particles import Particles
from hintree.search.algorithms.retrieve import Retrieve
from hintree.search.algorithms.revise import Revise
from hintree.search.algorithms.rstar import RStar
from hintree.search.algorithms.slimplm import SlimPLM
from hintree.search.algorithms.smart import Smart
from hintree.search.algorithms.socratic import Socratic
from hintree.search.algorithms.ssr import SSR
from hintree.search.algorithms.steer import Steer
from hintree.search.core.actions import Action, ActionPrompt, Passage, Yield
from hintree.search.core.batched_driver import batched_driver
from hintree.search.core.budget import Budget
from hintree.search.core.concurrent_driver import concurrent_driver
from hintree.search.core.drivers import run_searches
from hintree.search.core.endings import Rejection, StopKind, StopReason
from hintree.search.core.expand import expand
from hintree.search.core.faults import Critique, Fault
from hintree.search.core.hints import Hint, HintKind
from hintree.search.core.ledger import ROLES, Account, Ledger, Usage
from hintree.search.core.limits import PathLimits
from hintree.search.core.position import Position
from hintree.search.core.requests import (
    Gather,
    HintOutput,
    HintRequest,
    Request,
    Response,
    RetrievalRequest,
    ScoreRequest,
    StepRequest,
    StrategyRequest,
    gather,
)
from hintree.search.core.run import Handler, Run
from hintree.search.core.serialization import from_dict, from_networkx, to_dict, to_networkx
from hintree.search.core.tree import Node, Problem, StepOutput, Tree
from hintree.search.escalation import Rewrite, calibrate, rewrite
from hintree.search.selection import Choice, Selection, choose, select, trajectory_score

__all__ = [
    "ABMCTS",
    "DVTS",
    "MCTS",
    "MUR",
    "ROLES",
    "SSR",
    "Account",
    "Action",
    "ActionPrompt",
    "Beam",
    "BestFirst",
    "BestOfN",
    "Budget",
    "Choice",
    "CogTree",
    "ConfSpec",
    "ConfidentVote",
    "Critique",
    "DaSLaM",
    "Fault",
    "FirstTokens",
    "Gated",
    "Gather",
    "GlimpRouter",
    "Handler",
    "Hint",
    "HintKind",
    "HintOutput",
    "HintRequest",
    "Ledger",
    "Lorid",
    "Node",
    "Particles",
    "Passage",
    "PathLimits",
    "Position",
    "Problem",
    "RStar",
    "Rejection",
    "Request",
    "Response",
    "RetrievalRequest",
    "Retrieve",
    "Revise",
    "Rewrite",
    "Run",
    "ScoreRequest",
    "Search",
    "Selection",
    "SelfConsistency",
    "SlimPLM",
    "Smart",
    "Socratic",
    "Steer",
    "StepOutput",
    "StepRequest",
    "StopKind",
    "StopReason",
    "StrategyRequest",
    "Tree",
    "Usage",
    "Yield",
    "batched_driver",
    "calibrate",
    "choose",
    "concurrent_driver",
    "expand",
    "from_dict",
    "from_networkx",
    "gather",
    "rewrite",
    "run_searches",
    "select",
    "selection_of",
    "to_dict",
    "to_networkx",
    "trajectory_score",
]
