"""hintree: search-based test-time reasoning for small language models.

>>> import hintree
>>> question = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
>>> hintree.solve(question).answer
'7'
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hintree.errors import HintreeError as HintreeError
    from hintree.errors import ModelError as ModelError
    from hintree.errors import UsageError as UsageError
    from hintree.presets import PRESETS as PRESETS
    from hintree.search.algorithms.ab_mcts import ABMCTS as ABMCTS
    from hintree.search.algorithms.beam import Beam as Beam
    from hintree.search.algorithms.best_first import BestFirst as BestFirst
    from hintree.search.algorithms.best_of_n import BestOfN as BestOfN
    from hintree.search.algorithms.best_of_n import SelfConsistency as SelfConsistency
    from hintree.search.algorithms.dvts import DVTS as DVTS
    from hintree.search.algorithms.mcts import MCTS as MCTS
    from hintree.search.algorithms.particles import Particles as Particles
    from hintree.search.core.budget import Budget as Budget
    from hintree.search.core.tree import Problem as Problem
    from hintree.search.core.tree import Tree as Tree
    from hintree.search.escalation import Rewrite as Rewrite
    from hintree.search.selection import Selection as Selection
    from hintree.solver import OutOfDomainWarning as OutOfDomainWarning
    from hintree.solver import Solution as Solution
    from hintree.solver import Solver as Solver
    from hintree.solver import solve as solve

try:
    __version__ = version("hintree")
except PackageNotFoundError:  # run from a bare clone
    __version__ = "0.1.0"

_HOMES = {
    "Beam": "search",
    "SelfConsistency": "search",
    "Particles": "search",
    "MCTS": "search",
    "DVTS": "search",
    "BestOfN": "search",
    "BestFirst": "search",
    "ABMCTS": "search",
    "Budget": "search",
    "HintreeError": "errors",
    "ModelError": "errors",
    "OutOfDomainWarning": "solver",
    "PRESETS": "presets",
    "Problem": "search",
    "Rewrite": "search",
    "Selection": "search",
    "Solution": "solver",
    "Solver": "solver",
    "Tree": "search",
    "UsageError": "errors",
    "solve": "solver",
}
__all__ = ["__version__", *_HOMES]
_IMPORTING = RLock()
"""Held while a public name is imported: torch and transformers cannot be imported by two threads at once."""


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import hintree`` does not wait for torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'hintree' has no attribute {name!r}")
    with _IMPORTING:
        return getattr(import_module(f"hintree.{_HOMES[name]}"), name)
