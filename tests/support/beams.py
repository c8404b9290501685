"""A beam of sampled texts on a local model, for counts of computed tokens.

Prints, for tiny random models of some types, the tokens computed per distinct token, and the same where every call
computes its prompts again::

    python -m tests.support.beams lfm2 qwen3_next jamba llama
"""

import sys
import tempfile
import warnings
from pathlib import Path

from transformers import logging as transformers_logging

from hintree.models import Completion, GenerationRequest, Prompt, load_model
from hintree.models.base import Span
from hintree.models.local.model import LocalModel
from hintree.models.local.row_support import RowMode
from hintree.models.local.text import encode, fingerprint
from tests.support.architectures import save_random, working_format

QUESTION = "A baker sold 48 rolls in the morning, and half as many in the afternoon."
PROMPTS = [Prompt(QUESTION, "Let us think."), Prompt(QUESTION + " How many in all?", "Let us think.")]


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


def main() -> None:
    """Print one line for each type named on the command line."""
    warnings.filterwarnings("ignore")
    transformers_logging.set_verbosity_error()
    for kind in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            save_random(kind, Path(folder))
            local = load_model(folder, dtype=working_format(Path(folder)))
        served, ratio = local.row_mode.value, computed_per_distinct_token(local, PROMPTS)
        local.row_mode = RowMode.CACHED
        again = "" if local.adapter else f"{computed_per_distinct_token(local, PROMPTS):.2f}"
        print(f"{kind:16} {'prefix trie' if local.adapter else served:12} {ratio:.2f} {again}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
