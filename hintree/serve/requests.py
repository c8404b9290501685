"""Request bodies of OpenAI's two endpoints, validated field by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hintree.errors import UsageError
from hintree.search import Problem
from hintree.serve.errors import ApiError
from hintree.solver import check_question, problem_of

UNSUPPORTED: Mapping[str, tuple[Any, ...]] = {
    "best_of": (1,),
    "response_format": ({"type": "text"},),
    **dict.fromkeys(("tools", "functions", "audio", "logprobs", "top_logprobs", "logit_bias", "echo", "suffix"), ()),
    **dict.fromkeys(("presence_penalty", "frequency_penalty"), ()),
}
"""Fields that would change the response and are not supported -> neutral values, beside null, false and 0."""


class StreamOptions(BaseModel):
    """Options of a streamed response."""

    include_usage: bool | None = None


class ContentPart(BaseModel):
    """A part of a message; only text is supported."""

    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = None

    def text(self) -> str:
        """Return the text, its parts joined by newlines."""
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content or [])


class Body(BaseModel):
    """Fields of both endpoints; those neither listed here nor in ``UNSUPPORTED`` are ignored."""

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
    n: int | None = Field(None, ge=1, le=16)


class ChatBody(Body):
    """The body of /v1/chat/completions."""

    messages: list[ChatMessage] = Field(min_length=1)


class CompletionBody(Body):
    """The body of /v1/completions."""

    prompt: str | list[str]


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """A validated request.

    Attributes:
        body: Validated fields.
        problem: The last message, from the user, with the system text and the turns before it; or the prompt.
        stops: Stop texts; the response is cut before the first of them.
        warnings: Messages to the caller about ignored parts of the request.
    """

    body: Body
    problem: Problem
    stops: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def max_tokens(self) -> int | None:
        """Return the limit of generated tokens of all roles together, None without one."""
        return self.body.max_completion_tokens or self.body.max_tokens


def parse_request(data: Any, kind: type[ChatBody] | type[CompletionBody], longest: int) -> ParsedRequest:
    """Validate the JSON body of a request.

    Args:
        data: Parsed JSON.
        kind: Body model of the endpoint.
        longest: Maximum number of characters of a question.

    Raises:
        ApiError: With status 400, naming the field.
    """
    if not isinstance(data, dict):
        raise ApiError(400, "the body is not a JSON object")
    for name, neutral in UNSUPPORTED.items():
        if data.get(name) and data[name] not in neutral:
            raise ApiError(400, f"{name} is not supported here; leave it out", "unsupported_parameter", name)
    try:
        body = kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ApiError(400, f"{where}: {first['msg']}", "invalid_value", where) from error
    question, earlier = question_of(body)
    if body.stream and (body.n or 1) > 1:
        raise ApiError(400, "n is 1 in a stream; leave it out, or do not stream", "unsupported_parameter", "n")
    stops = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    if len(stops) > 16 or not all(stops):
        raise ApiError(400, "stop: give at most 16 texts, none of them empty", "invalid_value", "stop")
    field = "prompt" if kind is CompletionBody else "messages"
    if len(question) > longest:
        what = f"the question has {len(question)} characters; at most {longest} are accepted"
        raise ApiError(400, what, "context_length_exceeded", field)
    try:
        problem, warnings = conversation(question, earlier)
    except UsageError as error:
        raise ApiError(400, str(error), "invalid_value", field) from error
    return ParsedRequest(body, problem, stops, warnings)


def question_of(body: ChatBody | CompletionBody) -> tuple[str, list[ChatMessage]]:
    """Return the question and the messages before it. Raises ApiError."""
    if isinstance(body, CompletionBody):
        prompts = [body.prompt] if isinstance(body.prompt, str) else body.prompt
        if len(prompts) != 1:
            raise ApiError(400, f"{len(prompts)} prompts: send one a request", "invalid_value", "prompt")
        return prompts[0], []
    *earlier, last = body.messages
    if last.role != "user":
        what = f"the last message is the {last.role}'s; let it be the user's, with the whole question"
        raise ApiError(400, what, "invalid_value", "messages")
    return last.text(), earlier


def conversation(question: str, earlier: Sequence[ChatMessage]) -> tuple[Problem, tuple[str, ...]]:
    """Return the problem of a question with the conversation before it, and the warnings about messages left out.

    System messages are joined, and so are the messages of one role in a row, since chat templates ask for turns.
    Messages of tools and empty ones are left out.

    Raises:
        UsageError: A text is too long or holds control characters.
    """
    read = [(message.role, message.text()) for message in earlier]
    systems = [check_question(text) for role, text in read if role in ("system", "developer") and text.strip()]
    turns: list[tuple[str, str]] = []
    for role, text in read:
        if role not in ("user", "assistant") or not text.strip():
            continue
        if turns and turns[-1][0] == role:
            role, text = role, f"{turns.pop()[1]}\n\n{text}"
        turns.append((role, check_question(text)))
    if turns and turns[-1][0] == "user":
        question = f"{turns.pop()[1]}\n\n{question}"
    left_out = sum(role in ("tool", "function") or not text.strip() for role, text in read)
    warnings = (f"{left_out} earlier messages of tools, or without text, were not read",) if left_out else ()
    problem = problem_of(check_question(question))
    return replace(problem, system="\n\n".join(systems), turns=tuple(turns)), warnings
