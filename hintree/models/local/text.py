"""Encode prompts as token ids and stop texts as sets of tokens.

Text from users and models is always encoded as plain text: "</s>" inside a problem is four characters, never an
end-of-sequence token.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from hintree.errors import CheckpointError
from hintree.models.base import Piece, Prompt

SYSTEM, USER = "\u2403SYSTEM\u2403", "\u2403USER\u2403"


def plain(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Return the token ids of a text, with control tokens encoded as plain text."""
    return coded(tokenizer, text, control=False)


def coded(tokenizer: PreTrainedTokenizerBase, text: str, *, control: bool) -> list[int]:
    """Return the token ids of a text; control tokens are recognised only if ``control`` is true."""
    clean = text.encode("utf-8", "replace").decode()
    if not clean:
        return []
    # verbose=False: no warning about the length, because callers check it and raise an error that says what to do.
    return list(tokenizer.encode(clean, add_special_tokens=False, split_special_tokens=not control, verbose=False))


@lru_cache(maxsize=4096)
def part(tokenizer: PreTrainedTokenizerBase, text: str, control: bool = False) -> tuple[int, ...]:
    """Return the token ids of a part that many texts share, such as a template, a question or a step; cached."""
    return tuple(coded(tokenizer, text, control=control))


def encode(tokenizer: PreTrainedTokenizerBase, prompt: Prompt) -> list[int]:
    """Return the token ids of a prompt, rendered by the chat template if there is one, else by ``Prompt.plain``."""
    start = [] if tokenizer.bos_token_id is None else [int(tokenizer.bos_token_id)]
    if tokenizer.chat_template is None:
        return start + plain(tokenizer, prompt.plain())
    ids: list[int] = []
    for own in template_parts(tokenizer, bool(prompt.system)):
        if own == SYSTEM:
            ids += part(tokenizer, prompt.system)
        elif own == USER:
            ids += part(tokenizer, prompt.user)
        else:
            ids += part(tokenizer, own, control=True)
    return ids + plain(tokenizer, prompt.assistant)


def decoded(tokenizer: PreTrainedTokenizerBase, ids: list[int]) -> str:
    """Return the text of some tokens, without control tokens."""
    return str(tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))


@lru_cache(maxsize=4096)
def text_of(tokenizer: PreTrainedTokenizerBase, token: int) -> str:
    """Return the text of one token, cached: prompts end with few different tokens."""
    return decoded(tokenizer, [token])


def continuation(tokenizer: PreTrainedTokenizerBase, prompt: Prompt, text: str) -> tuple[list[int], int]:
    """Return the token ids of a prompt with its continuation, and the index where it leaves the prompt's."""
    before = encode(tokenizer, prompt)
    ids = encode(tokenizer, replace(prompt, assistant=prompt.assistant + text))
    return ids, next((i for i, (a, b) in enumerate(zip(before, ids, strict=False)) if a != b), len(before))


@lru_cache(maxsize=64)
def template_parts(tokenizer: PreTrainedTokenizerBase, system: bool) -> list[str]:
    """Split the chat template of one turn at its texts; without a system turn, system text precedes the user's."""
    messages = [{"role": "system", "content": SYSTEM}] * system + [{"role": "user", "content": USER}]
    try:
        shown = str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
    except TemplateError:
        shown = ""
    if system and SYSTEM not in shown:
        messages = [{"role": "user", "content": f"{SYSTEM}\n\n{USER}"}]
        shown = str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
    for place in (SYSTEM, USER):
        shown = shown.replace(place, f"\u2404{place}\u2404")
    return [own for own in shown.split("\u2404") if own]


def conversation(tokenizer: PreTrainedTokenizerBase, turns: Sequence[tuple[str, Sequence[Piece]]]) -> list[Piece]:
    """Render turns through the chat template: its own text as control pieces, the turns' pieces between them.

    Does not modify ``turns``.

    Args:
        tokenizer: Tokenizer with a chat template.
        turns: Role ("system", "user" or "assistant") and pieces of each turn.

    Raises:
        CheckpointError: The template refuses these turns or leaves one out.
    """
    shown = template_around(tokenizer, tuple(role for role, _ in turns))
    return [
        piece for own, (_, pieces) in zip(shown, turns, strict=True) for piece in (Piece(own, control=True), *pieces)
    ]


@lru_cache(maxsize=256)
def template_around(tokenizer: PreTrainedTokenizerBase, roles: tuple[str, ...]) -> list[str]:
    """Return the chat template's text before each turn. Raises CheckpointError if it refuses or omits one."""
    places = [f"\u2403{i}\u2403" for i in range(len(roles))]
    messages = [{"role": role, "content": place} for role, place in zip(roles, places, strict=True)]
    try:
        rest = str(tokenizer.apply_chat_template(messages, tokenize=False))
    except TemplateError as error:
        raise CheckpointError(f"the chat template refuses turns of {', '.join(roles)}: {error}") from error
    before = []
    for role, place in zip(roles, places, strict=True):
        own, found, rest = rest.partition(place)
        if not found:
            raise CheckpointError(f"the chat template leaves out the text of a turn of the {role}")
        before.append(own)
    return before


@lru_cache(maxsize=64)
def may_end(tokenizer: PreTrainedTokenizerBase, ends: frozenset[int], stop: tuple[str, ...]) -> frozenset[int]:
    """Return the tokens that can end a text: ``ends``, and those that hold the last character of a stop text.

    A character beyond ASCII may be spread over several tokens; then every token can end a text.
    """
    if not stop:
        return ends
    lasts = {text[-1] for text in stop}
    if not all(last.isascii() for last in lasts):
        return ends.union(range(len(tokenizer)))
    pieces = tokenizer.batch_decode([[i] for i in range(len(tokenizer))])
    return ends.union(i for i, piece in enumerate(pieces) if lasts & set(piece))


def cut(text: str, stop: Sequence[str]) -> tuple[str, bool]:
    """Return the text up to the first stop text, and true if there was one."""
    places = [at for at in (text.find(s) for s in stop) if at >= 0]
    return (text[: min(places)], True) if places else (text, False)
