"""Sampling settings of generated texts."""

from dataclasses import dataclass, replace
from math import isinf
from typing import Any

from hintree.errors import UsageError
from hintree.models import GenerationRequest, Prompt
from hintree.policies.protocol import Protocol
from hintree.search import Request
from hintree.search.core.seeds import seed_of


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling settings of generated texts.

    Attributes:
        temperature: In [0, 10]; 0 is greedy decoding.
        top_k: Sample from this many most probable tokens; 0 for all.
        top_p: Nucleus sampling: smallest set of tokens with this total probability, in (0, 1].
        min_p: Minimum probability of a token, relative to the most probable one, in [0, 1].
        greedy_first: Decode the first of several sibling drafts greedily.

    Raises:
        UsageError: A value is outside its range.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    greedy_first: bool = True

    def __post_init__(self) -> None:
        for name in ("temperature", "top_k", "top_p", "min_p"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or isinstance(value, bool) or isinf(value):
                raise UsageError(f"{name}={value!r} is not a finite number")
        if not 0 <= self.temperature <= 10:
            raise UsageError(f"temperature={self.temperature!r} is not a number from 0 to 10")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"top_p={self.top_p!r} is not a number above 0 and at most 1")
        if self.top_k < 0 or self.top_k != int(self.top_k):
            raise UsageError(f"top_k={self.top_k!r} is not a whole number of at least 0")
        if not 0 <= self.min_p <= 1:
            raise UsageError(f"min_p={self.min_p!r} is not a number from 0 to 1")

    def under(self, protocol: Protocol) -> "Sampling":
        """Return the settings with those of a protocol in their place; a greedy method stays greedy."""
        own = dict(protocol.sampling)
        if not self.temperature:
            own.pop("temperature", None)
        return replace(self, **own)  # type: ignore[arg-type]

    def generation(self, prompt: Prompt, request: Request[Any], max_tokens: int, *stop: str) -> GenerationRequest:
        """Return the model-level request for a search-level one; seed and position come from ``request``."""
        return GenerationRequest(
            prompt,
            seed=request.seed,
            temperature=0.0 if request.position.first and self.greedy_first else self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            min_p=self.min_p,
            max_tokens=max_tokens,
            stop=stop,
            group=request.tree.problem.question,
            family=seed_of(request.node.key, request.role),
            sibling=request.index,
        )
