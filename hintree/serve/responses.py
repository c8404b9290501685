"""What a caller is answered: completions and chunks in the shapes of OpenAI's API."""

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hintree.search import Ledger
from hintree.solver import Solution

BETWEEN = "\n\n"
"""Between steps, and before the answer."""
DONE = "data: [DONE]\n\n"


def text_of(solution: Solution) -> str:
    """The steps of the chosen path, one paragraph each, and the answer in canonical form as the last."""
    steps = [node.step.text for node in solution.steps]
    return BETWEEN.join([*steps, *([] if solution.answer is None else [f"Answer: {solution.answer}"])])


def cut(text: str, stops: Sequence[str]) -> str:
    """The text before the first of the stops."""
    return text[: min((at for stop in stops if (at := text.find(stop)) >= 0), default=len(text))]


def safe(text: str, stops: Sequence[str]) -> str:
    """As much of a text that goes on as no stop can cut any more."""
    whole = cut(text, stops)
    if len(whole) < len(text):
        return whole
    held = max((n for stop in stops for n in range(1, len(stop)) if text.endswith(stop[:n])), default=0)
    return text[: len(text) - held]


def usage(ledger: Ledger) -> dict[str, int]:
    """Tokens that were read and written, summed over the roles."""
    read, written = int(ledger.total("prompt_tokens")), int(ledger.total("generated_tokens"))
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def finish(solution: Solution) -> str:
    """Why the answer ends: "length" if a limit has ended the search."""
    return "length" if solution.stop_reason.startswith("budget") else "stop"


def event(data: dict[str, Any]) -> str:
    """One server-sent event."""
    return f"data: {json.dumps(data)}\n\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one request.

    Attributes:
        model: The preset's name.
        chat: For /v1/chat/completions, else for /v1/completions.
    """

    model: str
    chat: bool
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, text: str, solution: Solution, extra: dict[str, Any]) -> dict[str, Any]:
        """The whole completion; ``extra`` is what only hintree gives."""
        said = {"message": {"role": "assistant", "content": text, "refusal": None}} if self.chat else {"text": text}
        choice = {"index": 0, **said, "logprobs": None, "finish_reason": finish(solution)}
        kind = "chat.completion" if self.chat else "text_completion"
        return {**self._head(kind), "choices": [choice], "usage": usage(solution.ledger), "hintree": extra}

    def chunk(self, text: str, *, first: bool = False, end: str | None = None, **more: Any) -> str:
        """A part of it as an event of a stream."""
        delta: dict[str, Any] = {"role": "assistant"} if first else {}
        if text or first:
            delta["content"] = text
        said = {"delta": delta} if self.chat else {"text": text}
        choice = {"index": 0, **said, "logprobs": None, "finish_reason": end}
        return event({**self._head(self._chunk), "choices": [choice], **more})

    def last(self, solution: Solution) -> str:
        """The event with the usage."""
        return event({**self._head(self._chunk), "choices": [], "usage": usage(solution.ledger)})

    @property
    def _chunk(self) -> str:
        return "chat.completion.chunk" if self.chat else "text_completion"

    def _head(self, kind: str) -> dict[str, Any]:
        name = f"{'chatcmpl' if self.chat else 'cmpl'}-{self.id}"
        return {"id": name, "object": kind, "created": self.created, "model": self.model}
