"""The ledger: what each role has cost, token by token."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import NamedTuple

ROLES = ("reasoner", "hinter", "teacher", "scorer")
"""Everyone a search can request. Also the authors of steps: the reasoner and the teacher."""


class Usage(NamedTuple):
    """What one answer, or many, cost.

    calls: Questions answered.
    prompt_tokens: Tokens of the texts that were read.
    forwarded_tokens: Tokens that went through the model; what a cache or a shared prefix saved is not in it.
    generated_tokens: Tokens written, the one that ended the text included.
    """

    calls: int = 0
    prompt_tokens: int = 0
    forwarded_tokens: int = 0
    generated_tokens: int = 0

    def plus(self, other: "Usage") -> "Usage":
        """The sum of two usages."""
        return Usage(*(a + b for a, b in zip(self, other, strict=True)))


@dataclass(slots=True)
class Account:
    """One role's account.

    Attributes:
        calls, prompt_tokens, forwarded_tokens, generated_tokens: See ``Usage``.
        discarded_tokens: Generated tokens that are on no path to the answer: rejected drafts, pruned branches.
        flops: 2 x parameters x forwarded tokens, an estimate.
        seconds: Share of the batches' wall time.
    """

    calls: int = 0
    prompt_tokens: int = 0
    forwarded_tokens: int = 0
    generated_tokens: int = 0
    discarded_tokens: int = 0
    flops: float = 0.0
    seconds: float = 0.0

    def add(self, usage: Usage, parameters: int, seconds: float) -> None:
        """Book one answer of a model with that many parameters."""
        self.calls += usage.calls
        self.prompt_tokens += usage.prompt_tokens
        self.forwarded_tokens += usage.forwarded_tokens
        self.generated_tokens += usage.generated_tokens
        self.flops += 2.0 * parameters * usage.forwarded_tokens
        self.seconds += seconds

    def tokens(self) -> int:
        """What is shown of a role: tokens written, or texts read where none are; whatever a cache has saved."""
        return self.generated_tokens or self.prompt_tokens


@dataclass(slots=True)
class Ledger:
    """The accounts of one search, by role."""

    accounts: dict[str, Account] = field(default_factory=lambda: {role: Account() for role in ROLES})

    def __getitem__(self, role: str) -> Account:
        return self.accounts[role]

    def total(self, name: str) -> float:
        """Sum of one figure over the roles, such as "calls" or "seconds"."""
        return float(sum(getattr(account, name) for account in self.accounts.values()))

    def to_dict(self) -> dict[str, dict[str, float]]:
        """An object per role, ready for JSON."""
        return {role: {f.name: getattr(a, f.name) for f in fields(a)} for role, a in self.accounts.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Mapping[str, float]]) -> "Ledger":
        """The ledger that ``to_dict`` came from."""
        return cls({role: Account(**figures) for role, figures in data.items()})  # type: ignore[arg-type]
