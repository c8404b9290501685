"""Growing a tree: hint, step, score. Every search adds its nodes through this module.

``expand`` runs the whole cycle for plain children. A search that chooses authors or positions itself makes slots
(``reserve_slots`` makes those of plain children) and passes them to ``generate_steps``, which asks for hints; slots
whose hints are already fixed go to ``write_steps``. Slots for corrections get their critiques in corrections.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hintree.search.core.actions import STEP, Action, FailedLookUp, Passage, Yield, applicable, kind_of
from hintree.search.core.endings import Rejection
from hintree.search.core.faults import Critique
from hintree.search.core.nodes import open_nodes, unique
from hintree.search.core.position import FIRST_DRAFT, Position
from hintree.search.core.requests import (
    HintOutput,
    HintRequest,
    Request,
    RetrievalRequest,
    ScoreRequest,
    StepRequest,
    gather,
)
from hintree.search.core.tree import Node, StepOutput, Tree


@dataclass(frozen=True, slots=True)
class Slot:
    """A step that is to be written.

    Attributes:
        node: The step before it.
        position: Tells apart the steps of one author after the same node.
        author: Role that writes it.
        hinted: Whether ``generate_steps`` asks the hinter, if there is one, for a hint to write it under.
        hint: The hint to write it under, None for none.
        replaces: The step that it is another version of.
        action: What to write instead of the next step; None for the next step.
        about: A step outside the path that the author reads, such as a first solution, or the draft of a correction.
        critique: What a correction is written after.
    """

    node: Node
    position: Position = FIRST_DRAFT
    author: str = "reasoner"
    hinted: bool = True
    hint: HintOutput | None = None
    replaces: Node | None = None
    action: Action | None = None
    about: Node | None = None
    critique: Critique | None = None


def plan(nodes: Sequence[Node], actions: Sequence[Action]) -> list[Slot]:
    """Reserve the slots of all actions that apply at the nodes: ``samples`` of each, in the order of the actions.

    An action named "step" without a wording of its own is the plain next step, whatever its condition.
    """
    slots = []
    for node in nodes:
        for action in applicable(node, actions):
            own = None if action.name == STEP.name and action.prompt is None else action
            hinted = action.yields is Yield.STEP
            slots += [
                Slot(node, Position(sibling), action.author, hinted, action=own)
                for sibling in node.reserve(action.samples)
            ]
    return slots


def plan_all(nodes: Sequence[Node], actions: Sequence[Action]) -> list[Slot]:
    """Reserve the slots of all actions of a search, as ``plan`` does; a step after which none applies is a dead end."""
    slots = plan(nodes, actions)
    growing = {slot.node.id for slot in slots}
    for node in nodes:
        if node.parent and node.id not in growing:
            node.fail(Rejection.DEAD_END, "no action applies after it")
    return slots


def reserve_slots(nodes: Sequence[Node], branch: int, unhinted: int = 0) -> list[Slot]:
    """Reserve ``branch`` new slots after every node, the last ``unhinted`` of them without a hint.

    Advances ``children_requested`` of the nodes, so that a second call returns other positions.
    """
    slots = []
    for node in nodes:
        slots += [
            Slot(node, Position(sibling), hinted=i < branch - unhinted)
            for i, sibling in enumerate(node.reserve(branch))
        ]
    return slots


async def expand(
    tree: Tree, nodes: Sequence[Node], *, branch: int, unhinted: int = 0, actions: Sequence[Action] = ()
) -> list[Node]:
    """Write and score ``branch`` children of every node, the last ``unhinted`` of them without a hint.

    With ``actions``, the children are those of the actions that apply instead, ``samples`` of each. Without a hinter no
    step has a hint. Duplicates among siblings are merged, so fewer children may come back.
    """
    slots = plan_all(nodes, actions) if actions else reserve_slots(nodes, branch, unhinted)
    children = await generate_steps(tree, slots)
    return unique(child for child in children if child is not None)


async def generate_steps(
    tree: Tree, slots: Sequence[Slot], *, merge: bool = True, score: bool = True
) -> list[Node | None]:
    """Ask for hints, then write the steps and score them unless ``score`` is false.

    Returns one node per slot, in order; None where the author is absent or out of budget. With ``merge``, a step that
    equals an older sibling is returned as that sibling, and the duplicate is marked as pruned. The continuation of a
    step that was cut gets no hint, which would stand in the middle of the step.
    """
    hinted = [s for s in slots if s.hinted and s.author == "reasoner" and s.node.step.ended != "length"]
    outputs = await gather(HintRequest(tree, slot.node, slot.position) for slot in hinted)
    hints = dict(zip(hinted, outputs, strict=True))
    return await write_steps(tree, [replace(slot, hint=hints.get(slot)) for slot in slots], merge=merge, score=score)


async def write_steps(
    tree: Tree, slots: Sequence[Slot], *, merge: bool = True, score: bool = True
) -> list[Node | None]:
    """Write the steps under the hints that the slots hold, and score them; returns as ``generate_steps`` does."""
    outputs: list[StepOutput | tuple[Passage, ...] | FailedLookUp | None]
    outputs = await gather(request_for(tree, slot) for slot in slots)
    nodes: list[Node | None] = []
    for slot, output in zip(slots, outputs, strict=True):
        if output is None:
            nodes.append(None)
            continue
        passages = output if isinstance(output, tuple) and not isinstance(output, StepOutput) else ()
        step = output if isinstance(output, StepOutput) else looked_up(passages)
        siblings = (n for n in slot.node.children if is_equal(n, step, slot.action) and n.status != "failed")
        duplicate = next(siblings, None)
        node = tree.add(
            slot.node,
            step,
            slot.author,
            position=slot.position,
            hint=slot.hint.hint if slot.hint else None,
            hint_tokens=slot.hint.tokens if slot.hint else 0,
            replaces=slot.replaces,
            action=slot.action,
            passages=passages,
            critique=slot.critique if slot.replaces else None,  # of a solution's version the first step has it
        )
        if isinstance(output, FailedLookUp):
            node.fail(Rejection.LOOK_UP_FAILED, f"look-up failed: {output.reason}")
        if merge and duplicate is not None and node.status != "failed":
            node.close("pruned", Rejection.DUPLICATE, f"same as step {duplicate.id}")
            node.duplicate_of = duplicate.id
            node = duplicate
        nodes.append(node)
    if score:
        await score_nodes(tree, nodes)
    return nodes


def request_for(tree: Tree, slot: Slot) -> Request[Any]:
    """Return the request for the text of a slot."""
    action = slot.action
    if action is not None and action.yields is Yield.PASSAGES:
        return RetrievalRequest(tree, slot.node, slot.position, action)
    hint = slot.hint.hint if slot.hint else None
    return StepRequest(
        tree,
        slot.node,
        slot.position,
        slot.author,
        hint,
        action=action,
        revises=slot.about,
        critique=slot.critique,
    )


def looked_up(passages: Sequence[Passage]) -> StepOutput:
    """Return the step of a node that looked passages up; without passages it is empty, so that the node fails."""
    text = "\n".join(f"[{passage.id}] {passage.text}" for passage in passages)
    return StepOutput(text, "delimiter", 0, 1.0, 1.0, 0.0)


def is_equal(node: Node, step: StepOutput, action: Action | None) -> bool:
    """Tell whether a node holds the same text as a new sibling, by an action of the same name."""
    return node.step.text == step.text and name_of(node.action) == name_of(action)


def name_of(action: Action | None) -> str:
    """Return the name of an action as far as it tells equal texts apart; a correction is a step like others."""
    return "" if action is None or action.yields is Yield.CORRECTION else action.name


async def score_nodes(tree: Tree, nodes: Sequence[Node | None]) -> None:
    """Score every node that is a part of the solution, has no score and has not failed."""
    unscored = {
        node.id: node
        for node in nodes
        if node and node.score is None and node.status != "failed" and kind_of(node).in_solution
    }
    scores = await gather(ScoreRequest(tree, node) for node in unscored.values())
    for node, score in zip(unscored.values(), scores, strict=True):
        tree.record_score(node, score)


async def roll_out(tree: Tree, nodes: Sequence[Node], steps: int, depth: int) -> list[Node]:
    """Roll out one chain of at most ``steps`` steps after every node, none beyond ``depth``; return the ends in order.

    A chain of an earlier call is continued. The steps stay in the tree.
    """
    ends = list(nodes)
    for _ in range(steps):
        growing = [node for node in open_nodes(ends) if node.depth < depth]
        known = {n.id: c for n in growing for c in n.children[::-1] if c.status in ("open", "terminal")}
        new = [node for node in growing if node.id not in known]
        written = await generate_steps(tree, reserve_slots(new, 1))
        reached = known | {node.id: step for node, step in zip(new, written, strict=True) if step is not None}
        if not reached:
            break
        ends = [reached.get(end.id, end) for end in ends]
    return ends
