"""Routing before drafting: a probe of the next step's first token decides which author writes the step.

GlimpRouter and STEER share the loop and differ in the statistic of the first token.
"""

from collections.abc import Callable

from hintree.search.core.expand import Slot, generate_steps
from hintree.search.core.nodes import fail_too_long
from hintree.search.core.position import FIRST_TOKEN
from hintree.search.core.requests import StepRequest, gather
from hintree.search.core.tree import Node, StepOutput, Tree
from hintree.search.escalation import Rewrite, rewrite

TEACHER_WRITES = Rewrite.always(stages=("teacher",), per="step")
"""The rule under which the teacher rewrites every step."""


async def route(
    tree: Tree, rule: Rewrite | None, depth: int, confident: Callable[[StepOutput], bool], *, teacher_ends: bool
) -> None:
    """Grow one chain; the reasoner writes a step where it is confident of the first token, else the teacher does.

    Args:
        tree: The tree, which holds only the root.
        rule: A rewrite rule for every written step, or None.
        depth: Longest path in steps.
        confident: Tells from the first token whether the reasoner writes the step.
        teacher_ends: Whether the teacher rewrites the step that ends the solution, if the reasoner wrote it.
    """
    node = tree.root
    for _ in range(depth):
        first = (await gather([StepRequest(tree, node, FIRST_TOKEN, tokens=1)]))[0]
        author = "reasoner" if first is None or confident(first) else "teacher"
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
    """Write the next step; the reasoner writes it where the teacher is absent or out of budget."""
    [written] = await generate_steps(tree, [Slot(node, author=author)])
    if written is None and author == "teacher":
        [written] = await generate_steps(tree, [Slot(node)])
    return written
