"""Five ways to write the same trees of fixed lengths with one transformers model."""

import random
import time
from collections.abc import Callable, Sequence
from itertools import count

import torch
from transformers import DynamicCache, GenerationConfig

from hintree.experiments.bench.clock import Meter, Timing
from hintree.experiments.bench.shapes import Shape, Subject, as_ids, as_text, prompts
from hintree.models import Completion, GenerationRequest, Prompt
from hintree.models.local.adapter import cache_argument
from hintree.models.local.model import LocalModel

Paths = Sequence[Sequence[int]]
Write = Callable[[Paths, Sequence[int], int], list[list[int]]]
"""From parents (token ids of whole paths, those of one problem together), the place of each among the texts written
last, and the number of children of each, to the new tokens of all children, in order. A child that an arm leaves out is
empty."""


def grow(shape: Shape, words: int, write: Write) -> int:
    """Grow the trees level by level; the children that are continued are drawn at random. Tokens written."""
    rng = random.Random(0)
    parents, origins, written = prompts(shape, words), list(range(shape.problems)), 0
    for _ in range(shape.depth):
        each = shape.children * shape.problems // len(parents)
        steps = write(parents, origins, each)
        written += sum(map(len, steps))
        paths = [parents[i // each] + (step or [0] * shape.step) for i, step in enumerate(steps)]
        kept = [sorted(rng.sample(range(shape.children), shape.kept)) for _ in range(shape.problems)]
        origins = [problem * shape.children + child for problem, some in enumerate(kept) for child in some]
        parents = [paths[i] for i in origins]
    return written


def timed(
    subject: Subject,
    shape: Shape,
    write: Write,
    meter: Meter | None = None,
    clock: Callable[[], float] = time.process_time,
) -> Timing:
    """One run of one arm."""
    meter = meter or Meter(subject.model.base_model, subject.head)
    with meter, torch.inference_mode():
        started = clock()
        written = grow(shape, subject.words, write)
        seconds = clock() - started
    return Timing(seconds, written, meter.forwarded, meter.seconds)


def stock(subject: Subject, shape: Shape, rows: int, of: int = 1) -> Write:
    """``generate`` of transformers, ``rows`` texts in a call.

    Siblings are ``num_return_sequences`` of their parent; calls over several parents get one prompt per child. Each
    call of a level forwards and writes as much as any other, so it is fair to make only one ``of`` so many and to count
    the tokens of that one.
    """
    plan = GenerationConfig(
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        max_new_tokens=shape.step,
        pad_token_id=0,
        eos_token_id=None,
    )

    def write(parents: Paths, origins: Sequence[int], children: int) -> list[list[int]]:
        texts = [parent for parent in parents for _ in range(children)]
        steps: list[list[int]] = []
        for call, at in enumerate(range(0, len(texts), rows)):
            batch = texts[at : at + rows]
            if call % of:
                steps += [[] for _ in batch]
                continue
            siblings = all(text is batch[0] for text in batch)
            ids = torch.tensor(batch[:1] if siblings else batch, device=subject.model.device)
            plan.num_return_sequences = len(batch) if siblings else 1
            done = subject.model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=plan)  # type: ignore[operator]
            steps += done[:, ids.shape[1] :].tolist()
        return steps

    return write


def with_dynamic_cache(subject: Subject, shape: Shape) -> Write:
    """A loop by hand: read the prompts, fork by repeating cache rows, decode, keep the rows that are continued."""
    cache = DynamicCache(config=subject.model.config)
    begun = count()

    def forward(ids: torch.Tensor) -> torch.Tensor:
        argument = cache_argument(subject.model, cache)
        logits: torch.Tensor = subject.model(input_ids=ids, logits_to_keep=1, **argument).logits[:, -1]
        return logits

    def write(parents: Paths, origins: Sequence[int], children: int) -> list[list[int]]:
        if next(begun):
            cache.batch_select_indices(torch.tensor(origins, device=subject.model.device))
            parents = [parent[-1:] for parent in parents]
        logits = forward(torch.tensor(parents, device=subject.model.device)).repeat_interleave(children, 0)
        cache.batch_repeat_interleave(children)
        tokens = [torch.multinomial(logits.softmax(-1), 1)]
        while len(tokens) < shape.step:
            tokens.append(torch.multinomial(forward(tokens[-1]).softmax(-1), 1))
        found: list[list[int]] = torch.cat(tokens, 1).tolist()
        return found

    return write


def ours(subject: Subject, shape: Shape) -> Write:
    """``LocalModel``, asked as a search asks it: whole paths as texts, a seed for each."""
    model = LocalModel(subject.name, subject.model, subject.tokenizer)
    seeds = count()

    def write(parents: Paths, origins: Sequence[int], children: int) -> list[list[int]]:
        texts = [Prompt(as_text(path[: shape.prompt]), as_text(path[shape.prompt :])) for path in parents]
        asked = [
            GenerationRequest(text, next(seeds), 1.0, max_tokens=shape.step) for text in texts for _ in range(children)
        ]
        return [as_ids(done.text) if isinstance(done, Completion) else [] for done in model.generate(asked)]

    return write
