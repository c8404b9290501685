"""Response bodies of OpenAI's API: completions, and chunks of a stream."""

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hintree.search import Ledger, StopKind
from hintree.solver import Solution

SEPARATOR = "\n\n"
"""Text between steps, and before the answer."""
DONE = "data: [DONE]\n\n"


def solution_text(solution: Solution) -> str:
    """Return the steps of the chosen path, one paragraph each, and the answer in canonical form as the last.

    Thoughts are left out; ``thought_text`` returns them.
    """
    steps = [node.step.text for node in solution.steps if not node.step.thinking]
    return SEPARATOR.join([*steps, *([] if solution.answer is None else [f"Answer: {solution.answer}"])])


def thought_text(solution: Solution) -> str:
    """Return the thoughts on the chosen path; "" if the model wrote none."""
    steps = [node.step.text if node.step.thinking else node.step.thought for node in solution.steps]
    return SEPARATOR.join(text for text in steps if text)


def cut(text: str, stops: Sequence[str]) -> str:
    """Return the text before the first stop text."""
    return text[: min((at for stop in stops if (at := text.find(stop)) >= 0), default=len(text))]


def sendable_prefix(text: str, stops: Sequence[str]) -> str:
    """Return the longest prefix of an unfinished text that no stop text can cut any more."""
    whole = cut(text, stops)
    if len(whole) < len(text):
        return whole
    held = max((n for stop in stops for n in range(1, len(stop)) if text.endswith(stop[:n])), default=0)
    return text[: len(text) - held]


def usage(*ledgers: Ledger) -> dict[str, int]:
    """Return prompt and generated tokens, summed over ledgers and roles."""
    read = sum(int(ledger.total("prompt_tokens")) for ledger in ledgers)
    written = sum(int(ledger.total("generated_tokens")) for ledger in ledgers)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def finish_reason(solution: Solution) -> str:
    """Return "length" if a limit ended the search, else "stop"."""
    return "length" if solution.stop_reason.kind is StopKind.BUDGET else "stop"


def server_sent_event(data: dict[str, Any]) -> str:
    """Return one server-sent event with a JSON payload."""
    return f"data: {json.dumps(data)}\n\n"


@dataclass(frozen=True, slots=True)
class ResponseBuilder:
    """Build the response to one request.

    Attributes:
        model: Name of the preset.
        chat: True for /v1/chat/completions, False for /v1/completions.
        id: Random identifier.
        created: Unix time in seconds.
    """

    model: str
    chat: bool
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    created: int = field(default_factory=lambda: int(time.time()))

    def completion(
        self, texts: Sequence[str], solutions: Sequence[Solution], extras: Sequence[dict[str, Any]]
    ) -> dict[str, Any]:
        """Return the whole completion with one choice per solution.

        The object of ``extras`` becomes its ``hintree`` object; those of several choices stand in the choices.
        """
        choices = [self._choice(*pair) | {"index": i} for i, pair in enumerate(zip(texts, solutions, strict=True))]
        kind = "chat.completion" if self.chat else "text_completion"
        whole = {**self._header(kind), "choices": choices, "usage": usage(*(s.ledger for s in solutions))}
        if len(choices) == 1:
            return whole | {"hintree": extras[0]}
        for choice, more in zip(choices, extras, strict=True):
            choice["hintree"] = more
        return whole

    def _choice(self, text: str, solution: Solution) -> dict[str, Any]:
        """Return one choice without its index."""
        message = {"role": "assistant", "content": text, "failure": None}
        if thought := thought_text(solution):
            message["reasoning_content"] = thought
        content: dict[str, Any] = {"message": message} if self.chat else {"text": text}
        return {**content, "logprobs": None, "finish_reason": finish_reason(solution)}

    def chunk(self, text: str, *, first: bool = False, end: str | None = None, **more: Any) -> str:
        """Return a part of the completion as an event of a stream."""
        delta: dict[str, Any] = {"role": "assistant"} if first else {}
        if text or first:
            delta["content"] = text
        content = {"delta": delta} if self.chat else {"text": text}
        choice = {"index": 0, **content, "logprobs": None, "finish_reason": end}
        return server_sent_event({**self._header(self._chunk), "choices": [choice], **more})

    def usage_chunk(self, solution: Solution) -> str:
        """Return the event of a stream with the usage."""
        return server_sent_event({**self._header(self._chunk), "choices": [], "usage": usage(solution.ledger)})

    @property
    def _chunk(self) -> str:
        return "chat.completion.chunk" if self.chat else "text_completion"

    def _header(self, kind: str) -> dict[str, Any]:
        name = f"{'chatcmpl' if self.chat else 'cmpl'}-{self.id}"
        return {"id": name, "object": kind, "created": self.created, "model": self.model}
