"""Measure the local runtime on lab problems: ``make bench``.

Speed is counted in generated tokens per second of this process's CPU time, on one thread: wall time says little on a
shared machine. Forwarded per generated token is exact, and falls as prefixes are shared.
"""

import statistics
import time
from collections.abc import Sequence

import torch
from tqdm import tqdm

from hintree.experiments.lab.generate import problems
from hintree.models import LanguageModel, load_classifier, load_model
from hintree.policies import Sampling, StepWriter
from hintree.scorers import PRM
from hintree.search import Answerer, Beam, Problem, Run, Tree, drive

RUNS = 3
LIVE = (1, 8, 64)


def measure(reasoner: LanguageModel, scorer: PRM, asked: Sequence[Problem], live: int) -> tuple[float, list[Run]]:
    """CPU seconds of one beam search over all problems, and its runs."""
    answerers = {
        "reasoner": Answerer(StepWriter(reasoner, Sampling(0.8)), reasoner.parameters),
        "scorer": Answerer(scorer, scorer.model.parameters),
    }
    clock = time.process_time()
    runs = list(drive(((t, Beam().grow(t)) for t in [Tree(p) for p in asked]), answerers, live=live))
    return time.process_time() - clock, runs


def main() -> None:
    """Print a Markdown table: live problems, tokens per CPU second, forwarded per generated token."""
    torch.set_num_threads(1)
    reasoner, scorer = load_model("embedded:student"), PRM(load_classifier("embedded:prm"))
    asked = [Problem(p.question, p.id) for p in problems("validation", (6,), n=8)]
    asked_64 = [Problem(p.question, p.id) for p in problems("validation", (6,), n=64)]
    speeds: dict[int, list[float]] = {live: [] for live in LIVE}
    forwarded: dict[int, float] = {}
    for _ in tqdm(range(RUNS), desc="bench", unit="run"):
        for live in LIVE:
            seconds, runs = measure(reasoner, scorer, asked_64 if live == 64 else asked, live)
            written = sum(run.ledger["reasoner"].generated_tokens for run in runs)
            speeds[live].append(written / seconds)
            forwarded[live] = sum(run.ledger["reasoner"].forwarded_tokens for run in runs) / written
    print(f"beam 4/4 with the PRM, 6-step lab problems, one thread, median of {RUNS} runs (min-max)\n")
    print("| live problems | generated tokens / CPU s | forwarded / generated |\n|---|---|---|")
    for live in LIVE:
        middle, low, high = statistics.median(speeds[live]), min(speeds[live]), max(speeds[live])
        print(f"| {live} | {middle:.0f} ({low:.0f}-{high:.0f}) | {forwarded[live]:.2f} |")


if __name__ == "__main__":
    main()
