"""Speed of number formats against float32 on one model, in turns: generated tokens per CPU second.

::

    HINTREE_THREADS=1 python -m tests.support.format_speed MODEL --formats bfloat16 int8 --texts 8

Prompts of about 190 tokens. Prints one line per format and turn, then the ratios.
"""

import argparse
import time
from dataclasses import replace

from hintree.experiments.bench.clock import ratios
from hintree.experiments.bench.engines.workload import PROBLEMS, Workload, read_questions, requests
from hintree.models import load_model


def cost(model, questions, siblings, tokens):
    """CPU seconds and generated tokens of texts of so many tokens, siblings for each question, with an empty cache."""
    model.forget()
    asked = [
        replace(one, max_tokens=tokens, min_tokens=tokens)
        for one in requests(model, questions, Workload(len(questions), siblings, tokens))
    ]
    start = time.process_time()
    done = model.generate(asked)
    return time.process_time() - start, sum(one.usage.generated_tokens for one in done)


def speeds(model, questions, siblings, most):
    """Tokens per CPU second of the whole call, and of decoding alone: without that of one token, which is prefill."""
    first, one = cost(model, questions, siblings, 1)
    seconds, tokens = cost(model, questions, siblings, most)
    return tokens / seconds, (tokens - one) / (seconds - first)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--formats", nargs="+", default=["bfloat16", "int8"])
    parser.add_argument("--texts", type=int, default=8, help="at most 8 questions, or a multiple of 8: siblings")
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    formats = ["float32", *args.formats]
    models = {kind: load_model(args.model, device="cpu", dtype=kind) for kind in formats}
    questions, siblings = read_questions(PROBLEMS, min(args.texts, 8)), max(1, args.texts // 8)
    found = {kind: [] for kind in formats}
    for turn in range(args.runs):
        for kind, model in models.items():
            found[kind].append(speeds(model, questions, siblings, args.tokens))
            print(f"turn {turn}, {kind}: {found[kind][-1][0]:.1f}, decoding {found[kind][-1][1]:.1f}", flush=True)
    for part, name in enumerate(("whole call", "decoding")):
        for kind in args.formats:
            both = [[turn[part] for turn in found[one]] for one in (kind, "float32")]
            print(f"{kind} / float32, {name}: {ratios(*both).show()}")


if __name__ == "__main__":
    main()
