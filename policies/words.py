"""Words of a protocol: how hints, plans, grades and strategies are asked for and shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hintree.errors import UsageError
from hintree.policies.action_words import ACTIONS, FAILED_STEP, FAULTS, PASSAGES, SCORED
from hintree.policies.protocol_checks import check_template
from hintree.search.core.actions import ActionPrompt
from hintree.search.core.faults import Fault

UNKNOWN = "unknown"
"""Key of the sentence for a step of which nothing is suspected."""
POOL_SIZE = 13
"""Lines of a pool of strategies: A to L, and M for "unknown"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Wording of the help that a solution gets: how it is requested and shown. Fields in braces are filled in.

    Attributes:
        hint: Line before a step that shows its hint: ``{hint}``.
        plan: Line before all steps that shows a plan: ``{plan}``.
        strategy: Addition to the system text: ``{strategy}``.
        hint_system, hint_user: The hinter's prompt: ``{question}``, ``{steps}``, ``{avoid}``. With an empty
            ``hint_user``, the hinter continues the solution after the label of ``hint``.
        plan_system, plan_user: The prompt for a plan of the whole solution: ``{question}``.
        avoid: Part of ``hint_user`` about hints that did not help: ``{hints}``. Small models repeat what they read
            there, so no shipped protocol has it.
        no_steps: Stands for the steps of a solution that has none yet.
        hint_tokens, plan_tokens: Maximum number of tokens of a hint and of a plan.
        plan_ends: Stop texts of a plan.
        grade: The teacher's prompt for a digit from 0 to 9: ``{question}``, ``{before}``, ``{step}``.
        grade_begin: Beginning of the reply to ``grade``, which the digit follows.
        grade_empty: Stands for ``{before}`` if there are no steps before.
        select: The teacher's prompt for letters of strategies: ``{question}``, ``{pool}``, ``{tracks}``.
        select_begin: Beginning of the reply to ``select``, which the letters follow.
        strategies: The pool, a line for each letter from A on, the last for "unknown"; () for the English one.
        actions: Wording of actions by name (search/core/actions.py).
        passages: The question with the retrieved passages: ``{passages}``, one on a line, and ``{question}``; without
            the latter it is added to the question.
        scored: Sentence about the score of a step that may be wrong: ``{score}``, from 0.00 to 1.00.
        failed_step: What an informed hinter reads of a step that may be wrong, before ``{avoid}``: ``{step}``,
            ``{suspicion}``.
        faults: Sentences about what is suspected of a step, by fault (search/core/faults.py), or "unknown".
    """

    hint: str = "Hint: {hint}"
    plan: str = "Plan: {plan}"
    strategy: str = ""
    hint_system: str = ""
    hint_user: str = ""
    plan_system: str = ""
    plan_user: str = "{question}"
    avoid: str = ""
    no_steps: str = "(none yet)"
    hint_tokens: int = 80
    plan_tokens: int = 256
    plan_ends: tuple[str, ...] = ("\n\n",)
    grade: str = ""
    grade_begin: str = "Score:"
    grade_empty: str = "(none)"
    select: str = ""
    select_begin: str = "Letters:"
    strategies: tuple[str, ...] = ()
    actions: Mapping[str, ActionPrompt] = field(default_factory=lambda: ACTIONS)
    passages: str = PASSAGES
    scored: str = SCORED
    failed_step: str = FAILED_STEP
    faults: Mapping[str, str] = field(default_factory=lambda: FAULTS)

    def __post_init__(self) -> None:
        if self.strategies and len(self.strategies) != POOL_SIZE:
            raise UsageError(f"strategies has {len(self.strategies)} lines; give {POOL_SIZE}, or none")
        for name in ("hint", "plan", "passages", "strategy"):
            template = getattr(self, name)
            if template or name != "strategy":
                check_template(f"words.{name}", template, needs=(name,))

    def suspicion(self, score: str, fault: Fault | None) -> str:
        """Return what is known against a step: the sentences about its score and about its fault, if it has them."""
        known = [fill(self.scored, score=score)] if score else []
        return " ".join(filter(None, [*known, self.faults.get(fault or UNKNOWN, "")]))

    @property
    def shown_passages(self) -> str:
        """Return the template of a question with passages, which holds both."""
        return self.passages if "{question}" in self.passages else f"{{question}}\n\n{self.passages}"

    @property
    def plan_label(self) -> str:
        """Return the text before a plan, such as "Plan:"."""
        return self.plan.partition("{plan}")[0].rstrip()

    @property
    def hint_label(self) -> str:
        """Return the text before the hint in its line, such as "Hint:"."""
        return self.hint.partition("{hint}")[0].rstrip()


def fill(template: str, **texts: str) -> str:
    """Fill all ``{name}`` fields of a template in one pass, so fields inside an inserted text stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda found: texts.get(found[1], found[0]), template)
