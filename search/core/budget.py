"""Budgets: limits on the cost of one problem."""

import sys
from dataclasses import dataclass, fields

from hintree.errors import UsageError
from hintree.search.core.ledger import ROLES, Ledger
from hintree.search.core.tree import Tree

OPTIONAL_ROLES = frozenset(ROLES) - {"reasoner", "scorer"}
"""Roles without which a search can continue."""
LEAST_TOKENS = 64
"""Tokens that a step may generate however little is left, so that usual steps are never cut."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits for one problem; None means no limit.

    They are checked before the requests that a search makes together (``seconds`` before every batch), so these may
    overshoot: each of their steps may generate an even share of the tokens that are left, at least ``LEAST_TOKENS``.
    When the tokens of the teacher or the hinter are spent, the search continues without that role; at any other limit
    it stops with its best answer so far.

    Attributes:
        reasoner_tokens, hinter_tokens, teacher_tokens: Generated tokens of that role.
        scorer_tokens: Prompt tokens of the scorer, cached ones included, and tokens that it generated.
        tokens: Generated tokens, all roles together.
        calls: Requests that models responded to, all roles together.
        nodes: Steps in the tree.
        seconds: Wall time since the problem was started.

    Raises:
        UsageError: A limit is negative, not a number, or 0 where nothing could be solved without it.
    """

    reasoner_tokens: float | None = None
    hinter_tokens: float | None = None
    teacher_tokens: float | None = None
    scorer_tokens: float | None = None
    tokens: float | None = None
    calls: float | None = None
    nodes: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for f in fields(self):
            limit = getattr(self, f.name)
            if limit is None:
                continue
            number = isinstance(limit, int | float) and not isinstance(limit, bool)
            if not (number and 0 <= limit <= sys.float_info.max):
                raise UsageError(f"budget {f.name}={limit!r} is not a number above 0; leave it out for no limit")
            if limit == 0 and f.name.removesuffix("_tokens") not in OPTIONAL_ROLES:
                raise UsageError(
                    f"budget {f.name}=0 leaves nothing to solve with: give a number above 0, or leave it out for no "
                    "limit (only teacher_tokens and hinter_tokens may be 0)"
                )

    def role_spent(self, ledger: Ledger, role: str) -> bool:
        """Tell whether a role has used up its tokens."""
        limit: float | None = getattr(self, f"{role}_tokens", None)
        if limit is None:
            return False
        account = ledger[role]
        return account.generated_tokens + (account.prompt_tokens if role == "scorer" else 0) >= limit

    def allowance(self, ledger: Ledger, role: str, steps: int) -> int | None:
        """Return the tokens that each of a batch's steps may generate, at least LEAST_TOKENS; None without a limit.

        Args:
            ledger: What the search has cost so far.
            role: Author of the steps.
            steps: Number of steps in the batch, at least 1.
        """
        total, own = self.tokens, getattr(self, f"{role}_tokens", None)
        left = [] if total is None else [total - ledger.total("generated_tokens")]
        left += [] if own is None else [own - ledger[role].generated_tokens]
        return max(LEAST_TOKENS, int(min(left)) // steps) if left else None

    def spent(self, tree: Tree, ledger: Ledger, seconds: float) -> str:
        """Return the name of the first limit of the whole search that is reached; "" if none is."""
        written, calls = ledger.total("generated_tokens"), ledger.total("calls")
        used = {"tokens": written, "calls": calls, "nodes": len(tree) - 1, "seconds": seconds}
        for name, amount in used.items():
            limit = getattr(self, name)
            if limit is not None and amount >= limit:
                return name
        return ""

    @classmethod
    def parse(cls, text: str) -> "Budget":
        """Return the budget that a text such as "teacher_tokens=500,seconds=20" describes.

        Raises:
            UsageError: A name is unknown, given twice, or its value is not a number.
        """
        names = [f.name for f in fields(cls)]
        limits: dict[str, float] = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            name, _, value = part.partition("=")
            if name not in names:
                raise UsageError(f"budget: unknown limit {name!r}; accepted are {', '.join(names)}, as NAME=NUMBER")
            if name in limits:
                raise UsageError(f"budget: {name} is given twice")
            try:
                limits[name] = float(value) if not value.strip().isdigit() else int(value)
            except ValueError:
                raise UsageError(f"budget: {name}={value!r} is not a number above 0") from None
        return cls(**limits)
