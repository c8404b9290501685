"""Escalation: a low step is first rewritten under a new hint (low cost), then by the teacher (high cost).

Between the two, the stage "correct" has its author criticise the step and write it again.

SMART's published rule (arXiv 2504.09923) is one setting: stages ("teacher",), accept "always", when "after", final
False, per "step".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from hintree.errors import UsageError
from hintree.search.actions import CORRECT, CRITIQUE
from hintree.search.core.actions import Action, Yield, kind_of
from hintree.search.core.corrections import with_critiques
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import Slot, write_steps
from hintree.search.core.hints import HintKind
from hintree.search.core.nodes import prune, unique
from hintree.search.core.requests import HintOutput, HintRequest, gather
from hintree.search.core.tree import Node, Tree
from hintree.search.router import FEATURES, gain_probability
from hintree.statistics.quantile import quantile

Stage = Literal["hint", "correct", "resample", "teacher"]
Trigger = Literal["score", "drop", "confidence", "advantage"]
STAGES: tuple[Stage, ...] = get_args(Stage)
ALWAYS = 1.01
"""Threshold of ``Rewrite.always``: every trigger is at most 1, so that any threshold above it rewrites every step."""
OLD_NAMES = {"rungs": "stages"}
"""Former names of settings of ``Rewrite``, still read on the command line and in study files."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Rule that decides when a step is rewritten, by which author, and which version is kept.

    Attributes:
        threshold: A step is rewritten where its trigger is below it (tau); at least 0. At 0 no step is rewritten, above
            1 every step is (``Rewrite.always``).
        trigger: "score" (the step's score), "drop" (1 minus how much lower it is than the score of the step before),
            "confidence" (the mean probability of the step's tokens) or "advantage" (1 minus the probability that the
            teacher's step would score higher, by a router with ``weights``); each in [0, 1].
        stages: Escalation stages in order: "hint" (the reasoner under a new hint), "correct" (the reasoner after its
            own critique of the step, unless that finds nothing wrong), "resample" (the reasoner under the same hint or
            none) and "teacher". A step goes to the next stage where its kept version is still low.
        accept: "better" keeps the version with the higher score, "always" the new one.
        margin: Minimum gain of "better": the new score must be higher by more than this; in [0, 1].
        when: "before" or "after" a search prunes; "after" rewrites fewer steps.
        final: Whether a step that ends the solution may be rewritten.
        limit: Maximum number of rewritten steps on a path; None for no limit.
        per: "parent" rewrites the best sibling only, if it is low; "step" rewrites every low step.
        informed: Whether the hinter of the stage "hint" reads the low step, and what is known against it.
        weights: Weights of the router of the trigger "advantage"; see ``router.gain_probability``.

    Raises:
        UsageError: A value is not accepted.
    """

    threshold: float = 0.5
    trigger: Trigger = "score"
    stages: tuple[Stage, ...] = ("hint", "teacher")
    accept: Literal["better", "always"] = "better"
    when: Literal["before", "after"] = "after"
    final: bool = True
    limit: int | None = None
    per: Literal["parent", "step"] = "parent"
    margin: float = 0.0
    weights: tuple[float, ...] = ()
    informed: bool = False

    def __post_init__(self) -> None:
        if not is_number(self.threshold) or not self.threshold >= 0:
            raise UsageError(f"rewrite threshold={self.threshold!r} is not a number of at least 0")
        if self.limit is not None and (not isinstance(self.limit, int) or not is_number(self.limit) or self.limit < 0):
            raise UsageError(f"rewrite limit={self.limit!r} is not a whole number of at least 0")
        if not is_number(self.margin) or not 0 <= self.margin <= 1:
            raise UsageError(f"rewrite margin={self.margin!r} is not a number from 0 to 1")
        numbers = [weight for weight in self.weights if isinstance(weight, int | float)]
        if self.trigger == "advantage" and not len(numbers) == len(self.weights) == 1 + len(FEATURES):
            raise UsageError(
                f"rewrite weights={self.weights!r}: the trigger advantage needs {1 + len(FEATURES)} of them, the "
                f"intercept and one each for {', '.join(FEATURES)}; the preset arbitrage has them"
            )
        if isinstance(self.stages, str):
            raise UsageError(f"rewrite stages={self.stages!r} is one text; give a tuple, of {', '.join(STAGES)}")
        if bad := [stage for stage in self.stages if stage not in STAGES]:
            raise UsageError(f"rewrite stages: {bad[0]!r} is not one of {', '.join(STAGES)}")
        accepted = {
            "trigger": get_args(Trigger),
            "accept": ("better", "always"),
            "when": ("before", "after"),
            "per": ("parent", "step"),
        }
        for name, values in accepted.items():
            if getattr(self, name) not in values:
                raise UsageError(f"rewrite {name}={getattr(self, name)!r} is not one of {', '.join(values)}")

    @classmethod
    def always(cls, **settings: Any) -> "Rewrite":
        """Return a rule that rewrites every step; it keeps every new version unless ``accept`` is given."""
        return cls(**{"threshold": ALWAYS, "accept": "always", **settings})

    def rewrites(self, node: Node) -> bool:
        """Tell whether the rule rewrites this step. A failed step (empty, looping) counts as a low one."""
        if node.parent is None or not kind_of(node).in_solution:
            return False
        if self.limit is not None and node.parent.rewrites >= self.limit:
            return False
        if node.status == "failed":
            return self.threshold > 0
        level = trigger_value(node, self.trigger, self.weights)
        low = self.threshold > 1 or (level is not None and level < self.threshold)
        return low and (node.status == "open" or (node.status == "terminal" and self.final))


def is_number(value: object) -> bool:
    """Return True for a number; truth values are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def trigger_value(node: Node, trigger: Trigger, weights: Sequence[float] = ()) -> float | None:
    """Return the value that a rule compares with its threshold, in [0, 1]; None where there is no score."""
    if trigger == "advantage":
        return 1.0 - gain_probability(node, weights)
    if trigger == "confidence":
        return node.step.mean_probability or None  # a server without log-probabilities leaves 0
    if trigger == "score" or node.score is None:
        return node.score
    before = node.parent.score if node.parent is not None else None
    return 1.0 if before is None else 1.0 - max(0.0, before - node.score)


def calibrate(trees: Iterable[Tree], share: float, trigger: Trigger = "score", weights: Sequence[float] = ()) -> float:
    """Return the threshold below which a ``share`` of the steps of earlier runs lies: their empirical quantile.

    Args:
        trees: Trees of validation problems, grown without a rule.
        share: Share of the steps to rewrite, in [0, 1].
        trigger: The trigger of the rule.
        weights: Weights of the router, for the trigger "advantage".

    Raises:
        UsageError: The share is outside its range, the trigger needs weights, or no step has a score.
    """
    Rewrite(trigger=trigger, weights=tuple(weights))  # raises UsageError for a trigger that cannot be measured
    if not 0 <= share <= 1:
        raise UsageError(f"calibrate share={share!r} is not a number from 0 to 1")
    values = (trigger_value(n, trigger, weights) for tree in trees for n in tree if n.parent)
    levels = [value for value in values if value is not None]
    if not levels:
        raise UsageError("calibrate: no step of these trees has been judged; run them with a scorer")
    return quantile(levels, share)


async def rewrite(tree: Tree, nodes: Sequence[Node], rule: Rewrite | None, *, merge: bool = True) -> list[Node]:
    """Rewrite every low node, and return the nodes in order with the versions that the rule keeps.

    Without ``merge``, for searches whose paths are independent samples, each low step is rewritten whatever ``per``
    says, and a version that equals a sibling stays a node of its own.
    """
    kept = list(nodes)
    if rule is None:
        return kept
    for number, stage in enumerate(rule.stages):
        considered = best_per_parent(kept) if merge and rule.per == "parent" else kept
        low = [node for node in unique(considered) if node.stages_tried <= number and rule.rewrites(node)]
        for node in low:
            node.stages_tried = number + 1
        slots = await version_slots(tree, low, stage, number, informed=rule.informed)
        for slot, new in zip(slots, await write_steps(tree, slots, merge=merge), strict=True):
            old = slot.replaces
            if new is not None and old is not None and new is not old and choose_version(new, old, rule):
                kept = [new if node is old else node for node in kept]
    return kept


async def version_slots(
    tree: Tree, low: Sequence[Node], stage: Stage, number: int, *, informed: bool = False
) -> list[Slot]:
    """Return the slots of one stage, the ``number``-th of the rule: one for each version of a low node it writes.

    A plan or a strategy also guides the steps to come, so every version of its step keeps it, whoever writes it. The
    stage "hint" asks for a new plan where the hinter writes plans, and leaves steps under a strategy alone. The stage
    "correct" leaves alone what is no complete step of a solution.
    """
    author = "teacher" if stage == "teacher" else "reasoner"
    if stage == "hint":
        low = [node for node in low if node.hint is None or node.hint.kind is not HintKind.STRATEGY]
    if stage == "correct":
        low = [node for node in low if is_correctable(node)]
    slots = [
        Slot(
            node.parent,
            node.position.rewritten(number),
            author,
            replaces=node,
            hint=kept_hint(node, stage),
            action=version_action(node, stage),
            about=node if stage == "correct" else None,
        )
        for node in low
        if node.parent is not None
    ]
    if stage == "correct":
        return await with_critiques(tree, slots, CRITIQUE)
    if stage != "hint":
        return slots
    requests = [
        HintRequest(
            tree,
            slot.node,
            slot.position,
            avoid=(node.hint,) if node.hint is not None else (),
            revises=node if informed else None,
        )
        for slot, node in zip(slots, low, strict=True)
    ]
    hints = zip(slots, await gather(requests), strict=True)
    return [replace(slot, hint=hint) for slot, hint in hints if hint is not None]


def is_correctable(node: Node) -> bool:
    """Tell whether a step can be criticised: it has a text, and is a step of a solution and no rest of a cut one."""
    cut_before = node.parent is not None and node.parent.step.ended == "length"
    own_step = kind_of(node) in (Yield.STEP, Yield.CORRECTION) and not node.step.thinking and not cut_before
    return own_step and bool(node.step.text.strip())


def version_action(node: Node, stage: Stage) -> Action | None:
    """Return the action that writes another version of a step: that of the step, but of a correction a plain step."""
    if stage == "correct":
        return CORRECT
    return None if kind_of(node) is Yield.CORRECTION else node.action


def kept_hint(node: Node, stage: Stage) -> HintOutput | None:
    """Return the hint that another version of a step is written under without asking for one; it costs no tokens."""
    if node.hint is not None and (stage == "resample" or node.hint.lasting):
        return HintOutput(node.hint, 0)
    return None


def choose_version(new: Node, old: Node, rule: Rewrite) -> bool:
    """Reject one of two versions of a step, and tell whether the new one is kept; a failed one never is.

    With merging, the new version may be an older sibling that has the same text; it is then made available again.
    """
    fresh = new.replaces == old.id
    if new.status != "failed" and (rule.accept == "always" or score_or_floor(new) - score_or_floor(old) > rule.margin):
        replace_version(old, new)
        if not fresh:
            new.reopen()
        return True
    if fresh:
        reject_version(new, old)
    return False


def replace_version(old: Node, new: Node) -> None:
    """Reject a step, with all steps after it, in favour of another version of it."""
    why = f"{old.reason}; " if old.reason else ""
    old.replace_by(new, f"{why}rewritten as step {new.id}")
    prune(old.below(), Rejection.ANCESTOR_REJECTED, f"after step {old.id}, which is rejected")


def reject_version(new: Node, old: Node) -> None:
    """Reject a new version of a step that was kept, with all steps after it, unless it has failed already."""
    if new.status != "failed":
        new.close("rejected", Rejection.NOT_BETTER, f"not better than step {old.id}")
        prune(new.below(), Rejection.ANCESTOR_REJECTED, f"after step {new.id}, which is rejected")


def best_per_parent(nodes: Sequence[Node]) -> list[Node]:
    """Return the child with the highest score of every parent, in the order given; a failed child counts least."""
    best: dict[int, Node] = {}
    for node in nodes:
        parent = node.parent.id if node.parent else -1
        if parent not in best or score_or_floor(node) > score_or_floor(best[parent]):
            best[parent] = node
    return list(best.values())


def score_or_floor(node: Node) -> float:
    """Return a node's score; -1 if it failed, 0 if it has none."""
    return -1.0 if node.status == "failed" else (node.score or 0.0)
