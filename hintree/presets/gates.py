"""Gates: methods that spend tokens only where a statistic of the small model says so, without training.

Their thresholds belong to the shipped models; `hintree calibrate` sets them for others.
"""

import json
from importlib.resources import files

from hintree.presets.escalation import BOTH, GRADED, SAMPLED, SAMPLED_NARROW, by_score
from hintree.presets.preset import Preset
from hintree.search import Beam, ConfSpec, FirstTokens

FIRST_TOKENS = json.loads(files("hintree.presets").joinpath("first_tokens.json").read_text())["search.neighbours"]
"""First tokens of the shipped student on training problems, and 1 where its answer was right."""

GATES = {
    "confspec": Preset(
        "one chain; a draft that the student is unsure of is graded by the teacher, and rewritten below a grade of 7",
        BOTH,
        ConfSpec(accept=0.96),
        by_score(7 / 9),
        SAMPLED_NARROW,
        source="ConfSpec, arXiv 2602.18447",
        differs="the student's confidence is that of the tokens it wrote (their geometric mean), not of a verdict on "
        f"its own step; {GRADED}",
        models={"scorer": "judge"},
    ),
    "egb": Preset(
        "4 beams scored by the PRM; a path branches only after a step with a token of high entropy, no teacher",
        ("scorer",),
        Beam(4, 4, entropy=0.89),
        sampling=SAMPLED,
        source="EGB, arXiv 2503.21961",
        differs="a step with an uncertain token stays a candidate and is sampled 3 more times from its beginning, not "
        "from that token; equal steps are merged",
    ),
    "first_tokens": Preset(
        "the student's first tokens, by nearest neighbours, decide whether it starts; else the teacher solves",
        ("teacher",),
        FirstTokens(neighbours=tuple(FIRST_TOKENS)),
        source="arXiv 2510.22679",
        differs="the neighbours' labels are right and wrong answers, not kinds of responses; the first token's entropy "
        "and log-probability stand for the vector of log-probabilities",
    ),
}
"""Presets of gates by name."""
