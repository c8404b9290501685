"""Greedy steps on real weights against plain transformers: token ids of ``generate``, prompts at borders, accuracy.

::

    python -m tests.support.real_borders MODEL PROBLEMS.jsonl --n 60 --protocol boxed --generate

Prints one JSON object. Two comparisons with the model as transformers loads it, on PyTorch's own kernels:

- One forward pass over each whole solution: a token that the model's own logits rank first after everything before it
  is the token that greedy decoding writes there.
- With ``--generate``, the greedy ``generate`` of transformers from the same prompt, in batches of eight; its text is
  graded by the same reader of answers.
"""

import argparse
import json
from pathlib import Path

import torch

from hintree import Problem, Solver
from hintree.data import read_row
from hintree.grade import equal, find_answer
from hintree.models import load_model
from hintree.models.local.text import encode
from hintree.policies import find_protocol, format_for

NEW_TOKENS = 400
"""Maximum number of tokens that ``generate`` writes."""


def written_tokens(path):
    """Token ids of a solution up to its first step without them (a step cut at a loop), and whether that is all."""
    tokens = []
    for node in path:
        if not node.step.token_ids:
            return tokens, False
        tokens += node.step.token_ids
    return tokens, True


def compare(model, plain, problem, path, protocol):
    """Figures of one solution: tokens, first difference and its margin in logits, and differences at the borders."""
    form = format_for(model, protocol)
    first = encode(model.tokenizer, form.step(problem, [], None))
    written, whole = written_tokens(path)
    with torch.inference_mode():
        keep = len(written) + 1
        logits = plain(torch.tensor([first + written]), logits_to_keep=keep).logits[0, :-1].float()
    differs = next(
        (i for i, (a, b) in enumerate(zip(logits.argmax(-1).tolist(), written, strict=True)) if a != b), None
    )
    margin = 0.0 if differs is None else float(logits[differs].max() - logits[differs, written[differs]])
    borders, start, variation = [], 0, 0.0
    for i, node in enumerate(path[:-1]):
        if not node.step.token_ids:
            break
        start += len(node.step.token_ids)
        read = encode(model.tokenizer, form.step(problem, path[: i + 1], None))
        borders.append(read == first + written[:start])
        if start < len(written):
            variation = max(variation, distance(model, read, logits[start]))
    return {
        "prompt": first,
        "written": written,
        "margins": margins(logits),
        "whole": whole,
        "same": differs is None,
        "margin": margin,
        "borders": len(borders),
        "same_prompts": sum(borders),
        "variation": variation,
    }


def margins(logits):
    """Differences between the first and the second logit at each position."""
    top = logits.topk(2).values
    return (top[:, 0] - top[:, 1]).tolist()


def distance(model, prompt, running):
    """Total variation between hintree's next-token distribution after a prompt and that of the running text."""
    with torch.inference_mode():
        [(row, _)] = model._next_logits([prompt], ["border"])
    return float((torch.softmax(row.float(), -1) - torch.softmax(running, -1)).abs().sum() / 2)


def generated(model, plain, prompts):
    """Greedy continuations by ``generate`` of transformers, without the end of turn and what follows it."""
    ends, pad = plain.generation_config.eos_token_id, model.tokenizer.pad_token_id or 0
    ends = set(ends if isinstance(ends, list) else [ends]) | model._end_ids
    found = []
    for start in range(0, len(prompts), 8):
        part = prompts[start : start + 8]
        width = max(map(len, part))
        ids = torch.tensor([[pad] * (width - len(p)) + p for p in part])
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in part])
        with torch.inference_mode():
            out = plain.generate(
                ids,
                attention_mask=mask,
                do_sample=False,
                repetition_penalty=1.0,
                max_new_tokens=NEW_TOKENS,
                pad_token_id=pad,
                eos_token_id=sorted(ends),
            )
        for row in out[:, width:].tolist():
            end = next((i for i, token in enumerate(row) if token in ends), len(row))
            found.append(row[:end])
    return found


def against_generate(model, plain, rows, found, protocol):
    """Figures beside ``generate``: problems with the same token ids, the first differences, its right answers."""
    texts = generated(model, plain, [row["prompt"] for row in found])
    same, differences, right = 0, [], 0
    for row, one, ids in zip(rows, found, texts, strict=True):
        written = [token for token in one["written"][:NEW_TOKENS] if token not in model._end_ids]
        at = next((i for i, (a, b) in enumerate(zip(written, ids, strict=False)) if a != b), None)
        if at is None and len(written) <= len(ids):
            same += 1
        else:
            at = len(ids) if at is None else at
            differences.append({"token": at, "margin of the first two logits": one["margins"][at]})
        answer = find_answer(model.tokenizer.decode(ids, skip_special_tokens=True), forms=protocol.forms())
        right += answer is not None and equal(read_row(row).reference, answer)
    return {"same token ids as generate": same, "differences": differences, "right by generate": right}


def run(name, file, n, protocol_name, budget=None, generate=False):
    """Solve ``n`` problems greedily and compare each; returns the figures of all."""
    model = load_model(name, device="cpu", dtype="float32")
    plain = load_model(name, device="cpu", dtype="float32", pack=False).model
    protocol = find_protocol(protocol_name)
    solver = Solver("greedy", reasoner=model, protocol=protocol, budget=budget)
    rows = [json.loads(line) for line in Path(file).read_text(encoding="utf-8").splitlines()[:n]]
    problems = [Problem(row["question"]) for row in rows]
    solutions = list(solver.solve_many(problems))
    found = [compare(model, plain, p, s.steps, protocol) for p, s in zip(problems, solutions, strict=True)]
    pairs = list(zip(rows, solutions, strict=True))
    figures = {
        "model": Path(name).name,
        "protocol": protocol.name,
        "problems": n,
        "right": sum(s.answer is not None and equal(read_row(row).reference, s.answer) for row, s in pairs),
        "without answer": sum(s.answer is None for s in solutions),
        "generated tokens": sum(s.ledger["reasoner"].generated_tokens for s in solutions),
        "cut at a loop": sum(not row["whole"] for row in found),
        "same as a forward pass": sum(row["same"] for row in found),
        "largest margin of a difference, logits": max((row["margin"] for row in found), default=0.0),
        "borders": sum(row["borders"] for row in found),
        "prompts equal to the running text": sum(row["same_prompts"] for row in found),
        "largest total variation at a border": max((row["variation"] for row in found), default=0.0),
    }
    return figures | (against_generate(model, plain, rows, found, protocol) if generate else {})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("problems")
    parser.add_argument("--n", type=int, default=60)
    parser.add_argument("--protocol", default="default")
    parser.add_argument("--generate", action="store_true", help="compare with generate too")
    args = parser.parse_args()
    print(json.dumps(run(args.model, args.problems, args.n, args.protocol, generate=args.generate), indent=1))
