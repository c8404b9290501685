"""A beam of sampled texts on a local model, for counts of computed tokens."""

from hintree.models import Completion, GenerationRequest, Prompt
from hintree.models.base import Span
from hintree.models.local.model import LocalModel
from hintree.models.local.text import encode, fingerprint


def computed_per_distinct_token(
    local: LocalModel, prompts: list[Prompt], *, width: int = 4, samples: int = 4, levels: int = 3, tokens: int = 20
) -> float:
    """Return the tokens that a beam computes on each prompt's tree, divided by the distinct tokens of its texts.

    Each level writes ``width`` x ``samples`` steps of at most ``tokens`` tokens and goes on with the last ``width``.
    The last token of a step is not among its distinct ones: it is computed with the next step.
    """
    distinct: set[tuple[int, ...]] = set()
    computed = 0
    beams = [[prompt] for prompt in prompts]
    for level in range(levels):
        requests = [
            GenerationRequest(prompt, 1000 * level + k, temperature=1.0, max_tokens=tokens, group=prompts[i].user)
            for i, texts in enumerate(beams)
            for k, prompt in enumerate(texts * (width * samples // len(texts)))
        ]
        for request, text in zip(requests, local.generate(requests), strict=True):
            assert isinstance(text, Completion)
            computed += text.usage.forwarded_tokens
            ids = (*encode(local.tokenizer, request.prompt), *text.token_ids[:-1])
            distinct.update(ids[:end] for end in range(1, len(ids) + 1))
            step = Span(text.text, text.token_ids, fingerprint(local.tokenizer))
            next(texts for texts in beams if request.prompt in texts).append(request.prompt.extended(step))
        beams = [texts[-width:] for texts in beams]
    return computed / len(distinct)
