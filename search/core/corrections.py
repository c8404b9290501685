"""Critiques of drafts, after which corrections are written."""

from collections.abc import Sequence
from dataclasses import replace

from hintree.search.core.actions import Action
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import Slot
from hintree.search.core.faults import Critique
from hintree.search.core.requests import StepRequest, gather
from hintree.search.core.tree import Node, StepOutput, Tree


async def with_critiques(tree: Tree, slots: Sequence[Slot], critique: Action) -> list[Slot]:
    """Return the slots of corrections with critiques of the drafts that they are about, by the same authors.

    A slot whose author is absent or out of budget is left out. So is one whose critique is empty or finds nothing
    wrong: the draft is kept, and a node without a text holds the critique. It has failed as empty in the first case,
    and is rejected as ``Rejection.NOTHING_WRONG`` in the second.
    """
    drafts = [(slot, slot.about) for slot in slots if slot.about is not None]
    outputs = await gather(
        StepRequest(tree, draft, slot.position, slot.author, action=critique, revises=draft) for slot, draft in drafts
    )
    found = []
    for (slot, _), output in zip(drafts, outputs, strict=True):
        if output is None:
            continue
        written = Critique(output.text, output.tokens)
        if written.text and output.ended != "end":
            found.append(replace(slot, critique=written))
            continue
        node = add_uncorrected(tree, slot, written)
        if written.text:
            node.close("rejected", Rejection.NOTHING_WRONG, "the critique finds nothing wrong")
    return found


def add_uncorrected(tree: Tree, slot: Slot, critique: Critique) -> Node:
    """Add the node of a correction without a text, as there is nothing to write it after; it fails as empty."""
    nothing = StepOutput("", "delimiter", 0, 1.0, 1.0, 0.0)
    return tree.add(
        slot.node,
        nothing,
        slot.author,
        position=slot.position,
        replaces=slot.replaces,
        action=slot.action,
        critique=critique,
    )
