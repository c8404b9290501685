"""Chat templates of servers: the text that a server's template puts before each turn, found with placeholders.

vLLM renders a conversation with ``/tokenize`` and ``/detokenize``, llama.cpp with ``/apply-template``. Other servers do
not show their template.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from hintree.errors import ModelError
from hintree.models.remote.client import MalformedReplyError, Server
from hintree.models.remote.numbers import LARGEST_COUNT, json_object, read_number


class ServedLayout(NamedTuple):
    """The text of a server's template around some turns.

    before: Text before each turn.
    whole: True if the text holds the token that begins a sequence, so that none is to be added.
    """

    before: tuple[str, ...]
    whole: bool


async def served_layout(server: Server, roles: Sequence[str]) -> ServedLayout | None:
    """Return the template's text before each turn of some roles; None if the server does not show it."""
    places = [f"\u2403{i}\u2403" for i in range(len(roles))]
    messages = [{"role": role, "content": place} for role, place in zip(roles, places, strict=True)]
    for render, whole in ((by_tokens, True), (by_template, False)):
        try:
            before = split(await render(server, messages), places)
        except ModelError:
            continue
        if before is not None:
            return ServedLayout(before, whole)
    return None


async def by_tokens(server: Server, messages: list[dict[str, str]], begin: bool = False) -> str:
    """Return a conversation as vLLM renders it, with ``begin`` up to where the model writes. Raises ServerError."""
    root, model = server.address.root, server.address.model
    body = {"model": model, "messages": messages, "add_generation_prompt": begin, "add_special_tokens": False}
    tokens = await server.request(f"{root}/tokenize", body, parse_token_ids, tries=1)
    return await server.request(f"{root}/detokenize", {"model": model, "tokens": tokens}, parse_prompt, tries=1)


async def by_template(server: Server, messages: list[dict[str, str]]) -> str:
    """Return a conversation as llama.cpp renders it. Raises ServerError."""
    url = f"{server.address.root}/apply-template"
    return await server.request(url, {"messages": messages}, parse_prompt, tries=1)


def split(text: str, places: Sequence[str]) -> tuple[str, ...] | None:
    """Return the texts before the placeholders; None unless each appears once, in order."""
    before = []
    for place in places:
        own, found, text = text.partition(place)
        if not found or place in text:
            return None
        before.append(own)
    return tuple(before)


def parse_token_ids(data: Any) -> list[int]:
    """Parse the token ids of a text. Raises MalformedReplyError if there are none."""
    ids = json_object(data, "the response").get("tokens")
    if not isinstance(ids, list):
        raise MalformedReplyError("its response holds no token ids")
    return [int(read_number(token, "token id", 0, LARGEST_COUNT, whole=True)) for token in ids]


def parse_prompt(data: Any) -> str:
    """Parse a rendered text. Raises MalformedReplyError if there is none."""
    text = json_object(data, "the response").get("prompt")
    if not isinstance(text, str):
        raise MalformedReplyError("its response holds no text")
    return text
