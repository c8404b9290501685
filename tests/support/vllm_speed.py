"""Cost of hintree beside vLLM's own offline batch: ``python -m tests.support.vllm_speed FOLDER [ROUNDS]``.

Both generate four texts for each of eight prompts on one engine in this process, in turns, each from an empty prefix
cache. Printed: generated tokens per second of CPU time of all threads, and computed against distinct prompt tokens.
"""

import sys
import time
from statistics import median

from hintree.lab import problems
from hintree.models import GenerationRequest, Prompt, open_model
from hintree.models.local.text import encode

PROMPTS, SIBLINGS, TOKENS = 8, 4, 24


def requests() -> list[GenerationRequest]:
    questions = [problem.question for problem in problems("test", (5, 6, 7), n=PROMPTS, seed=3)]
    return [
        GenerationRequest(Prompt(question), seed, temperature=0.8, max_tokens=TOKENS)
        for question in questions
        for seed in range(SIBLINGS)
    ]


def own(model):
    """Generate by hintree; return the generated tokens, and the computed tokens of prompts."""
    done = [completion.usage for completion in model.generate(requests())]
    return sum(u.generated_tokens for u in done), sum(u.forwarded_tokens - u.generated_tokens + 1 for u in done)


def offline(model):
    """Generate by ``LLM.generate`` alone, with the log-probability of each token."""
    from vllm import SamplingParams

    prompts = [{"prompt_token_ids": encode(model.tokenizer, request.prompt)} for request in requests()]
    params = [
        SamplingParams(temperature=0.8, max_tokens=TOKENS, seed=request.seed, logprobs=0, detokenize=False)
        for request in requests()
    ]
    done = model.llm.generate(prompts, params, use_tqdm=False)
    computed = sum(len(d.prompt_token_ids) - d.num_cached_tokens for d in done)
    return sum(len(d.outputs[0].token_ids) for d in done), computed


def main(folder: str, rounds: str = "3") -> None:
    model = open_model(f"vllm:{folder}?max_model_len=1024&kv_cache_memory_bytes=500000000")
    own(model)
    speeds = {own: [], offline: []}
    computed = {}
    for _ in range(int(rounds)):
        for arm in speeds:
            model.forget()
            begun = time.process_time()
            generated, computed[arm] = arm(model)
            speeds[arm].append(generated / (time.process_time() - begun))
    distinct = sum(len(encode(model.tokenizer, prompt)) for prompt in {request.prompt for request in requests()})
    ratios = [a / b for a, b in zip(*speeds.values(), strict=True)]
    for arm, values in speeds.items():
        speed, share = median(values), computed[arm] / distinct
        print(f"{arm.__name__}: {speed:.1f} tokens per CPU second, computed/distinct prompt tokens {share:.2f}")
    print(f"own / offline: {median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f}, {rounds} rounds)")


if __name__ == "__main__":
    main(*sys.argv[1:])
