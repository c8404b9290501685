"""Sub-questions: methods in which one model asks simpler questions and another answers them."""

from hintree.policies import Sampling
from hintree.presets.preset import Preset
from hintree.search import CogTree, DaSLaM, Socratic

PROMPTED = "nothing is trained for this: both models are asked in our own words"

SUB_QUESTIONS = {
    "socratic": Preset(
        "a second student asks sub-questions, the student answers them, in turns; then the student solves the problem",
        ("hinter",),
        Socratic(questions=8),
        source="Socratic CoT, arXiv 2212.00193",
        differs=f"{PROMPTED}, where the paper distils a decomposer and a solver from a large model; the asker "
        "stops by itself, after 8 sub-questions at most; the solution after them states the answer, where the paper "
        "takes the answer to the last sub-question",
        models={"hinter": "embedded:student-3"},
    ),
    "daslam": Preset(
        "the student lists sub-questions to the teacher's first solution; the teacher answers them and solves again",
        ("hinter",),
        DaSLaM(),
        source="DaSLaM, arXiv 2310.18338",
        differs=f"{PROMPTED}, where the paper tunes a decomposer of 13B parameters by policy gradients on a solver's "
        "answers; sub-questions are answered one after the other, at most 8",
        models={"reasoner": "embedded:teacher", "hinter": "embedded:student"},
    ),
    "least_to_most": Preset(
        "the student lists sub-questions, answers them in turn, then writes the solution",
        ("hinter",),
        DaSLaM(draft=False),
        source="least-to-most prompting, arXiv 2205.10625",
        differs=f"{PROMPTED}, where the paper shows worked examples; the solution after the sub-questions states the "
        "answer, where the paper's last sub-question is the problem itself; at most 8 sub-questions",
        models={"hinter": "embedded:student"},
    ),
    "cogtree": Preset(
        "a tree of questions: 2 proposals each, compared by score; answered or split further; answers merged bottom-up",
        ("hinter", "scorer"),
        CogTree(proposals=2, width=2, questions=2, levels=2),
        sampling=Sampling(temperature=0.8),
        source="CogTree, arXiv 2311.06754",
        differs=f"{PROMPTED}, where the paper tunes both systems, the reflective one by comparing right and wrong "
        "decompositions; the PRM stands in for it, or a judge (`--scorer judge`); one sub-question is proposed at a "
        "time; equal sub-questions are answered once; numbers of proposals, chains, sub-questions and levels are ours; "
        "the shipped PRM has seen no sub-questions in training, and scores nearly all steps of such paths below 0.1",
        models={"hinter": "embedded:student-3"},
    ),
}
"""Presets of sub-questions by name."""
