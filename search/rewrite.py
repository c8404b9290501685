"""The rewrite ladder: a low step is first retried under a new hint (cheap), then written by the teacher (dear).

On a chain, SMART's published rule (arXiv 2504.09923) is one setting: rungs ("teacher",), accept "always", when
"after", final False.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hintree.search.errors import UsageError
from hintree.search.expand import Draft, write
from hintree.search.questions import Hint, each
from hintree.search.tree import Node, Tree

RUNGS = ("hint", "teacher")
RETRY = 1000
"""Added to a node's id, the index of what is written in its place."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """When a step is rewritten, by whom, and which version is kept.

    Attributes:
        threshold: Steps that score below it are rewritten (tau), in [0, 1] or above for all.
        rungs: In order: "hint" (the reasoner, under a new hint) and "teacher".
        accept: "better" keeps the version with the higher score, "always" the new one.
        when: "before" or "after" a search prunes; after is cheaper.
        final: Whether a step that ends the solution may be rewritten.
        limit: At most so many rewritten steps on a path; None for no limit.

    Raises:
        UsageError: A value is not accepted.
    """

    threshold: float = 0.5
    rungs: tuple[str, ...] = RUNGS
    accept: Literal["better", "always"] = "better"
    when: Literal["before", "after"] = "after"
    final: bool = True
    limit: int | None = None

    def __post_init__(self) -> None:
        if not self.threshold >= 0:
            raise UsageError(f"rewrite threshold={self.threshold!r} is not a number of at least 0")
        if self.limit is not None and self.limit < 0:
            raise UsageError(f"rewrite limit={self.limit!r} is not a whole number of at least 0")
        if bad := [rung for rung in self.rungs if rung not in RUNGS]:
            raise UsageError(f"rewrite rungs: {bad[0]!r} is not one of {', '.join(RUNGS)}")
        if self.accept not in ("better", "always") or self.when not in ("before", "after"):
            raise UsageError(
                f"rewrite accept={self.accept!r}, when={self.when!r}: accept is better or always, when is "
                "before or after"
            )

    def wants(self, node: Node) -> bool:
        """Whether the rule lets this step be rewritten. A failed step (empty, repeated) counts as a low one."""
        if node.parent is None or (self.limit is not None and node.parent.rewrites >= self.limit):
            return False
        if node.status == "failed":
            return self.threshold > 0
        low = node.score is not None and node.score < self.threshold
        return low and (node.status == "open" or (node.status == "terminal" and self.final))


async def rewrite(tree: Tree, nodes: Sequence[Node], rule: Rewrite) -> list[Node]:
    """The nodes, with every low one replaced by the version that the rule keeps.

    Siblings share their parent, so one rewrite is written per parent, in place of its best child.
    """
    kept = list(nodes)
    for rung in rule.rungs:
        low = [node for node in best_per_parent(kept) if rule.wants(node)]
        for new in await write(tree, await drafts(tree, low, rung)):
            old = next(node for node in low if node.id == new.replaces)
            if better(new, old, rule):
                why = f"{old.reason}; " if old.reason else ""
                old.status, old.reason = "rejected", f"{why}rewritten as step {new.id}"
                kept[kept.index(old)] = new
            elif new.status != "failed":
                new.status, new.reason = "rejected", f"not better than step {old.id}"
    return kept


async def drafts(tree: Tree, low: Sequence[Node], rung: str) -> list[Draft]:
    """What one rung writes in place of the low nodes."""
    parents = [node.parent for node in low if node.parent is not None]
    if rung == "teacher":
        return [
            Draft(parent, RETRY + node.id, "teacher", None, node) for parent, node in zip(parents, low, strict=True)
        ]
    asks = [
        Hint(tree, parent, RETRY + node.id, avoid=(node.hint,) if node.hint else ())
        for parent, node in zip(parents, low, strict=True)
    ]
    hints = await each(asks)
    return [
        Draft(parent, RETRY + node.id, "reasoner", hint, node)
        for parent, node, hint in zip(parents, low, hints, strict=True)
        if hint is not None
    ]


def best_per_parent(nodes: Sequence[Node]) -> list[Node]:
    """The child with the highest score of every parent, in the order given; a failed child counts least."""
    best: dict[int, Node] = {}
    for node in nodes:
        parent = node.parent.id if node.parent else -1
        if parent not in best or worth(node) > worth(best[parent]):
            best[parent] = node
    return list(best.values())


def worth(node: Node) -> float:
    """A node's score, -1 if it failed, 0 if nobody judged it."""
    return -1.0 if node.status == "failed" else (node.score or 0.0)


def better(new: Node, old: Node, rule: Rewrite) -> bool:
    """Whether the rule keeps the new version; a failed one is never kept."""
    return new.status != "failed" and (rule.accept == "always" or worth(new) > worth(old))
