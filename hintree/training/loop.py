"""The training loop: progress bar, a log on disk, and resumption from a checkpoint.

Muon trains the matrices, AdamW the embeddings and norms (docs/lab.md says why). Rows are drawn from (seed, step), so a
resumed run trains on exactly the rows of an uninterrupted one.
"""

import itertools
import json
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor
from tqdm import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from hintree.training.muon import Muon
from hintree.training.shipped.rows import IGNORED, TrainingRow
from hintree.whole_files import full_disk_reported, put_in_place, write_whole

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
POOL = ThreadPoolExecutor(2, initializer=torch.set_num_threads, initargs=(1,))
"""On a CPU the two halves of a batch run in parallel, one core each."""
ATTENTION = "eager" if DEVICE == "cuda" else "sdpa"
"""CUDA's fused kernel gave NaN."""
LOG_EVERY, SAVE_EVERY, SAVE_SECONDS = 100, 500, 120
"""Optimizer steps between two lines of the log; steps, and seconds at most, between two checkpoints."""


class DrawRow(Protocol):
    """A function that draws a training row for an optimizer step."""

    def __call__(self, rng: random.Random, step: int) -> TrainingRow:
        """Draw one training row."""
        ...


@dataclass(frozen=True)
class TrainingSchedule:
    """Steps, batch size, learning rates and seed of a training run.

    Attributes:
        steps: Optimizer steps.
        batch: Rows per step; small batches teach more per token.
        muon: Peak learning rate of the matrices; 0 leaves them to AdamW.
        adam: Peak learning rate of embeddings, norms and heads.
        warmup: Optimizer steps of linear warm-up.
        hold: Fraction of the run, in [0, 1], at the peak rate; from there it decays linearly to zero.
        seed: Seed of rows and initial weights.
    """

    steps: int
    batch: int = 12
    muon: float = 0.02
    adam: float = 1e-3
    warmup: int = 50
    hold: float = 0.55
    seed: int = 1

    def rate(self, step: int) -> float:
        """Return the learning rate of a step as a fraction of the peak, in (0, 1]."""
        left = (self.steps - step) / max(1.0, self.steps * (1 - self.hold))
        return min(1.0, (step + 1) / self.warmup, left)


def optimizers(model: PreTrainedModel, schedule: TrainingSchedule) -> list[torch.optim.Optimizer]:
    """Return Muon for the layers' matrices and AdamW for all other trainable parameters."""
    named = {name: p for name, p in model.named_parameters() if p.requires_grad}
    if not schedule.muon:
        return [torch.optim.AdamW(named.values(), lr=schedule.adam, betas=(0.9, 0.98), weight_decay=0.0)]
    matrices = [p for name, p in named.items() if p.ndim == 2 and ".layers." in name]
    chosen = {id(p) for p in matrices}
    rest = [p for p in named.values() if id(p) not in chosen]
    return [
        Muon(matrices, lr=schedule.muon),
        torch.optim.AdamW(rest, lr=schedule.adam, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def batches(draw: DrawRow, schedule: TrainingSchedule, start: int) -> Iterator[list[TrainingRow]]:
    """Yield batches from step ``start`` on, each drawn from (seed, step) only and sorted by length."""
    for step in range(start, schedule.steps):
        rng = random.Random(f"{schedule.seed}/{step}")
        rows = [draw(rng, step) for _ in range(schedule.batch)]
        yield sorted(rows, key=lambda row: len(row.ids))


def collate(rows: Sequence[TrainingRow], pad: int) -> dict[str, Tensor]:
    """Pad rows to tensors of shape [rows, longest], and return them with their weights, of shape [rows]."""
    longest = max(len(row.ids) for row in rows)
    ids = [row.ids + [pad] * (longest - len(row.ids)) for row in rows]
    labels = [row.labels + [IGNORED] * (longest - len(row.labels)) for row in rows]
    mask = [[1] * len(row.ids) + [0] * (longest - len(row.ids)) for row in rows]
    batch = {"input_ids": ids, "labels": labels, "attention_mask": mask}
    weights = torch.tensor([row.weight for row in rows], device=DEVICE)
    return {name: torch.tensor(values, device=DEVICE) for name, values in batch.items()} | {"weights": weights}


def train(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    draw: DrawRow,
    schedule: TrainingSchedule,
    folder: Path,
    name: str,
) -> float:
    """Train ``model`` in place and return the CPU seconds it took.

    Writes ``folder/NAME.jsonl`` and a checkpoint. An interrupted run resumes from its last checkpoint, at most
    SAVE_EVERY steps or SAVE_SECONDS back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.nn.Module.to(model, DEVICE)
    point, optims = folder / f"{name}.resume.pt", optimizers(model, schedule)
    peaks = [optim.param_groups[0]["lr"] for optim in optims]
    start, spent = restore(point, model, optims)
    trim_log(folder / f"{name}.jsonl", start)
    model.train().set_attn_implementation(ATTENTION)
    clock, total, saved = time.process_time(), 0.0, time.monotonic()
    stream = batches(draw, schedule, start)
    with (folder / f"{name}.jsonl").open("a") as log:
        for step in tqdm(range(start, schedule.steps), initial=start, total=schedule.steps, desc=name, mininterval=10):
            for optim, peak in zip(optims, peaks, strict=True):
                optim.param_groups[0]["lr"] = peak * schedule.rate(step)
            total += one_step(model, next(stream), tokenizer.pad_token_id or 0, optims)
            if (step + 1) % LOG_EVERY == 0:
                seconds = round(spent + time.process_time() - clock, 1)
                loss = round(total / min(LOG_EVERY, step + 1 - start), 4)
                log.write(json.dumps({"step": step + 1, "loss": loss, "cpu_seconds": seconds}) + "\n")
                log.flush()
                total = 0.0
            if (step + 1) % SAVE_EVERY == 0 or time.monotonic() - saved > SAVE_SECONDS:
                save_point(point, model, optims, step + 1, spent + time.process_time() - clock)
                saved = time.monotonic()
    point.unlink(missing_ok=True)
    return spent + time.process_time() - clock


def trim_log(path: Path, start: int) -> None:
    """Remove the log lines of steps that will be repeated."""
    if path.exists():
        lines = [line for line in path.read_text().splitlines() if json.loads(line)["step"] <= start]
        write_whole(path, "".join(f"{line}\n" for line in lines))


def one_step(
    model: PreTrainedModel, rows: list[TrainingRow], pad: int, optims: Sequence[torch.optim.Optimizer]
) -> float:
    """Take one optimizer step and return the loss, a mean over all labels.

    On a CPU the rows run in four parts of similar lengths, with little padding, two after another on each core. Their
    gradients are summed into one update, because a step on drills alone would undo copying. The sums have a fixed
    order, so the result is deterministic.
    """
    count = sum(row.weight * sum(label != IGNORED for label in row.labels) for row in rows)
    weights = [weight for weight in model.parameters() if weight.requires_grad]

    def descend(parts: list[list[TrainingRow]]) -> tuple[float, list[Tensor]]:
        total, sums = 0.0, [torch.zeros_like(weight) for weight in weights]
        for part in parts:
            loss = loss_sum(model, collate(part, pad)) / count
            torch._foreach_add_(sums, list(torch.autograd.grad(loss, weights)))
            total += float(loss.detach())
        return total, sums

    parts = by_length(rows) if DEVICE == "cpu" else [rows]
    results = list(POOL.map(descend, filter(None, (parts[::3], parts[1:3]))))  # the outer and the inner parts
    for weight, *sums in zip(weights, *(gradients for _, gradients in results), strict=True):
        weight.grad = sums[0] if len(sums) == 1 else sums[0] + sums[1]
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optim in optims:
        optim.step()
        optim.zero_grad(set_to_none=True)
    return sum(total for total, _ in results)


def by_length(rows: list[TrainingRow], most: int = 4) -> list[list[TrainingRow]]:
    """Cut rows that are sorted by length into at most ``most`` parts with the least padding."""
    lengths = [len(row.ids) for row in rows]
    best: dict[int, tuple[int, list[int]]] = {0: (0, [])}  # padded tokens, and cuts, of the first rows
    for _ in range(min(most, len(rows))):
        for end in range(len(rows), 0, -1):
            longer = [
                (area + (end - cut) * lengths[end - 1], [*cuts, cut]) for cut, (area, cuts) in best.items() if cut < end
            ]
            best[end] = min(longer + ([best[end]] if end in best else []))
    cuts = [*best[len(rows)][1], len(rows)]
    return [rows[start:end] for start, end in itertools.pairwise(cuts)]


def loss_sum(model: PreTrainedModel, batch: dict[str, Tensor]) -> Tensor:
    """Return the weighted sum of the labels' cross-entropies; a language model's labels are shifted by one."""
    labels, weights = batch.pop("labels"), batch.pop("weights")
    with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=DEVICE == "cuda", cache_enabled=False):
        logits = model(input_ids=batch["input_ids"]).logits  # causal, so what is padded after a row is not seen
    if model.can_generate():
        logits, labels = logits[:, :-1], labels[:, 1:]
    losses = torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="none"
    )
    return (losses.view(labels.shape) * weights[:, None]).sum()


def save_point(
    path: Path, model: PreTrainedModel, optims: Sequence[torch.optim.Optimizer], step: int, seconds: float
) -> None:
    """Write a checkpoint atomically: the trainable weights and the state of their optimizers."""
    trained = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}
    state: dict[str, Any] = {"model": trained, "optims": [o.state_dict() for o in optims]}
    with full_disk_reported(path.parent):
        torch.save({**state, "step": step, "seconds": seconds}, path.with_suffix(".tmp"))
    put_in_place(path.with_suffix(".tmp"), path)


def restore(path: Path, model: PreTrainedModel, optims: Sequence[torch.optim.Optimizer]) -> tuple[int, float]:
    """Load the checkpoint if there is one; return (steps done, CPU seconds spent)."""
    if not path.exists():
        return 0, 0.0
    state = torch.load(path, weights_only=True, map_location=DEVICE)
    model.load_state_dict(state["model"], strict=False)
    for optim, saved in zip(optims, state["optims"], strict=True):
        optim.load_state_dict(saved)
    return int(state["step"]), float(state["seconds"])
