"""What a caller asks: the requests of OpenAI's two endpoints, checked field by field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hintree.errors import UsageError
from hintree.serve.errors import RefusalError
from hintree.solver import check_question

REFUSED: Mapping[str, tuple[Any, ...]] = {
    "n": (1,),
    "best_of": (1,),
    "response_format": ({"type": "text"},),
    **dict.fromkeys(("tools", "functions", "audio", "logprobs", "top_logprobs", "logit_bias", "echo", "suffix"), ()),
    **dict.fromkeys(("presence_penalty", "frequency_penalty"), ()),
}
"""Fields that would change the answer and cannot be honoured, with values that ask for nothing, as do null and 0."""


class StreamOptions(BaseModel):
    """Options of a stream."""

    include_usage: bool | None = None


class Part(BaseModel):
    """A part of a message; only text can be read."""

    type: Literal["text"]
    text: str


class Message(BaseModel):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    def text(self) -> str:
        """Its text."""
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content or [])


class Body(BaseModel):
    """What both endpoints take; fields that are not named here or in ``REFUSED`` are ignored."""

    model_config = ConfigDict(strict=True)
    model: str | None = None
    seed: int | None = Field(None, ge=-(2**63), lt=2**63)
    max_tokens: int | None = Field(None, ge=1, lt=2**53)
    max_completion_tokens: int | None = Field(None, ge=1, lt=2**53)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    stop: str | list[str] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None


class ChatBody(Body):
    """The body of /v1/chat/completions."""

    messages: list[Message] = Field(min_length=1)


class TextBody(Body):
    """The body of /v1/completions."""

    prompt: str | list[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that can be served.

    Attributes:
        body: Its fields.
        question: The last message of the user, or the prompt.
        stops: Texts at which the answer is cut.
        warnings: What of the request was not read.
    """

    body: Body
    question: str
    stops: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def max_tokens(self) -> int | None:
        """Most tokens to write, all roles together."""
        return self.body.max_completion_tokens or self.body.max_tokens


def read(data: Any, kind: type[ChatBody] | type[TextBody], longest: int) -> Asked:
    """Check a request's JSON.

    Args:
        data: As it was parsed.
        kind: Of which endpoint.
        longest: Characters of a question.

    Raises:
        RefusalError: With status 400, naming the field.
    """
    if not isinstance(data, dict):
        raise RefusalError(400, "the body is not a JSON object")
    for name, neutral in REFUSED.items():
        if data.get(name) and data[name] not in neutral:
            raise RefusalError(400, f"{name} is not supported here; leave it out", "unsupported_parameter", name)
    try:
        body = kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise RefusalError(400, f"{where}: {first['msg']}", "invalid_value", where) from error
    question, warnings = asked_in(body)
    stops = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    if len(stops) > 16 or not all(stops):
        raise RefusalError(400, "stop: give at most 16 texts, none of them empty", "invalid_value", "stop")
    field = "prompt" if kind is TextBody else "messages"
    if len(question) > longest:
        what = f"the question has {len(question)} characters; at most {longest} are accepted"
        raise RefusalError(400, what, "context_length_exceeded", field)
    try:
        return Asked(body, check_question(question), stops, warnings)
    except UsageError as error:
        raise RefusalError(400, str(error), "invalid_value", field) from error


def asked_in(body: ChatBody | TextBody) -> tuple[str, tuple[str, ...]]:
    """The question, and what was not read."""
    if isinstance(body, TextBody):
        prompts = [body.prompt] if isinstance(body.prompt, str) else body.prompt
        if len(prompts) != 1:
            raise RefusalError(400, f"{len(prompts)} prompts: send one a request", "invalid_value", "prompt")
        return prompts[0], ()
    *earlier, last = body.messages
    if last.role != "user":
        what = f"the last message is the {last.role}'s; let it be the user's, with the whole question"
        raise RefusalError(400, what, "invalid_value", "messages")
    unread = f"the search saw the last user message only; {len(earlier)} earlier messages were not read"
    return last.text(), (unread,) if earlier else ()
