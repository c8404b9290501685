"""Sub-questions in a search: ask them, answer equal ones once, and write the solution after them."""

from collections.abc import Sequence
from dataclasses import replace

from hintree.search.actions import ACTIONS
from hintree.search.core.actions import Action, Yield, kind_of
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import Slot, generate_steps, plan, reserve_slots, score_nodes
from hintree.search.core.nodes import fail_too_long, open_nodes, unique
from hintree.search.core.position import Position
from hintree.search.core.questions import open_questions, question_key
from hintree.search.core.tree import Node, StepOutput, Tree
from hintree.search.escalation import Rewrite, rewrite

Known = dict[str, Node]
"""The answers of a tree by the key of their sub-question."""


async def ask(tree: Tree, slots: Sequence[Slot]) -> list[Node]:
    """Write and score sub-questions, and return those that were written, each once."""
    nodes = unique(node for node in await generate_steps(tree, slots, score=False) if node is not None)
    for node in open_nodes(nodes):
        refuse_whole(tree, node)
    await score_nodes(tree, nodes)
    return nodes


def refuse_whole(tree: Tree, node: Node) -> None:
    """Fail a sub-question that asks what the problem itself asks, in the same words."""
    if question_key(tree.problem.question).endswith(question_key(node.step.text)):
        node.fail(Rejection.ASKED_BEFORE, "asks what the problem asks")


async def answer(tree: Tree, nodes: Sequence[Node], known: Known, rule: Rewrite | None = None) -> list[Node]:
    """Answer the innermost open sub-question after each node, and return the answers, those that were written.

    Equal sub-questions are answered once: later ones get a copy, which costs nothing. New answers enter ``known``.
    """
    first: dict[str, Node] = {}
    for node in nodes:
        if key_of(node) not in known:
            first.setdefault(key_of(node), node)
    slots = [slot for node in first.values() for slot in plan([node], [answering(node)])]
    written = [node for node in await generate_steps(tree, slots) if node is not None]
    new = {node.parent.id: node for node in await rewrite(tree, written, rule) if node.parent is not None}
    known |= {key: new[node.id] for key, node in first.items() if node.id in new and new[node.id].status == "open"}
    for node in nodes:
        if node.id not in new and key_of(node) in known:
            new[node.id] = copy_after(tree, node, known[key_of(node)])
    await score_nodes(tree, list(new.values()))
    return [new[node.id] for node in nodes if node.id in new]


def key_of(node: Node) -> str:
    """Return the key of the innermost open sub-question on the path of a node."""
    return question_key(open_questions(node.path())[-1].step.text)


def answering(node: Node) -> Action:
    """Return the action that answers the innermost open sub-question: from the answers below it, if there are some."""
    return ACTIONS["sub_answer" if kind_of(node) is Yield.SUB_QUESTION else "merge"]


def copy_after(tree: Tree, node: Node, answered: Node) -> Node:
    """Add a copy of an answer after another node; it costs no tokens."""
    return add_copy(tree, node, answered, answered.step, answered.action)


def put_after(tree: Tree, node: Node, text: str, listed: Node) -> Node:
    """Add one line of a list of sub-questions as a sub-question after a node; it costs no tokens."""
    step = listed.step._replace(text=text, token_ids=(), tokenizer="", delimiter=None)
    asked = add_copy(tree, node, listed, step, ACTIONS["ask"])
    if asked.status == "open":
        refuse_whole(tree, asked)
    return asked


def add_copy(tree: Tree, node: Node, copied: Node, step: StepOutput, action: Action | None) -> Node:
    """Add a step that repeats a node, or a line of it, by the same author after another node."""
    position = Position(*node.reserve(1))
    return tree.add(node, step._replace(tokens=0), copied.author, position=position, action=action, copy_of=copied)


def before_questions(node: Node) -> Node:
    """Return the last node of a path before the sub-questions that are still open."""
    waiting = open_questions(node.path())
    return waiting[0].parent if waiting and waiting[0].parent is not None else node


def solving(node: Node) -> Action:
    """Return the action that writes the solution after a node."""
    return ACTIONS["solve" if kind_of(node) is Yield.SUB_ANSWER else "finish"]


async def finish(
    tree: Tree, nodes: Sequence[Node], depth: int, rule: Rewrite | None = None, *, author: str = "reasoner"
) -> list[Node]:
    """Write the solution after every node, from the answers to its sub-questions if there are some; return the ends.

    A rest that was cut, or that states no end, is continued step by step, without hints; a path of more than ``depth``
    steps fails.
    """
    slots = [slot for node in nodes for slot in plan([node], [solving(node)])]
    ended: list[Node] = []
    while slots:
        written = await generate_steps(tree, [replace(slot, author=author) for slot in slots])
        ends = unique(await rewrite(tree, unique(node for node in written if node is not None), rule))
        ended += [node for node in ends if node.status == "terminal"]
        fail_too_long((node for node in ends if node.depth >= depth), depth)
        slots = reserve_slots(open_nodes(ends), 1, unhinted=1)
    return ended
