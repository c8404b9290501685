"""Guidance by a hinter: a hint for every step, a plan before the first step, or agreement with a planned solution."""

from hintree.policies import Hinting, Sampling
from hintree.presets.preset import Preset
from hintree.search import Beam, Lorid

PLANNED = Hinting(when="plan")
LAB_PLANS = (
    "the shipped models write plans but solve fewer problems with a whole plan than without, so they get its entries "
    "as hints, one per step; a conversation shows the whole plan first"
)


def hint_once(about: str, source: str, differs: str, *, hinter: str, reasoner: str = "embedded:student") -> Preset:
    """Return a preset with one plan before the first step; the methods differ in the models that plan and solve."""
    models = {"reasoner": reasoner, "hinter": hinter}
    chain = Beam(1, 1, depth=40)
    return Preset(about, ("hinter",), chain, hinting=PLANNED, source=source, differs=differs, models=models)


HINTS = {
    "hintmr": Preset(
        "one chain of at most 12 steps, each under its own hint",
        ("hinter",),
        Beam(1, 1, depth=12),
        source="HintMR, arXiv 2604.12229",
        differs="the paper's prompts, lengths and stopping rule are not public, these are our own; a hint that leaks "
        "is dropped",
    ),
    "hint_once": hint_once(
        "the reasoner plans the whole solution, then follows its plan",
        "plan and solve; the loop of hawkeye, sgft and lm_guided_cot",
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
        f"the planner is the second student, which was not tuned for guidance alone; {LAB_PLANS}",
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
        "a direct and a planned solution, sampled until both agree, at most 5 rounds; else a vote",
        ("hinter",),
        Lorid(rounds=5),
        sampling=Sampling(temperature=0.8),
        hinting=PLANNED,
        source="LoRID, arXiv 2508.13037",
        differs="one model has all three roles, where the paper tunes an adapter for each; knowledge is a plan; the "
        f"limit of 5 rounds is our choice; {LAB_PLANS}",
        models={"hinter": "embedded:student"},
    ),
}
"""Presets with hints or plans by name."""
