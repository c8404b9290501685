"""Chat templates: the text that a template puts around the turns of a conversation.

A template is rendered with a placeholder in place of each turn's text. Its own text may hold control tokens; the turns'
texts, put in later, may not. Renderings run in a process under limits (``template_process.py``) and are cached.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from transformers import PreTrainedTokenizerBase

from hintree.errors import CheckpointError

TIMEOUT = 30.0
"""Maximum seconds of wall-clock time for the renderings of one process, which has 3 s of CPU time."""
BEYOND = "it exceeds its limits of 3 s of CPU time and 512 MB of memory"
VARIED = " Aa1: $5 <b> & \"q\" 'r' {x} {{y}} 100 % \\boxed{\u00e9\u4e2d}\n\n  * 3.\n"
"""A text that a template must not change: signs, both cases, line breaks."""
LONG = "word " * 2000
"""Text added to it in the last turn, as long as a problem with its options."""
_beyond_limits: set[str] = set()
Arguments = tuple[tuple[str, str | int | float | bool], ...]
"""Arguments of a template by name."""


class Layout(NamedTuple):
    """The text that a template puts around the texts of some turns.

    before: Template text before each turn's text.
    after: Template text after the last turn, such as the beginning of the assistant's turn.
    left, right: For each turn, true if the template strips the blanks on that side of its text.
    """

    before: tuple[str, ...]
    after: str
    left: tuple[bool, ...]
    right: tuple[bool, ...]

    def parts(self, texts: Sequence[str]) -> list[tuple[str, bool]]:
        """Return the conversation as pairs of a text and true if it is the template's own."""
        found = []
        for own, text, left, right in zip(self.before, texts, self.left, self.right, strict=True):
            text = text.lstrip() if left else text
            found += [(own, True), (text.rstrip() if right else text, False)]
        return [(text, own) for text, own in [*found, (self.after, True)] if text]


def opening(tokenizer: PreTrainedTokenizerBase, roles: tuple[str, ...], arguments: Arguments = ()) -> Layout:
    """Return the layout of turns that an assistant's turn follows, up to where the assistant's text begins.

    Args:
        tokenizer: Tokenizer with a chat template.
        roles: Role of each turn; the last one is a user's.
        arguments: Further variables of the template.

    Raises:
        CheckpointError: The template refuses these turns, changes a text or leaves one out, or exceeds its limits.
    """
    begun = layout(tokenizer, roles, True, arguments)
    if begun.after != layout(tokenizer, roles, arguments=arguments).after:
        return begun
    try:  # the template ignores add_generation_prompt: a finished answer shows how it begins one
        answered = layout(tokenizer, (*roles, "assistant"), arguments=arguments)
    except CheckpointError:
        return begun
    between = answered.before[-1]
    return begun if between.rstrip() == begun.after.rstrip() else begun._replace(after=between)


def layout(
    tokenizer: PreTrainedTokenizerBase, roles: tuple[str, ...], begin: bool = False, arguments: Arguments = ()
) -> Layout:
    """Return the layout of some turns; with ``begin``, the template is asked to begin the assistant's turn.

    Raises:
        CheckpointError: As for ``opening``.
    """
    special = {name: str(token) for name, token in tokenizer.special_tokens_map.items() if isinstance(token, str)}
    return rendered_layout(str(tokenizer.get_chat_template()), tuple(special.items()), roles, begin, arguments)


@lru_cache(maxsize=256)
def rendered_layout(
    template: str, special: Arguments, roles: tuple[str, ...], begin: bool, arguments: Arguments
) -> Layout:
    """Render the template of ``layout`` and split it at the turns' texts; cached."""
    bare = [f"\u2403{i}\u2403" for i in range(len(roles))]
    spaced = [f"\n {place} \n" for place in bare]
    in_parts = [[{"type": "text", "text": place}] for place in bare]
    ends = [*[""] * (len(bare) - 1), LONG]
    varied = [f"{place}{VARIED}{end}{place}" for place, end in zip(bare, ends, strict=True)]
    forms = (bare, spaced, in_parts, varied, [[{"type": "text", "text": text}] for text in varied])
    plain, with_blanks, with_parts, long, long_parts = render(
        template, [messages(roles, texts, begin, special + arguments) for texts in forms]
    )
    whole, found = (long, split(plain, bare)) if split(plain, bare) else (long_parts, split(with_parts, bare))
    if found is None:
        raise CheckpointError(f"the chat template {refusal(plain, bare, roles)}")
    changed = [role for role, text in zip(roles, varied, strict=True) if text not in whole.get("text", "")]
    if changed:
        turns = ", ".join(roles)
        raise CheckpointError(f"the chat template changes the text of a turn of the {changed[0]} (turns of {turns})")
    blanks = split(with_blanks, bare)
    kept = blanks or found
    left = tuple(blanks is not None and not own.endswith("\n ") for own in kept[:-1])
    right = tuple(blanks is not None and not own.startswith(" \n") for own in kept[1:])
    return Layout(tuple(found[:-1]), found[-1], left, right)


def messages(roles: Sequence[str], contents: Sequence[Any], begin: bool, arguments: Arguments) -> dict[str, Any]:
    """Return the variables of a rendering."""
    turns = [{"role": role, "content": content} for role, content in zip(roles, contents, strict=True)]
    return {"messages": turns, "tools": None, "documents": None, "add_generation_prompt": begin} | dict(arguments)


def split(rendered: dict[str, str], places: Sequence[str]) -> list[str] | None:
    """Return the texts before, between and after the placeholders; None unless each appears once, in order."""
    rest, own = rendered.get("text", ""), []
    for place in places:
        before, found, rest = rest.partition(place)
        if not found or place in rest:
            return None
        own.append(before)
    return [*own, rest]


def refusal(rendered: dict[str, str], places: Sequence[str], roles: Sequence[str]) -> str:
    """Say why a rendering cannot be used."""
    turns = ", ".join(roles)
    if "error" in rendered:
        return f"refuses turns of {turns}: {rendered['error']}"
    text = rendered["text"]
    absent = [role for role, place in zip(roles, places, strict=True) if place not in text]
    if absent:
        return f"leaves out the text of a turn of the {absent[0]} (turns of {turns})"
    return f"repeats or reorders the texts of turns of {turns}"


def render(template: str, variables: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Render a chat template once per entry: the text under "text", or the reason under "error".

    A template that has exceeded its limits is not rendered again.
    """
    if template in _beyond_limits:
        return [{"error": BEYOND}] * len(variables)
    task = {"template": template, "variables": list(variables)}
    command = [sys.executable, "-I", str(Path(__file__).with_name("template_process.py"))]
    try:
        done = subprocess.run(command, input=json.dumps(task), capture_output=True, text=True, timeout=TIMEOUT)
        found = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        return [{"error": BEYOND}] * len(variables)
    if found is None:
        _beyond_limits.add(template)
        return [{"error": BEYOND}] * len(variables)
    return list(found)
