"""Sub-questions on a path: which wait for an answer, and which ask the same."""

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hintree.search.core.actions import Yield, kind_of

if TYPE_CHECKING:
    from hintree.search.core.tree import Node

AROUND = " .:;?!\u061f\u0964\u3002*\"'`"
"""Characters around a question that do not change it; full-width forms become these (NFKC)."""


def open_questions(path: Sequence["Node"]) -> list["Node"]:
    """Return the sub-questions of a path that wait for an answer, the innermost last; a plain step closes all."""
    found: list[Node] = []
    for node in path:
        kind = kind_of(node)
        if kind is Yield.SUB_QUESTION:
            found.append(node)
        elif kind is Yield.SUB_ANSWER:
            found = found[:-1]
        elif kind.may_end:
            found = []
    return found


def question_key(text: str) -> str:
    """Return the text by which equal questions are told: without case, spacing and the punctuation around it."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(AROUND)


def asked_before(node: "Node") -> "Node | None":
    """Return the sub-question before a sub-question on its path that asks the same; None if there is none."""
    key = question_key(node.step.text)
    earlier = (one for one in node.path()[:-1] if kind_of(one) is Yield.SUB_QUESTION)
    return next((one for one in earlier if question_key(one.step.text) == key), None)


def asked_here(path: Sequence["Node"]) -> int:
    """Return how many sub-questions of the innermost open question of a path have been asked and answered."""
    counts = [0]
    for node in path:
        kind = kind_of(node)
        if kind is Yield.SUB_QUESTION:
            counts[-1] += 1
            counts.append(0)
        elif kind is Yield.SUB_ANSWER and len(counts) > 1:
            counts.pop()
        elif kind.may_end:
            counts = counts[:1]
    return counts[-1]


def level_of(path: Sequence["Node"]) -> int:
    """Return the level of the last node of a path in the tree of questions: 1 for a sub-question of the problem.

    An answer has the level of the sub-question that it answers; what belongs to the problem itself has level 0.
    """
    kind = kind_of(path[-1]) if path else Yield.STEP
    return 0 if kind.may_end else len(open_questions(path[:-1])) + (kind is Yield.SUB_QUESTION)
