"""Decide before drafting: look at the first token of the next step, then say who writes the step."""

from collections.abc import Callable

from hintree.search.core.expand import Slot, generate_steps
from hintree.search.core.position import FIRST_TOKEN
from hintree.search.core.requests import StepRequest, gather
from hintree.search.core.tree import Node, StepOutput, Tree, fail_too_long
from hintree.search.escalation import Rewrite, rewrite

TEACHER_WRITES = Rewrite.always(stages=("teacher",), per="step")
"""The rule under which the teacher rewrites every step."""


async def route(
    tree: Tree, rule: Rewrite | None, depth: int, sure: Callable[[StepOutput], bool], *, teacher_ends: bool
) -> None:
    """One chain, every step written by the reasoner where it is sure of its first token, else by the teacher.

    Args:
        tree: The tree.
        rule: A rewrite rule for what was written, or None.
        depth: Longest path in steps.
        sure: Whether the reasoner may go on from this first token.
        teacher_ends: Have the step that ends the solution written by the teacher in any case.
    """
    node = tree.root
    for _ in range(depth):
        first = (await gather([StepRequest(tree, node, FIRST_TOKEN, tokens=1)]))[0]
        author = "reasoner" if first is None or sure(first) else "teacher"
        written = await step_by(tree, node, author)
        if written is None:
            return
        if teacher_ends and written.status == "terminal" and written.author == "reasoner":
            [written] = await rewrite(tree, [written], TEACHER_WRITES)
        [node] = await rewrite(tree, [written], rule)
        if node.status != "open":
            return
    fail_too_long([node], depth)


async def step_by(tree: Tree, node: Node, author: str) -> Node | None:
    """The next step; the reasoner's where the teacher is absent or its budget spent."""
    [written] = await generate_steps(tree, [Slot(node, author=author)])
    if written is None and author == "teacher":
        [written] = await generate_steps(tree, [Slot(node)])
    return written
