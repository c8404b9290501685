"""Guidance by a hinter: a hint for every step, a plan before the first step, or agreement with a planned solution."""

from hintree.policies import Hinting, Sampling
from hintree.presets.preset import Preset
from hintree.search import Beam, Lorid

PLANNED = Hinting(when="plan")
LAB_PLANS = "the shipped student follows plans no better than it solves without one"


def hint_once(about: str, source: str, differs: str, *, hinter: str, reasoner: str = "embedded:student") -> Preset:
    """Return a preset with one plan before the first step; the methods differ in the models that plan and solve."""
    models = {"reasoner": reasoner, "hinter": hinter}
    chain = Beam(1, 1, depth=40)
    return Preset(about, ("hinter",), chain, hinting=PLANNED, source=source, differs=differs, models=models)


HINTS = {
    "hintmr": Preset(
        "one chain of at most 40 steps, each under its own hint",
        ("hinter",),
        Beam(1, 1, depth=40),
        source="HintMR, arXiv 2604.12229",
        differs="the paper's prompts, lengths and stopping rule are not public, these are our own: a chain fails after "
        "40 steps; a hint that leaks is dropped; the shipped hinter learned the lab's exact hints, not those of a "
        "larger model, and the shipped student was trained with hints in some of its rows",
    ),
    "hint_once": hint_once(
        "the reasoner plans the whole solution, then follows its plan",
        "plan and solve; loop of hawkeye, sgft, lm_guided_cot",
        LAB_PLANS,
        hinter="embedded:student",
    ),
    "hawkeye": hint_once(
        "the teacher writes a terse plan, the student follows it",
        "Hawkeye, arXiv 2504.00424",
        f"nothing is trained for this, where the paper tunes the large model to be terse; {LAB_PLANS}",
        hinter="embedded:teacher",
    ),
    "sgft": hint_once(
        "another model of the student's size writes the plan, the student follows it",
        "SGFT, arXiv 2412.09906",
        f"the planner is the second student, which has never learned to write plans; {LAB_PLANS}",
        hinter="embedded:student-2",
    ),
    "lm_guided_cot": hint_once(
        "the student writes the rationale, the teacher follows it",
        "LM-guided CoT, arXiv 2404.03414",
        f"the rationale is a plan, and is not tuned by a reward; {LAB_PLANS}",
        hinter="embedded:student",
        reasoner="embedded:teacher",
    ),
    "lorid": Preset(
        "direct and planned solutions, at most 20 of each, until one of each agree; then a vote",
        ("hinter",),
        Lorid(rounds=20),
        sampling=Sampling(temperature=0.8),
        hinting=PLANNED,
        source="LoRID, arXiv 2508.13037",
        differs="one model has all three roles, where the paper tunes an adapter for each; knowledge is a plan; the "
        "answers on which the two kinds agree vote, where the public code counts the problem as solved if one of them "
        "is the reference; after 20 rounds without agreement all solutions vote, where the code counts an error; "
        f"temperature 0.8, where the code has 1.5 with top-p 0.9 and top-k 50; {LAB_PLANS}",
        models={"hinter": "embedded:student"},
    ),
}
"""Presets with hints or plans by name."""
