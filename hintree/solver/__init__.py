"""Bind models to roles and solve questions: the solver, its wiring and its recordings."""

from hintree.solver.questions import OUT_OF_DOMAIN, OutOfDomainWarning, check_question, problem_of
from hintree.solver.roles import ModelPool, role_handlers
from hintree.solver.solution import Solution, book_discarded
from hintree.solver.solver import Solver, solve

__all__ = [
    "OUT_OF_DOMAIN",
    "ModelPool",
    "OutOfDomainWarning",
    "Solution",
    "Solver",
    "book_discarded",
    "check_question",
    "problem_of",
    "role_handlers",
    "solve",
]
