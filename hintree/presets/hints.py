"""Guidance from a hinter: a hint for every step, a plan before the first, knowledge against a direct solution."""

from hintree.policies import Hinting, Sampling
from hintree.presets.preset import Preset
from hintree.search import Beam, Lorid

PLANNED = Hinting(when="plan")
LAB = (
    "the shipped models write plans but solve less by a whole one than without, so its entries are handed to them as "
    "hints, one a step; a conversation shows the whole plan first"
)


def hint_once(about: str, source: str, differs: str, *, hinter: str, reasoner: str = "embedded:student") -> Preset:
    """One plan for the whole solution, written before it: the methods differ in who writes the plan and who solves."""
    models = {"reasoner": reasoner, "hinter": hinter}
    chain = Beam(1, 1, depth=40)
    return Preset(about, ("hinter",), chain, hinting=PLANNED, source=source, differs=differs, models=models)


HINTS = {
    "hintmr": Preset(
        "one chain of at most 12 steps, each written under a hint of its own",
        ("hinter",),
        Beam(1, 1, depth=12),
        source="HintMR, arXiv 2604.12229",
        differs="the paper's prompts, lengths and stopping rule are not known: ours are; a hint that says too much is "
        "dropped",
    ),
    "hint_once": hint_once(
        "the reasoner plans the whole solution, then goes by its plan",
        "plan and solve; the loop behind hawkeye, sgft and lm_guided_cot",
        LAB,
        hinter="embedded:student",
    ),
    "hawkeye": hint_once(
        "the teacher writes a terse plan, the student solves by it",
        "Hawkeye, arXiv 2504.00424",
        f"nothing is trained for it: the paper tunes the large model to be terse; {LAB}",
        hinter="embedded:teacher",
    ),
    "sgft": hint_once(
        "another model of the student's size writes the plan, the student solves by it",
        "SGFT, arXiv 2412.09906",
        f"the planner is the second student, which was not tuned for guidance alone; {LAB}",
        hinter="embedded:student-2",
    ),
    "lm_guided_cot": hint_once(
        "the student writes the rationale, the teacher solves by it",
        "LM-guided CoT, arXiv 2404.03414",
        f"the rationale is a plan, and no reward tunes it; {LAB}",
        hinter="embedded:student",
        reasoner="embedded:teacher",
    ),
    "lorid": Preset(
        "a direct solution against one by a plan, drawn again until both agree, at most 5 times; then a vote",
        ("hinter",),
        Lorid(rounds=5),
        sampling=Sampling(temperature=0.8),
        hinting=PLANNED,
        source="LoRID, arXiv 2508.13037",
        differs="one model plays all three parts, where the paper tunes an adapter for each; knowledge is a plan; 5 "
        f"rounds are our choice; {LAB}",
        models={"hinter": "embedded:student"},
    ),
}
"""Presets by name."""
