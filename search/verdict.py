"""Verdict: the teacher reads the most agreed solutions and writes its own (Speculative Verdict, arXiv 2510.20812)."""

from collections.abc import Sequence

from hintree.search.core.actions import Action, Yield
from hintree.search.core.position import Position
from hintree.search.core.requests import StepRequest, gather
from hintree.search.core.tree import Node, Tree

VERDICT = Action("verdict", Yield.VERDICT, author="teacher")
"""A solution that is written after reading several candidates."""


async def give_verdict(tree: Tree, candidates: Sequence[Node]) -> None:
    """Add one solution by the teacher to the tree, written after reading the candidates, which end with these nodes.

    Without a teacher nothing is added.
    """
    position = Position(*tree.root.reserve(1))
    request = StepRequest(tree, tree.root, position, "teacher", action=VERDICT, candidates=tuple(candidates))
    [output] = await gather([request])
    if output is not None:
        tree.add(tree.root, output, "teacher", position=position, action=VERDICT)
