"""Set the gate of a method for other models: from chains of its reasoner on training problems, without training.

A threshold is the quantile at which the gate acts on a given share of the steps, and needs no reference answer. The
neighbours of first tokens need one: their labels say where the reasoner was right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from hintree.data import Case
from hintree.errors import UsageError
from hintree.grade import Verdict, grade
from hintree.presets.preset import Preset
from hintree.search import Beam, ConfidentVote, FirstTokens, Gated, Response, Rewrite, StepRequest, Tree, calibrate
from hintree.search.algorithms.first_tokens import features
from hintree.search.core.limits import LONGEST_PATH
from hintree.search.core.position import FIRST_TOKEN
from hintree.search.gates import has_gate
from hintree.solver import Solution, Solver
from hintree.solver.role_choice import OFF, choose_models
from hintree.solver.roles import SELF_GRADE

DIGITS = 6
"""Decimals of the settings."""


def chain_of(method: Preset) -> Preset:
    """Return the method that the gate is set on: one chain of the reasoner, without rewriting."""
    depth = getattr(method.search, "depth", LONGEST_PATH)
    return replace(method, search=Beam(1, 1, unhinted=1, depth=depth), rewrite=None, selection=None)


def chain_solver(method: Preset, given: Mapping[str, Any], **options: Any) -> Solver:
    """Return a solver of ``chain_of(method)``, with the models that the gate reads and no others.

    Args:
        method: The method.
        given: Models by role, as for ``Solver``; None for the method's.
        options: Further arguments of ``Solver``.

    Raises:
        UsageError: The method has no gate, or an argument is not accepted.
        ModelError: A model cannot be loaded.
    """
    if not isinstance(method.search, FirstTokens) and not has_gate(method.search) and method.rewrite is None:
        raise UsageError("this method has no gate: name one with a rewrite rule, or one of the routers")
    _, models = choose_models(method, given)
    scorer = models.get("scorer", OFF) if reads_scores(method) else OFF
    read: dict[str, Any] = {"scorer": scorer, "teacher": models.get("teacher", OFF) if scorer == SELF_GRADE else OFF}
    return Solver(chain_of(method), reasoner=models["reasoner"], hinter=OFF, **read, **options)


def reads_scores(method: Preset) -> bool:
    """Tell whether the gate of a method reads the scores of steps."""
    if isinstance(method.search, FirstTokens) or has_gate(method.search):
        return isinstance(method.search, Gated | ConfidentVote)
    return method.rewrite is not None and method.rewrite.trigger != "confidence"


def set_gate(method: Preset, solver: Solver, cases: Sequence[Case], share: float) -> dict[str, Any]:
    """Return the settings of the method's gate by their path in an arm, such as "search.threshold".

    Args:
        method: The method; its search has a gate, or it has a rewrite rule.
        solver: Its ``chain_solver``.
        cases: Training problems.
        share: Share of the steps that the gate is to act on, in [0, 1].

    Raises:
        UsageError: The share is out of range, or the chains lack what the gate reads.
    """
    found = list(solver.solve_many([case.problem for case in cases], progress=False))
    trees = [solution.tree for solution in found]
    if isinstance(method.search, FirstTokens):
        rows = neighbours(method.search, solver, cases, found)
        return {"search.neighbours": [round(x, DIGITS) for row in rows for x in row]}
    if has_gate(method.search):
        search: Any = method.search
        return changes("search", search, search.calibrated(trees, share))
    assert isinstance(method.rewrite, Rewrite)
    rule = method.rewrite
    threshold = calibrate(trees, share, rule.trigger, rule.weights)
    return changes("rewrite", rule, replace(rule, threshold=threshold))


def neighbours(
    search: FirstTokens, solver: Solver, cases: Sequence[Case], found: Sequence[Solution]
) -> list[tuple[float, ...]]:
    """Return the rows of first tokens on the problems: their features, and 1 where the reasoner's answer is right."""
    roots = [Tree(solution.tree.problem, solver.seed) for solution in found]
    probes = [StepRequest(tree, tree.root, FIRST_TOKEN, tokens=search.tokens) for tree in roots]
    rows = []
    for case, solution, probe in zip(cases, found, solver.handlers["reasoner"].handle(probes), strict=True):
        if isinstance(probe, Response):
            right = grade(case.reference, solution.answer, case.choices) is Verdict.RIGHT
            rows.append((*features(probe.value), float(right)))
    return rows


def changes(part: str, old: Any, new: Any) -> dict[str, Any]:
    """Return the settings of ``new`` that differ from those of ``old``, rounded, or its gate where none differs."""
    names = [field.name for field in fields(new) if getattr(new, field.name) != getattr(old, field.name)]
    return {f"{part}.{name}": rounded(getattr(new, name)) for name in names}


def rounded(value: Any) -> Any:
    """Return a number, or a list of the numbers of a tuple, with ``DIGITS`` decimals."""
    return [round(x, DIGITS) for x in value] if isinstance(value, tuple) else round(value, DIGITS)
