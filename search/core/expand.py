"""Expanding nodes: hint, step, score. Every search grows its tree through here."""

from collections.abc import Sequence
from dataclasses import dataclass

from hintree.search.core.requests import HintOutput, HintRequest, ScoreRequest, StepRequest, gather
from hintree.search.core.tree import Node, Tree, open_nodes, unique


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a step is to be written.

    Attributes:
        node: The step before it.
        index: Tells apart several steps of one author after the same one.
        author: "reasoner" or "teacher".
        hinted: Whether it is written under a hint, if there is a hinter.
    """

    node: Node
    index: int
    author: str = "reasoner"
    hinted: bool = True


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step to be written: its place, its hint (None for none), and the rejected step it is written in place of."""

    place: Slot
    hint: HintOutput | None = None
    replaces: Node | None = None


def plan_slots(nodes: Sequence[Node], branch: int, unhinted: int = 0) -> list[Slot]:
    """``branch`` new places after every node, the last ``unhinted`` of them without a hint."""
    found = []
    for node in nodes:
        found += [Slot(node, node.children_requested + i, hinted=i < branch - unhinted) for i in range(branch)]
        node.children_requested += branch
    return found


async def expand(tree: Tree, nodes: Sequence[Node], *, branch: int, unhinted: int = 0) -> list[Node]:
    """``branch`` scored children for every node, the last ``unhinted`` of them written without a hint.

    Where there is no hinter, no step has a hint. Duplicates among siblings are merged, so fewer may come back.
    """
    children = await generate_steps(tree, plan_slots(nodes, branch, unhinted))
    return unique(child for child in children if child is not None)


async def generate_steps(
    tree: Tree, at: Sequence[Slot], *, merge: bool = True, score: bool = True
) -> list[Node | None]:
    """One step per place, in order, scored unless ``score`` is false; None where nobody wrote.

    With ``merge``, a step that an equal sibling has already is that sibling, and the duplicate is marked pruned. The
    rest of a step that was cut has no hint: one would stand in its middle.
    """
    guided = [p for p in at if p.hinted and p.author == "reasoner" and p.node.step.ended != "length"]
    answers = await gather(HintRequest(tree, place.node, place.index) for place in guided)
    hints = dict(zip(guided, answers, strict=True))
    return await write_steps(tree, [PlannedStep(place, hints.get(place)) for place in at], merge=merge, score=score)


async def roll_out(tree: Tree, nodes: Sequence[Node], steps: int, depth: int) -> list[Node]:
    """The ends of one chain of at most ``steps`` steps after every node, in order; none grows beyond ``depth``.

    A chain that an earlier call has written is followed, and written on. The steps stay in the tree.
    """
    ends = list(nodes)
    for _ in range(steps):
        alive = [node for node in open_nodes(ends) if node.depth < depth]
        known = {n.id: c for n in alive for c in n.children[::-1] if c.status in ("open", "terminal")}
        new = [node for node in alive if node.id not in known]
        written = await generate_steps(tree, plan_slots(new, 1))
        reached = known | {node.id: step for node, step in zip(new, written, strict=True) if step is not None}
        if not reached:
            break
        ends = [reached.get(end.id, end) for end in ends]
    return ends


async def write_steps(
    tree: Tree, drafts: Sequence[PlannedStep], *, merge: bool = True, score: bool = True
) -> list[Node | None]:
    """Have the drafts written and scored; the nodes in order, as for ``extend``."""
    at = [draft.place for draft in drafts]
    hints = [draft.hint.text if draft.hint else None for draft in drafts]
    steps = await gather(StepRequest(tree, p.node, p.index, p.author, hint) for p, hint in zip(at, hints, strict=True))
    nodes: list[Node | None] = []
    for draft, place, hint, step in zip(drafts, at, hints, steps, strict=True):
        if step is None:
            nodes.append(None)
            continue
        twin = next((n for n in place.node.children if n.step.text == step.text and n.status != "failed"), None)
        tokens = draft.hint.tokens if draft.hint else 0
        node = tree.add(
            place.node,
            step,
            place.author,
            index=place.index,
            hint=hint,
            hint_tokens=tokens,
            replaces=draft.replaces,
        )
        if merge and twin is not None and node.status != "failed":
            node.status, node.reason = "pruned", f"same as step {twin.id}"
            node = twin
        nodes.append(node)
    if score:
        await judge(tree, nodes)
    return nodes


async def judge(tree: Tree, nodes: Sequence[Node | None]) -> None:
    """Score every node that has no score and has not failed."""
    fresh = {node.id: node for node in nodes if node and node.score is None and node.status != "failed"}
    for node, score in zip(fresh.values(), await gather(ScoreRequest(tree, n) for n in fresh.values()), strict=True):
        tree.judge(node, score)
