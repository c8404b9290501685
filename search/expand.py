"""Expanding nodes: hint, step, score. Every search grows its tree through here."""

from collections.abc import Sequence
from dataclasses import dataclass

from hintree.search.questions import Hint, Hinted, Score, Step, each
from hintree.search.tree import Node, Tree


@dataclass(frozen=True, slots=True)
class Draft:
    """A step to be written.

    Attributes:
        parent: The step before it.
        index: Tells apart several drafts of one author after the same parent.
        author: "reasoner" or "teacher".
        hint: The hint to write it under, None for none.
        replaces: The rejected step it is written in place of.
    """

    parent: Node
    index: int
    author: str = "reasoner"
    hint: Hinted | None = None
    replaces: Node | None = None


async def expand(tree: Tree, nodes: Sequence[Node], *, branch: int, unhinted: int = 0) -> list[Node]:
    """``branch`` scored children for every node, the last ``unhinted`` of them written without a hint.

    Where there is no hinter, no step has a hint. Duplicates among siblings are merged, so fewer may come back.
    """
    places = [(node, index) for node in nodes for index in range(branch)]
    guided = [(node, index) for node, index in places if index < branch - unhinted]
    answers = await each(Hint(tree, node, index) for node, index in guided)
    hints = {(node.id, index): hint for (node, index), hint in zip(guided, answers, strict=True)}
    return await write(tree, [Draft(node, i, hint=hints.get((node.id, i))) for node, i in places])


async def write(tree: Tree, drafts: Sequence[Draft]) -> list[Node]:
    """Have the drafts written and scored; the new nodes, without those that repeat a sibling."""
    asks = [Step(tree, d.parent, d.index, d.author, d.hint.text if d.hint else None) for d in drafts]
    nodes: list[Node] = []
    for draft, step in zip(drafts, await each(asks), strict=True):
        if step is None:
            continue
        twin = next((n for n in draft.parent.children if n.step.text == step.text), None)
        hint, tokens = (draft.hint.text, draft.hint.tokens) if draft.hint else (None, 0)
        node = tree.add(draft.parent, step, draft.author, hint=hint, hint_tokens=tokens, replaces=draft.replaces)
        if twin is not None and node.status != "failed":
            node.status, node.reason = "pruned", f"same as step {twin.id}"
        else:
            nodes.append(node)
    await judge(tree, nodes)
    return nodes


async def judge(tree: Tree, nodes: Sequence[Node]) -> None:
    """Score every node that has not failed."""
    sound = [node for node in nodes if node.status != "failed"]
    for node, score in zip(sound, await each(Score(tree, node) for node in sound), strict=True):
        tree.judge(node, score)
