"""Step-level escalation: methods in which a small model writes, and a large one where that seems to be needed.

All of them are configurations of the same parts: what triggers (search/escalation.py), or who is asked before a step is
written (search/algorithms/first_token_probe.py).
"""

import json
from importlib.resources import files

from hintree.policies import Sampling
from hintree.presets.preset import Preset
from hintree.search import MUR, SSR, Beam, GlimpRouter, Rewrite, Smart, Steer

ROUTERS = json.loads(files("hintree.presets").joinpath("router_parameters.json").read_text())
"""What ``hintree lab gates`` has fitted to the shipped student, teacher and PRM."""


def by_score(threshold: float) -> Rewrite:
    """A step below the threshold is written by the teacher, whose step is always taken."""
    return Rewrite(threshold, stages=("teacher",), accept="always", per="step")


BOTH = ("teacher", "scorer")
JUDGED = (
    "a teacher without a chat template is not asked for a digit: the geometric mean of the probabilities that it gives "
    "to the step's tokens is held against 7/9; the judging is booked on the scorer"
)
DRAWN = Sampling(temperature=0.8, greedy_first=False)
DRAWN_NARROW = Sampling(temperature=0.6, top_p=0.95, greedy_first=False)

ESCALATION = {
    "smart": Preset(
        "16 beams; after pruning to 4, kept steps below 0.9 are replaced by the teacher's",
        BOTH,
        Smart(n=16, m=4),
        Rewrite(0.9, stages=("teacher",), accept="always", when="after", final=False, per="step"),
        DRAWN,
        source="SMART, arXiv 2504.09923",
        differs="equal solutions have one vote; an empty or repeated step may be replaced instead of ending its beam; "
        "the last iteration writes a step, not the whole rest; with token confidence a replaced step gets the "
        "teacher's own",
    ),
    "rsd": Preset(
        "one greedy chain; a step that the PRM scores below 0.7 is written by the teacher",
        BOTH,
        Beam(1, 1, depth=100),
        by_score(0.7),
        source="RSD, arXiv 2501.19324",
        differs="an empty or repeated step counts as a low one; no stop after five steps without an end",
    ),
    "trim_threshold": Preset(
        "one chain; a step below a PRM threshold is written by the teacher; the threshold is to be swept",
        BOTH,
        Beam(1, 1, depth=40),
        by_score(0.5),
        source="TRIM-Thr, arXiv 2601.10245",
        differs="the preset is one of its 21 thresholds; the study trim_threshold sweeps them all",
    ),
    "specreason": Preset(
        "one chain; the teacher judges each draft, and writes what it gives less than 7 of 9",
        BOTH,
        Beam(1, 1, depth=40),
        by_score(7 / 9),
        DRAWN_NARROW,
        source="SpecReason, arXiv 2504.07891",
        differs=JUDGED,
        models={"scorer": "judge"},
    ),
    "ssr": Preset(
        "3 specreason chains, each by a strategy that the teacher picks; the majority, else the highest mean score",
        BOTH,
        SSR(tracks=3),
        by_score(7 / 9),
        DRAWN_NARROW,
        source="SSR, arXiv 2505.15340",
        differs="the twelve strategies are in our own words, only the form of the pool is the paper's; the pick is "
        "greedy; no early exit; a model without a chat template, as all shipped ones, picks none and reads none: its "
        f"tracks are sampled chains without a strategy; {JUDGED}",
        models={"scorer": "judge"},
    ),
    "glimprouter": Preset(
        "the entropy of the student's first token says who writes the step, before anyone does",
        ("teacher",),
        GlimpRouter(threshold=ROUTERS["glimprouter"]["threshold"]),
        source="GlimpRouter, arXiv 2601.05110",
        differs="the first token is written again if the student goes on; the teacher takes over the last step, not an "
        "answer after the thoughts; the threshold is set for 25 % of the steps on training problems",
    ),
    "steer": Preset(
        "the student's confidence before a step, read against two groups of confidences, says who writes it",
        ("teacher",),
        Steer(mixture=tuple(ROUTERS["steer"]["mixture"])),
        source="STEER, arXiv 2511.06190",
        differs="the form of the confidence could not be verified: here the highest probability of the first token; "
        "the two groups are fitted beforehand on training problems without labels",
    ),
    "mur": Preset(
        "one chain without a teacher; a step less certain than those before is sampled 4 times, the PRM chooses",
        ("scorer",),
        MUR(),
        sampling=DRAWN_NARROW,
        source="MUR, arXiv 2507.14958",
        differs="the critic is the PRM; a text that equals the draft is the draft",
    ),
    "arbitrage": Preset(
        "one chain; the teacher writes where a trained router expects its step to score higher than the draft",
        BOTH,
        Beam(1, 1, depth=40),
        Rewrite(
            0.5,
            trigger="advantage",
            stages=("teacher",),
            accept="always",
            per="step",
            weights=tuple(ROUTERS["arbitrage"]["weights"]),
        ),
        source="Arbitrage, arXiv 2512.05033",
        differs="the router is a logistic regression on the draft's score and token statistics, not a language model",
    ),
    "arbitrage_oracle": Preset(
        "the bound of arbitrage: the teacher writes every step as well, and the higher score is kept",
        BOTH,
        Beam(1, 1, depth=40),
        Rewrite(1.01, stages=("teacher",), accept="better", per="step"),
        source="Arbitrage, arXiv 2512.05033",
        differs="both steps are really written, and all of their tokens booked",
    ),
}
"""Presets by name."""
