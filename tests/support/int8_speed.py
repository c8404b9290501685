"""Speed of ``--dtype int8`` against float32 on one model, in turns: generated tokens per CPU second.

::

    HINTREE_THREADS=1 python -m tests.support.int8_speed FOLDER

Eight texts after prompts of about 190 tokens. Prints one line per format and turn, then the ratios.
"""

import argparse
import time
from dataclasses import replace

from hintree.experiments.bench.clock import ratios
from hintree.experiments.bench.engines.workload import PROBLEMS, Workload, read_questions, requests
from hintree.models import load_model

TEXTS = 8


def cost(model, questions, tokens):
    """CPU seconds and generated tokens of eight texts of so many tokens, with an empty cache."""
    model.forget()
    asked = [
        replace(one, max_tokens=tokens, min_tokens=tokens)
        for one in requests(model, questions, Workload(TEXTS, 1, tokens))
    ]
    start = time.process_time()
    done = model.generate(asked)
    return time.process_time() - start, sum(one.usage.generated_tokens for one in done)


def speeds(model, questions, most):
    """Tokens per CPU second of the whole call, and of decoding alone: without that of one token, which is prefill."""
    first, one = cost(model, questions, 1)
    seconds, tokens = cost(model, questions, most)
    return tokens / seconds, (tokens - one) / (seconds - first)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    models = {kind: load_model(args.model, device="cpu", dtype=kind) for kind in ("float32", "int8")}
    questions = read_questions(PROBLEMS, TEXTS)
    found = {kind: [] for kind in models}
    for turn in range(args.runs):
        for kind, model in models.items():
            found[kind].append(speeds(model, questions, args.tokens))
            print(f"turn {turn}, {kind}: {found[kind][-1][0]:.1f}, decoding {found[kind][-1][1]:.1f}", flush=True)
    for part, name in enumerate(("whole call", "decoding")):
        both = [[turn[part] for turn in found[kind]] for kind in ("int8", "float32")]
        print(f"int8 / float32, {name}: {ratios(*both).show()}")


if __name__ == "__main__":
    main()
