"""The ledger: the cost of every role in calls, tokens, FLOPs and seconds."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

ROLES = ("reasoner", "hinter", "teacher", "scorer")
"""Roles of requests; the reasoner and the teacher are also the authors of steps."""
MODEL_ROLES = (*ROLES, "verifier")
"""All roles that may be models; the verifier is asked by the selection "mutual" only."""
RETRIEVER = "retriever"
"""Role of look-ups, which a ledger has an account of only where something was looked up."""
ALL_ROLES = (*MODEL_ROLES, RETRIEVER)
"""All roles that cost something."""
ACTIONS = "actions"
"""Key of the accounts of actions beside those of the roles."""


def shown_roles(configs: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the roles that tables of a study show: ``ROLES``, verifier and retriever where an arm has one."""
    arms = list(configs)
    return (*ROLES, *(role for role in ("verifier", RETRIEVER) if any(config.get(role) for config in arms)))


class Usage(NamedTuple):
    """Cost of one response, or of many.

    calls: Requests responded to.
    prompt_tokens: Tokens of the prompts, cached ones included.
    forwarded_tokens: Tokens computed by the model; those that a KV cache or a shared prefix saved are not counted.
    generated_tokens: Decoded tokens, the one that ended the text included.
    """

    calls: int = 0
    prompt_tokens: int = 0
    forwarded_tokens: int = 0
    generated_tokens: int = 0

    def plus(self, other: "Usage") -> "Usage":
        """Return the sum of two usages."""
        return Usage(*(a + b for a, b in zip(self, other, strict=True)))


@dataclass(slots=True)
class Account:
    """One role's account.

    Attributes:
        calls, prompt_tokens, forwarded_tokens, generated_tokens: See ``Usage``.
        discarded_tokens: Generated tokens that are not on the selected path: rejected drafts, pruned branches.
        flops: 2 x parameters x forwarded tokens, an estimate.
        seconds: Wall time of the batches, divided evenly over their requests.
        passages: Passages that the retriever returned.
    """

    calls: int = 0
    prompt_tokens: int = 0
    forwarded_tokens: int = 0
    generated_tokens: int = 0
    discarded_tokens: int = 0
    flops: float = 0.0
    seconds: float = 0.0
    passages: int = 0

    def add(self, usage: Usage, parameters: int, seconds: float) -> None:
        """Book one response of a model with that many parameters."""
        self.calls += usage.calls
        self.prompt_tokens += usage.prompt_tokens
        self.forwarded_tokens += usage.forwarded_tokens
        self.generated_tokens += usage.generated_tokens
        self.flops += 2.0 * parameters * usage.forwarded_tokens
        self.seconds += seconds

    def tokens(self) -> int:
        """Return the generated tokens, or the prompt tokens of a role that generates none; caching changes neither."""
        return self.generated_tokens or self.prompt_tokens

    def gflops(self) -> float:
        """Return the FLOPs in billions; NaN where the size of the model is unknown, as a server's is."""
        unknown = not self.flops and (self.prompt_tokens or self.generated_tokens)
        return math.nan if unknown else self.flops / 1e9


@dataclass(slots=True)
class Ledger:
    """The accounts of one search, by role, and those of its actions by name, which repeat a part of them."""

    accounts: dict[str, Account] = field(default_factory=lambda: {role: Account() for role in ROLES})
    actions: dict[str, Account] = field(default_factory=dict)

    def __getitem__(self, role: str) -> Account:
        return self.accounts.setdefault(role, Account())

    def total(self, name: str) -> float:
        """Return the sum of one figure, such as "calls" or "seconds", over the roles."""
        return float(sum(getattr(account, name) for account in self.accounts.values()))

    def to_dict(self) -> dict[str, dict[str, float]]:
        """Return one JSON object per role."""
        return as_data(self.accounts)

    def with_actions(self) -> dict[str, Any]:
        """Return one JSON object per role, and the accounts of the actions under ``ACTIONS`` if there are some."""
        return {**self.to_dict(), **({ACTIONS: as_data(self.actions)} if self.actions else {})}

    @classmethod
    def from_dict(cls, data: Mapping[str, Mapping[str, Any]]) -> "Ledger":
        """Return the ledger of the data of ``to_dict`` or ``with_actions``."""
        roles = {role: Account(**figures) for role, figures in data.items() if role != ACTIONS}
        return cls(roles, {name: Account(**figures) for name, figures in data.get(ACTIONS, {}).items()})


def as_data(accounts: Mapping[str, Account]) -> dict[str, dict[str, float]]:
    """Return one JSON object per account, by its role or action; passages only where there are any."""
    rows = {name: {f.name: getattr(a, f.name) for f in fields(a)} for name, a in accounts.items()}
    return {name: {n: x for n, x in row.items() if n != "passages" or x} for name, row in rows.items()}
