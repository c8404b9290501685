"""Step-level escalation: methods in which a small model writes the steps and a large one takes over single steps.

They differ in the trigger: a rewrite rule on the written draft (search/escalation.py), or a router that decides before
the step is written (search/algorithms/first_token_probe.py).
"""

import json
from importlib.resources import files

from hintree.policies import Sampling
from hintree.presets.preset import Preset
from hintree.search import MUR, SSR, Beam, GlimpRouter, Rewrite, Smart, Steer

ROUTERS = json.loads(files("hintree.presets").joinpath("router_parameters.json").read_text())
"""Router parameters that ``hintree lab router-parameters`` fitted to the shipped student, teacher and PRM."""


def by_score(threshold: float) -> Rewrite:
    """Return the rule that rewrites every step below the threshold by the teacher's, unconditionally."""
    return Rewrite(threshold, stages=("teacher",), accept="always", per="step")


BOTH = ("teacher", "scorer")
GRADED = (
    "a teacher without a chat template does not write a digit: the geometric mean of the probabilities it gives to the "
    "step's tokens is compared with 7/9; the tokens of grading are counted for the scorer"
)
SAMPLED = Sampling(temperature=0.8, greedy_first=False)
SAMPLED_NARROW = Sampling(temperature=0.6, top_p=0.95, greedy_first=False)

ESCALATION = {
    "smart": Preset(
        "16 beams pruned to 4 by the PRM; kept steps that score below 0.9 are rewritten by the teacher",
        BOTH,
        Smart(n=16, m=4),
        Rewrite(0.9, stages=("teacher",), accept="always", when="after", final=False, per="step"),
        SAMPLED,
        source="SMART, arXiv 2504.09923",
        differs="equal solutions share one vote; an empty or looping step may be rewritten instead of ending its "
        "beam; the last iteration writes one step, not the rest of the solution; with token confidence a rewritten "
        "step has the teacher's confidence",
    ),
    "rsd": Preset(
        "one greedy chain; a step that the PRM scores below 0.7 is rewritten by the teacher",
        BOTH,
        Beam(1, 1, depth=100),
        by_score(0.7),
        source="RSD, arXiv 2501.19324",
        differs="an empty or looping step counts as a low-scoring one; no stop after five steps without an end",
    ),
    "trim_threshold": Preset(
        "one greedy chain; a step below a PRM threshold is rewritten by the teacher; meant for a threshold sweep",
        BOTH,
        Beam(1, 1, depth=40),
        by_score(0.5),
        source="TRIM-Thr, arXiv 2601.10245",
        differs="the preset has one of the 21 thresholds; the study trim_threshold sweeps all of them",
    ),
    "specreason": Preset(
        "one chain; the teacher grades each draft from 0 to 9 and rewrites a step with a grade below 7",
        BOTH,
        Beam(1, 1, depth=40),
        by_score(7 / 9),
        SAMPLED_NARROW,
        source="SpecReason, arXiv 2504.07891",
        differs=GRADED,
        models={"scorer": "judge"},
    ),
    "ssr": Preset(
        "3 specreason chains under strategies that the teacher selects; majority vote, ties by mean score",
        BOTH,
        SSR(tracks=3),
        by_score(7 / 9),
        SAMPLED_NARROW,
        source="SSR, arXiv 2505.15340",
        differs="only the structure of the pool is the paper's, the texts of the twelve strategies are our own; the "
        "selection is greedy; no early exit; a model without a chat template, such as all shipped ones, neither "
        f"selects nor reads strategies, so its tracks are sampled chains without one; {GRADED}",
        models={"scorer": "judge"},
    ),
    "glimprouter": Preset(
        "the entropy of the student's first token routes the step to student or teacher before it is written",
        ("teacher",),
        GlimpRouter(threshold=ROUTERS["glimprouter"]["threshold"]),
        source="GlimpRouter, arXiv 2601.05110",
        differs="the first token is generated again if the student continues; the teacher takes over the last step, "
        "not an answer after the thoughts; the threshold routes 25 % of the steps of training problems to the teacher",
    ),
    "steer": Preset(
        "the student's confidence before a step, under a mixture of two normals, routes it to student or teacher",
        ("teacher",),
        Steer(mixture=tuple(ROUTERS["steer"]["mixture"])),
        source="STEER, arXiv 2511.06190",
        differs="the paper's definition of confidence could not be verified: here it is the highest probability of the "
        "first token; the mixture is fitted beforehand on training problems, without labels",
    ),
    "mur": Preset(
        "one chain, no teacher; a step less certain than those before is sampled 4 more times, the PRM selects",
        ("scorer",),
        MUR(),
        sampling=SAMPLED_NARROW,
        source="MUR, arXiv 2507.14958",
        differs="the critic is the PRM; a sample that equals the draft counts as the draft",
    ),
    "arbitrage": Preset(
        "one chain; the teacher rewrites a step if a trained router predicts that its step scores higher",
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
        "upper bound of arbitrage: student and teacher both write every step, the higher score is kept",
        BOTH,
        Beam(1, 1, depth=40),
        Rewrite.always(stages=("teacher",), accept="better", per="step"),
        source="Arbitrage, arXiv 2512.05033",
        differs="both steps are generated, and the tokens of both are counted",
    ),
}
"""Presets of step-level escalation by name."""
