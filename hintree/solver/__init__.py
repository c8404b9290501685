"""Bind models to roles and solve questions: the solver, its recordings, and scorers by name."""

from hintree.solver.solution import Solution, book_discarded
from hintree.solver.solver import OUT_OF_WORLD, OutOfWorldWarning, Solver, check_question, solve

__all__ = ["OUT_OF_WORLD", "OutOfWorldWarning", "Solution", "Solver", "book_discarded", "check_question", "solve"]
