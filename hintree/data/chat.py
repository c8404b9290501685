"""Questions in the shape of a chat: a list of messages with role and content."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hintree.data.case import RowError

ROLES = {"user": "user", "human": "user", "system": "system", "developer": "system"}
ROLES |= {"assistant": "assistant", "gpt": "assistant", "model": "assistant", "ai": "assistant"}


class Chat(NamedTuple):
    """A chat, taken apart.

    question: Text of the only user message.
    solution: Text of the assistant's message after it, "" if there is none.
    left_out: Remarks about what is in neither.
    """

    question: str
    solution: str
    left_out: list[str]


def is_chat(value: object) -> bool:
    """Return True for a list of messages: objects with a role (or "from") and a content (or "value")."""
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and bool(value)
        and all(isinstance(one, Mapping) and ("role" in one or "from" in one) for one in value)
    )


def read_chat(messages: Sequence[Mapping[str, Any]]) -> Chat:
    """Return the question of a chat with one user message.

    Raises:
        RowError: A role is unknown, a content is no text, or there is not exactly one user message.
    """
    texts: dict[str, list[str]] = {"user": [], "system": [], "assistant": []}
    left_out: list[str] = []
    for message in messages:
        name = message.get("role", message.get("from"))
        role = ROLES.get(name.lower()) if isinstance(name, str) else None
        if role is None:
            raise RowError(f"a message has the role {str(name)[:20]!r}, which is none of {', '.join(ROLES)}")
        if role != "assistant" or "ground_truth" not in message:
            texts[role].append(read_content(message, left_out))
    if len(texts["user"]) != 1:
        raise RowError(f"a chat with {len(texts['user'])} user messages; exactly one is read as the question")
    if any(text.strip() for text in texts["system"]):
        left_out.append("the system message is left out")
    return Chat(texts["user"][0], texts["assistant"][-1] if texts["assistant"] else "", left_out)


def read_content(message: Mapping[str, Any], left_out: list[str]) -> str:
    """Return the text of a message; parts that are no text go into ``left_out``. Raises RowError."""
    content = message.get("content", message.get("value"))
    if isinstance(content, str):
        return content
    if not isinstance(content, list) or not all(isinstance(part, Mapping) for part in content):
        raise RowError("the content of a message is neither a text nor a list of parts")
    texts = [part["text"] for part in content if isinstance(part.get("text"), str)]
    if len(texts) < len(content):
        left_out.append("parts of a message that are no text are left out")
    return "\n".join(texts)
