"""Greedy steps on real weights against one plain forward pass of transformers: tokens, probabilities, accuracy.

::

    python -m tests.support.real_borders MODEL PROBLEMS.jsonl --n 60 --protocol boxed

Prints one JSON object. A token that the model's own logits rank first after everything before it is the token that
``generate`` writes there, so one forward pass checks a whole solution.
"""

import argparse
import json
from pathlib import Path

import torch

from hintree import Problem, Solver
from hintree.data import read_row
from hintree.grade import equal
from hintree.models import open_model
from hintree.models.local.text import encode
from hintree.policies import find_protocol, format_for


def compare(model, problem, path, protocol):
    """Figures of one solution: tokens, first difference and its margin in logits, and differences at the borders."""
    form = format_for(model, protocol)
    first = encode(model.tokenizer, form.step(problem, [], None))
    written = [token for node in path for token in node.step.token_ids]
    whole = all(node.step.token_ids for node in path)
    with torch.inference_mode():
        logits = model.model(torch.tensor([first + written])).logits[0, len(first) - 1 : -1].float()
    ranked = logits.argmax(-1).tolist()
    differs = next((i for i, (a, b) in enumerate(zip(ranked, written, strict=True)) if a != b), None)
    margin = 0.0 if differs is None else float(logits[differs].max() - logits[differs, written[differs]])
    borders, start = [], 0
    for i, node in enumerate(path[:-1]):
        start += len(node.step.token_ids)
        read = encode(model.tokenizer, form.step(problem, path[: i + 1], None))
        borders.append(read == first + written[:start])
    probabilities = torch.softmax(logits, -1).gather(1, torch.tensor(written)[:, None])[:, 0]
    return {
        "tokens": len(written),
        "whole": whole,
        "same": differs is None,
        "margin": margin,
        "borders": len(borders),
        "same_prompts": sum(borders),
        "probability": float(probabilities.mean()),
    }


def run(name, file, n, protocol_name, budget=None):
    """Solve ``n`` problems greedily and compare each; returns the figures of all."""
    model = open_model(name, device="cpu", dtype="float32")
    protocol = find_protocol(protocol_name)
    solver = Solver("greedy", reasoner=model, protocol=protocol, budget=budget)
    rows = [json.loads(line) for line in Path(file).read_text(encoding="utf-8").splitlines()[:n]]
    problems = [Problem(row["question"]) for row in rows]
    solutions = list(solver.solve_many(problems))
    found = [compare(model, p, s.steps, protocol) for p, s in zip(problems, solutions, strict=True)]
    kept, pairs = [row for row in found if row["whole"]], list(zip(rows, solutions, strict=True))
    return {
        "model": Path(name).name,
        "protocol": protocol.name,
        "problems": n,
        "right": sum(s.answer is not None and equal(read_row(row).reference, s.answer) for row, s in pairs),
        "cut at a loop": n - len(kept),
        "same tokens": sum(row["same"] for row in kept),
        "of": len(kept),
        "largest margin of a difference, logits": max((row["margin"] for row in kept), default=0.0),
        "borders": sum(row["borders"] for row in kept),
        "prompts equal to the running text": sum(row["same_prompts"] for row in kept),
        "tokens": sum(row["tokens"] for row in kept),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("problems")
    parser.add_argument("--n", type=int, default=60)
    parser.add_argument("--protocol", default="default")
    args = parser.parse_args()
    print(json.dumps(run(args.model, args.problems, args.n, args.protocol), indent=1))
