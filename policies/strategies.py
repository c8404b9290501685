"""The teacher picks strategies from a lettered pool, as in SSR (arXiv 2505.15340)."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from hintree.models import Completion, GenerationRequest, LanguageModel, Prompt
from hintree.search import Response, StepOutput, StepRequest, StrategyRequest, Usage
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
"""Twelve strategies by letter, in our own words: of the published pool we took the structure, A to L and M."""
UNKNOWN = "M"
"""The letter for none of them: its track is written without a strategy."""
QUESTION = (
    "Here is a problem and a list of strategies.\n\nProblem:\n{question}\n\nStrategies:\n{pool}\n\nWhich {tracks} of "
    "them are the most likely to lead to the right answer? Do not solve the problem. Answer with {tracks} letters, "
    "separated by commas."
)
LETTERS = re.compile(rf"(?:\W*(?:and\b\W*)?[A-{UNKNOWN}]\b(?!['\u2019]| +(?!and\b)[a-z]))*")
"""The letters that a reply begins with; the "I" or "A" of a sentence is none."""
LONGEST_REPLY = 200
"""Characters; what follows is not looked at."""

Writer = Callable[[Sequence[StepRequest]], Sequence[Response[StepOutput] | Exception]]
"""Answers ``Step`` questions."""


def picking(
    model: LanguageModel, write: Writer
) -> Callable[[Sequence[StepRequest | StrategyRequest]], list[Response[Any] | Exception]]:
    """A teacher that answers ``Pick`` questions too; its steps are those of ``write``."""

    def answer(asks: Sequence[StepRequest | StrategyRequest]) -> list[Response[Any] | Exception]:
        steps = [ask for ask in asks if isinstance(ask, StepRequest)]
        written = iter(write(steps) if steps else ())
        picked = iter(pick(model, [ask for ask in asks if isinstance(ask, StrategyRequest)]))
        return [next(written) if isinstance(ask, StepRequest) else next(picked) for ask in asks]

    return answer


def pick(model: LanguageModel, asks: Sequence[StrategyRequest]) -> list[Response[tuple[Hint | None, ...]] | Exception]:
    """One short greedy call per question; a model without a chat template is not asked, and picks nothing."""
    if not asks or not model.chat:
        return [Response((None,) * ask.tracks, Usage()) for ask in asks]
    replies = model.generate([request(ask) for ask in asks])
    return [
        Response(strategies(reply.text, ask.tracks), reply.usage) if isinstance(reply, Completion) else reply
        for ask, reply in zip(asks, replies, strict=True)
    ]


def request(ask: StrategyRequest) -> GenerationRequest:
    """What the teacher is asked."""
    lines = "\n".join(f"{letter}. {line}" for letter, line in [*POOL.items(), (UNKNOWN, "Unknown, or none of these.")])
    question = ask.tree.problem.question
    text = QUESTION.format(question=question, pool=lines, tracks=ask.tracks)
    return GenerationRequest(Prompt(text, "Letters:"), max_tokens=4 * ask.tracks, group=question)


def strategies(reply: str, tracks: int) -> tuple[Hint | None, ...]:
    """The strategies of a reply, one per track: those of the letters it begins with, each once; None is unknown.

    A letter that is missing, repeated or not in the pool counts as M, unknown.
    """
    begin = LETTERS.match(reply[:LONGEST_REPLY])
    letters = list(dict.fromkeys(re.findall(f"[A-{UNKNOWN}]", begin[0] if begin else "")))[:tracks]
    known = [Hint(POOL[letter], HintKind.STRATEGY) if letter in POOL else None for letter in letters]
    return (*known, *[None] * (tracks - len(known)))
