"""Strategy selection: the teacher selects strategies from a lettered pool, as in SSR (arXiv 2505.15340)."""

import re
from collections.abc import Mapping, Sequence

from hintree.models import Completion, GenerationRequest, LanguageModel, Prompt
from hintree.policies.dispatch import Handle, by_kind
from hintree.policies.formats import PromptFormat, format_for
from hintree.policies.protocol import Protocol
from hintree.policies.words import Words, fill
from hintree.search import Response, StepRequest, StrategyRequest, Usage
from hintree.search.core.hints import Hint, HintKind

POOL = {
    "A": "Work forward: find what the given facts yield at once, then what follows from that.",
    "B": "Work backward: start at what is asked, and find what must be known for it.",
    "C": "Name the unknowns, turn every fact into an equation, and solve the equations.",
    "D": "Put the quantities into a table, and fill in its cells one after the other.",
    "E": "Solve a smaller or simpler version first, and carry its method over.",
    "F": "Split the problem into cases that cover everything, and settle each of them.",
    "G": "Write down the first few instances, look for a pattern, and check it before you use it.",
    "H": "Look for a quantity, a remainder or a symmetry that stays the same, and use it.",
    "I": "Describe the figure in words or coordinates, and reason about its lengths, areas and angles.",
    "J": "Count or measure one thing in two ways, and compare the two results.",
    "K": "Bound the result from both sides, rule out what does not fit, and test what is left in order.",
    "L": "Suppose the opposite, or an extreme case, and follow it until it breaks or decides the question.",
}
"""Twelve strategies by letter. Only the structure (A to L, and M) is the paper's; the texts are our own."""
UNKNOWN = "M"
"""Letter for "unknown": its track is written without a strategy."""
NONE_OF_THESE = "Unknown, or none of these."
AND = "(?:and|und|y|et)"
LETTERS = re.compile(rf"(?:\W*(?:{AND}\b\W*)?[A-{UNKNOWN}]\b(?!['\u2019]| +(?!{AND}\b)[a-z]))*")
"""Matches the letters at the beginning of a reply; the "I" or "A" that starts a sentence does not count."""
MAX_CHARACTERS = 200
"""Only this many characters at the beginning of a reply are read."""


def with_strategies(model: LanguageModel, write: Handle, protocol: Protocol | None = None) -> Handle:
    """Return a teacher's handler for step requests, which ``write`` handles, and strategy requests."""
    form = format_for(model, protocol)
    return by_kind({StepRequest: write, StrategyRequest: lambda asked: select_strategies(model, asked, form)}, write)


def select_strategies(
    model: LanguageModel, requests: Sequence[StrategyRequest], form: PromptFormat
) -> list[Response[tuple[Hint | None, ...]] | Exception]:
    """Select the strategies of each request with one short greedy generation.

    A model without a chat template is not called and selects none.
    """
    if not requests or not model.chat:
        return [Response((None,) * request.tracks, Usage()) for request in requests]
    completions, words = model.generate([generation(request, form) for request in requests]), form.protocol.words
    return [
        Response(strategies(reply.text, request.tracks, pool_of(words)), reply.usage)
        if isinstance(reply, Completion)
        else reply
        for request, reply in zip(requests, completions, strict=True)
    ]


def generation(request: StrategyRequest, form: PromptFormat) -> GenerationRequest:
    """Return the generation request that shows the teacher the problem and the pool."""
    words, question = form.protocol.words, request.tree.problem.question
    unknown = words.strategies[-1] if words.strategies else NONE_OF_THESE
    lines = "\n".join(f"{letter}. {line}" for letter, line in [*pool_of(words).items(), (UNKNOWN, unknown)])
    text = fill(words.select, question=question, pool=lines, tracks=str(request.tracks))
    prompt = Prompt(text, words.select_begin, template=form.plain_answer())
    return GenerationRequest(prompt, max_tokens=4 * request.tracks, group=question)


def pool_of(words: Words) -> dict[str, str]:
    """Return the strategies of a protocol by letter, without the line for "unknown"."""
    return dict(zip(POOL, words.strategies, strict=False)) or POOL


def strategies(reply: str, tracks: int, pool: Mapping[str, str] = POOL) -> tuple[Hint | None, ...]:
    """Parse the strategies of a reply, one per track; None stands for "unknown".

    Only the letters at the beginning of the reply count, each once. A letter that is missing, repeated or not in the
    pool counts as M, unknown.
    """
    begin = LETTERS.match(reply[:MAX_CHARACTERS])
    letters = list(dict.fromkeys(re.findall(f"[A-{UNKNOWN}]", begin[0] if begin else "")))[:tracks]
    known = [Hint(pool[letter], HintKind.STRATEGY) if letter in pool else None for letter in letters]
    return (*known, *[None] * (tracks - len(known)))
