"""Arms: five ways to generate the same trees of fixed lengths with one transformers model."""

import random
import time
from collections.abc import Callable, Sequence
from itertools import count

import torch
from transformers import DynamicCache, GenerationConfig

from hintree.experiments.bench.clock import Meter, Timing
from hintree.experiments.bench.shapes import BenchModel, Shape, as_ids, as_text, prompts
from hintree.models import Completion, GenerationRequest, Prompt
from hintree.models.local.adapter import cache_argument
from hintree.models.local.model import LocalModel

Paths = Sequence[Sequence[int]]
GenerateLevel = Callable[[Paths, Sequence[int], int], list[list[int]]]
"""Function that generates one level of the trees: (parents, origins, children) -> new tokens of each child, in order.

parents: Token ids of whole paths, grouped by problem. origins: Index of each parent among the texts generated last.
children: Children per parent. The tokens of a child that an arm skips are empty."""


def grow(shape: Shape, words: int, generate: GenerateLevel) -> int:
    """Grow the trees level by level with randomly chosen parents; return the number of generated tokens."""
    rng = random.Random(0)
    parents, origins, generated = prompts(shape, words), list(range(shape.problems)), 0
    for _ in range(shape.depth):
        children = shape.children * shape.problems // len(parents)
        steps = generate(parents, origins, children)
        generated += sum(map(len, steps))
        paths = [parents[i // children] + (step or [0] * shape.step) for i, step in enumerate(steps)]
        kept = [sorted(rng.sample(range(shape.children), shape.kept)) for _ in range(shape.problems)]
        origins = [problem * shape.children + child for problem, some in enumerate(kept) for child in some]
        parents = [paths[i] for i in origins]
    return generated


def timed(
    bench: BenchModel,
    shape: Shape,
    generate: GenerateLevel,
    meter: Meter | None = None,
    clock: Callable[[], float] = time.process_time,
) -> Timing:
    """Time one run of one arm by a clock, by default the CPU time of the process in seconds."""
    meter = meter or Meter(bench.model.base_model, bench.head)
    with meter, torch.inference_mode():
        started = clock()
        generated = grow(shape, bench.words, generate)
        seconds = clock() - started
    return Timing(seconds, generated, meter.forwarded, meter.seconds)


def with_generate(bench: BenchModel, shape: Shape, rows: int, of: int = 1) -> GenerateLevel:
    """Return an arm that calls ``generate`` of transformers with ``rows`` sequences a call.

    Siblings are ``num_return_sequences`` of their parent; a call over several parents gets one prompt per child. All
    calls of a level cost the same, so the arm makes only every ``of``-th call and counts only the tokens of those.
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

    def generate(parents: Paths, origins: Sequence[int], children: int) -> list[list[int]]:
        texts = [parent for parent in parents for _ in range(children)]
        steps: list[list[int]] = []
        for call, at in enumerate(range(0, len(texts), rows)):
            batch = texts[at : at + rows]
            if call % of:
                steps += [[] for _ in batch]
                continue
            siblings = all(text is batch[0] for text in batch)
            ids = torch.tensor(batch[:1] if siblings else batch, device=bench.model.device)
            plan.num_return_sequences = len(batch) if siblings else 1
            done = bench.model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=plan)  # type: ignore[operator]
            steps += done[:, ids.shape[1] :].tolist()
        return steps

    return generate


def with_dynamic_cache(bench: BenchModel, shape: Shape) -> GenerateLevel:
    """Return an arm that prefills once, forks by repeating DynamicCache rows, decodes, and keeps the parents' rows."""
    cache = DynamicCache(config=bench.model.config)
    calls = count()

    def forward(ids: torch.Tensor) -> torch.Tensor:
        argument = cache_argument(bench.model, cache)
        logits: torch.Tensor = bench.model(input_ids=ids, logits_to_keep=1, **argument).logits[:, -1]
        return logits

    def generate(parents: Paths, origins: Sequence[int], children: int) -> list[list[int]]:
        if next(calls):
            cache.batch_select_indices(torch.tensor(origins, device=bench.model.device))
            parents = [parent[-1:] for parent in parents]
        logits = forward(torch.tensor(parents, device=bench.model.device)).repeat_interleave(children, 0)
        cache.batch_repeat_interleave(children)
        tokens = [torch.multinomial(logits.softmax(-1), 1)]
        while len(tokens) < shape.step:
            tokens.append(torch.multinomial(forward(tokens[-1]).softmax(-1), 1))
        found: list[list[int]] = torch.cat(tokens, 1).tolist()
        return found

    return generate


def with_hintree(bench: BenchModel, shape: Shape) -> GenerateLevel:
    """Return an arm that calls ``LocalModel`` as a search does: whole paths as prompts, one seed per request."""
    model = LocalModel(bench.name, bench.model, bench.tokenizer)
    seeds = count()

    def generate(parents: Paths, origins: Sequence[int], children: int) -> list[list[int]]:
        texts = [Prompt(as_text(path[: shape.prompt]), as_text(path[shape.prompt :])) for path in parents]
        requests = [
            GenerationRequest(text, next(seeds), 1.0, max_tokens=shape.step) for text in texts for _ in range(children)
        ]
        return [as_ids(done.text) if isinstance(done, Completion) else [] for done in model.generate(requests)]

    return generate
