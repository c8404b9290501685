"""Encode prompts as token ids, and find where generated text ends.

A prompt is tokenized as running text: what a model has written keeps the tokens it was written as, and all text between
such parts, the chat template's included, is tokenized together. Text from users and models never becomes control
tokens: "</s>" inside a problem is four characters, whatever the tokenizer's flags say.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby

from transformers import PreTrainedTokenizerBase

from hintree.errors import CheckpointError
from hintree.models.base import Piece, Prompt, Span, Turn
from hintree.models.local.coding import coded, texts_of, without_surrogates
from hintree.models.local.templates import layout, opening

ANCHORS = ("\n", "a", ".")
"""Texts after which a continuation is tokenized; the first that keeps tokens of its own is used."""
Part = tuple[str, bool]
"""A text, and true if control tokens in it are encoded as such."""


def encode(tokenizer: PreTrainedTokenizerBase, prompt: Prompt) -> list[int]:
    """Return the token ids of a prompt, rendered by the chat template if there is one, else by ``Prompt.plain``.

    Raises:
        CheckpointError: The chat template refuses the turns, or changes or leaves out a text.
    """
    spans = prompt.spans or (Span(prompt.assistant),)
    own = fingerprint(tokenizer) if prompt.spans else ""
    if tokenizer.chat_template is None:
        first, parts = first_token(tokenizer), [(replace(prompt, assistant="", spans=()).plain(), False)]
    else:
        first, parts = [], chat_parts(tokenizer, prompt)
        spans = tuple(without_opened(spans, parts))
    kept = [(span.token_ids if span.tokenizer == own else (), (span.text, span.control)) for span in spans]
    ids = list(first)
    for written, group in groupby([((), part) for part in parts] + kept, key=lambda pair: bool(pair[0])):
        pairs = list(group)
        if written:
            ids += [token for tokens, _ in pairs for token in tokens]
        else:
            ids += running(tokenizer, tuple(part for _, part in pairs), len(ids) > len(first))
    return ids


def first_token(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the beginning-of-sequence token, if the tokenizer has one."""
    return [] if tokenizer.bos_token_id is None else [int(tokenizer.bos_token_id)]


def chat_parts(tokenizer: PreTrainedTokenizerBase, prompt: Prompt) -> list[Part]:
    """Return the template's text and the turns' texts up to where the assistant's text begins.

    System text precedes the first turn's text where the template knows no system turn.
    """
    turns = [*prompt.turns, Turn("user", prompt.user)]
    if not prompt.system:
        return rendered(tokenizer, turns, prompt)
    try:
        return rendered(tokenizer, [Turn("system", prompt.system), *turns], prompt)
    except CheckpointError:
        merged = Turn(turns[0].role, f"{prompt.system}\n\n{turns[0].text}")
        return rendered(tokenizer, [merged, *turns[1:]], prompt)


def rendered(tokenizer: PreTrainedTokenizerBase, turns: Sequence[Turn], prompt: Prompt) -> list[Part]:
    """Return the parts of turns that an assistant's turn follows. Raises CheckpointError as ``templates.opening``."""
    found = opening(tokenizer, tuple(turn.role for turn in turns), prompt.template)
    return found.parts([turn.text for turn in turns])


def without_opened(spans: Sequence[Span], parts: Sequence[Part]) -> Sequence[Span]:
    """Drop the first line of a control span that the template has written already, such as the opening of a thought."""
    if not spans or not parts or not (spans[0].control and parts[-1][1]):
        return spans
    first, _, rest = spans[0].text.partition("\n")
    if not first.strip() or not parts[-1][0].rstrip().endswith(first.strip()):
        return spans
    return (Span(rest, control=True), *spans[1:]) if rest.strip() else spans[1:]


@lru_cache(maxsize=4096)
def running(tokenizer: PreTrainedTokenizerBase, parts: tuple[Part, ...], continued: bool) -> tuple[int, ...]:
    """Return the token ids of parts that are tokenized together.

    Args:
        tokenizer: Not modified.
        parts: Texts; in those of users and models, control tokens are broken after their first character.
        continued: True if other tokens precede the text; then it is not encoded as the beginning of a text.
    """
    pieces = broken(tokenizer, [(without_surrogates(text), control) for text, control in parts])
    ids: list[int] = []
    for piece in pieces:
        ids += continuing(tokenizer, piece) if continued or ids else raw(tokenizer, piece)
    return tuple(ids)


def raw(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Return the token ids of a text, control tokens recognised, without a beginning-of-sequence token."""
    return coded(tokenizer, [text]).ids[0] if text else []


def continuing(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Return the token ids that a text has after other text: without the blank that some tokenizers put first."""
    for anchor in ANCHORS:
        before, ids = raw(tokenizer, anchor), raw(tokenizer, anchor + text)
        if before and ids[: len(before)] == before:
            return ids[len(before) :]
    return raw(tokenizer, text)


def broken(tokenizer: PreTrainedTokenizerBase, parts: Iterable[Part]) -> list[str]:
    """Join parts, and cut the text inside every control token that is not the template's or protocol's own."""
    text, allowed = "", set[int]()
    for part, control in parts:
        allowed |= set(range(len(text), len(text) + len(part))) if control else set()
        text += part
    pattern = control_pattern(tokenizer)
    pieces, start, at = [], 0, 0
    while pattern is not None and (found := pattern.search(text, at)):
        if allowed.issuperset(range(*found.span())):
            at = found.end()
        else:
            at = found.start() + 1
            pieces.append(text[start:at])
            start = at
    return [piece for piece in [*pieces, text[start:]] if piece]


@lru_cache(maxsize=64)
def control_pattern(tokenizer: PreTrainedTokenizerBase) -> re.Pattern[str] | None:
    """Return a pattern of the tokenizer's control tokens of two and more characters, longest first; None without any.

    A control token is one that the tokenizer flags as special, or an added one with brackets, such as ``<think>``.
    Others are ordinary text, such as runs of blanks.
    """
    added = tokenizer.added_tokens_decoder.values()
    texts = {str(t.content) for t in added if t.special or re.search(r"[<\[|\uff5c]", str(t.content).strip())}
    texts |= set(map(str, tokenizer.all_special_tokens))
    longest_first = sorted((text for text in texts if len(text) > 1), key=lambda text: (-len(text), text))
    return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


@lru_cache(maxsize=64)
def fingerprint(tokenizer: PreTrainedTokenizerBase) -> str:
    """Return a name of the tokenizer's vocabulary: tokens of one tokenizer are read by all with the same name."""
    vocabulary = json.dumps(sorted(tokenizer.get_vocab().items())).encode()
    return hashlib.blake2b(vocabulary, digest_size=8).hexdigest()


def plain(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Return the token ids of a text that begins a sequence, with control tokens encoded as plain text."""
    return list(running(tokenizer, ((text, False),), False))


def part(tokenizer: PreTrainedTokenizerBase, text: str, control: bool = False) -> tuple[int, ...]:
    """Return the token ids of a part that is tokenized on its own, such as a step of a PRM's text; cached."""
    return running(tokenizer, ((text, control),), False)


def decoded(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], *, control: bool = False) -> str:
    """Return the text of some tokens, with or without control tokens."""
    return texts_of(tokenizer, [ids], control=control)[0]


@lru_cache(maxsize=4096)
def text_of(tokenizer: PreTrainedTokenizerBase, token: int, control: bool = False) -> str:
    """Return the text of one token, cached: prompts end with few different tokens."""
    return decoded(tokenizer, [token], control=control)


def added_text(
    tokenizer: PreTrainedTokenizerBase, before: Sequence[int], ids: Sequence[int], *, control: bool = False
) -> str:
    """Return the text that tokens add to those before them, with control tokens if ``control`` is true.

    They are decoded after the last of these: alone, many tokenizers drop a leading space. A character whose bytes are
    spread over the border belongs to the text that ends it.
    """
    start = len(before) - 1
    while start > 0 and is_part(tokenizer, before[start]):
        start -= 1
    last = list(before[start:])
    shown = text_of(tokenizer, last[0], control) if len(last) == 1 else decoded(tokenizer, last, control=control)
    shown = shown.rstrip("\ufffd")
    whole = decoded(tokenizer, [*last, *ids], control=control)
    return whole.removeprefix(shown) if whole.startswith(shown) else decoded(tokenizer, ids, control=control)


@lru_cache(maxsize=4096)
def is_part(tokenizer: PreTrainedTokenizerBase, token: int) -> bool:
    """Tell whether a token is, or may be, some bytes of a character that the tokens around it complete."""
    name = str(tokenizer.convert_ids_to_tokens(token))
    return "\ufffd" in decoded(tokenizer, [token], control=True) or bool(re.fullmatch("<0x[0-9A-Fa-f]{2}>", name))


def continuation(tokenizer: PreTrainedTokenizerBase, prompt: Prompt, text: str) -> tuple[list[int], int]:
    """Return the token ids of a prompt with its continuation, and the index where it leaves the prompt's."""
    before = encode(tokenizer, prompt)
    ids = encode(tokenizer, prompt.extended(Span(text)))
    return ids, next((i for i, (a, b) in enumerate(zip(before, ids, strict=False)) if a != b), len(before))


def conversation(tokenizer: PreTrainedTokenizerBase, turns: Sequence[tuple[str, Sequence[Piece]]]) -> list[Piece]:
    """Render turns through the chat template: its own text as control pieces, the turns' pieces between them.

    Does not modify ``turns``.

    Args:
        tokenizer: Tokenizer with a chat template.
        turns: Role ("system", "user" or "assistant") and pieces of each turn.

    Raises:
        CheckpointError: The template refuses these turns, or leaves one out.
    """
    before = layout(tokenizer, tuple(role for role, _ in turns)).before
    return [
        piece for own, (_, pieces) in zip(before, turns, strict=True) for piece in (Piece(own, control=True), *pieces)
    ]


@lru_cache(maxsize=64)
def may_end(
    tokenizer: PreTrainedTokenizerBase, ends: frozenset[int], stop: tuple[str, ...], pattern: str = ""
) -> frozenset[int]:
    """Return the tokens that can end a text: ``ends``, and those that hold the last character of a stop text.

    A character beyond ASCII may be spread over several tokens; then every token can end a text, as with a pattern.
    """
    if pattern:
        return ends.union(range(len(tokenizer)))
    if not stop:
        return ends
    lasts = {text[-1] for text in stop}
    if not all(last.isascii() for last in lasts):
        return ends.union(range(len(tokenizer)))
    pieces = texts_of(tokenizer, [[i] for i in range(len(tokenizer))], control=True)
    return ends.union(i for i, piece in enumerate(pieces) if lasts & set(piece))


def unknown_words(tokenizer: PreTrainedTokenizerBase, text: str) -> list[str]:
    """Return the words of ``text`` that the tokenizer maps to its unknown token, each once."""
    if tokenizer.unk_token_id is None:
        return []
    found = coded(tokenizer, [text], offsets=True)
    spans = zip(found.ids[0], found.offsets[0], strict=True)
    return list(dict.fromkeys(text[a:b] for i, (a, b) in spans if i == tokenizer.unk_token_id))
