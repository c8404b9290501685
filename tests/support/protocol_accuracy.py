"""Accuracy of greedy solving under several protocols, with its 95 % interval and its tokens.

::

    python -m tests.support.protocol_accuracy MODEL PROBLEMS.jsonl --n 60 --protocols default,boxed

A GGUF file runs on llama.cpp in this process, with ``--dtype float32`` on transformers. One JSON object a line, as each
protocol is done.
"""

import argparse
import json
from pathlib import Path

from hintree import Budget, Problem, Solver
from hintree.data import read_row
from hintree.grade import equal
from hintree.models import open_model
from hintree.statistics.intervals import share

TOKENS = 1000
"""Budget of a problem: a small model that loops would write until its context is full."""


def measure(model, rows, protocol):
    """Solve all problems under one protocol; return the figures."""
    model.forget()
    solver = Solver("greedy", reasoner=model, protocol=protocol, budget=Budget(tokens=TOKENS))
    solutions = list(solver.solve_many([Problem(row["question"]) for row in rows]))
    right = sum(
        s.answer is not None and equal(read_row(row).reference, s.answer)
        for row, s in zip(rows, solutions, strict=True)
    )
    return {
        "model": Path(model.name).name,
        "protocol": protocol,
        "problems": len(rows),
        "right": str(share(right, len(rows))),
        "without answer": sum(s.answer is None for s in solutions),
        "generated tokens": sum(s.ledger["reasoner"].generated_tokens for s in solutions),
        "forwarded tokens": sum(s.ledger["reasoner"].forwarded_tokens for s in solutions),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("problems")
    parser.add_argument("--n", type=int, default=60)
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--protocols", default="default,boxed,search-and-learn,gsm8k-8shot")
    args = parser.parse_args()
    lines = Path(args.problems).read_text(encoding="utf-8").splitlines()[: args.n]
    loaded = open_model(args.model, dtype=args.dtype)
    for name in args.protocols.split(","):
        print(json.dumps(measure(loaded, list(map(json.loads, lines)), name)), flush=True)
