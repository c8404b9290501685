# ruff: noqa: E501
"""Any text is read and graded without an exception; formulas are not asked of a worker here."""

import random

from hintree.grade import Verdict, find_answer
from hintree.grade.grading import decide
from tests.grade.bank_outputs import BANK
from tests.grade.bank_pairs import PAIRS

PIECES = (
    "\\frac{1}{2} \\boxed{ } { ( ) [ ] , ; : = < > \\le ^ _ - + / * 5 12 0 . ... % $ $$ \\pm \\cup \\infty \\begin{pmatrix} \\end{pmatrix} & "
    "\\\\ x y and or to : AM May 2021 2021-05-06 9:05 hours minutes million half of \\circ \\sin ' \" ! base _8 | \\{ \\} \\text{a "
    "answer is: **Answer:** #### <think> </think> <answer> </answer> Wait, \x00 \ud800 \u202e ٣ ½ ² √ 答案是 \n \n\n A: C) (C) 0x1F 1e9 nan"
).split(" ")
TRIES = 500


def made(draw):
    return draw.choice(["", " "]).join(draw.choice(PIECES) for _ in range(draw.randint(0, 12)))


def broken(draw, text):
    i, j = sorted(draw.randint(0, len(text)) for _ in range(2))
    return text[:i] + draw.choice(PIECES) + text[j:]


def test_any_text_is_read_and_graded():
    draw = random.Random(7)
    texts = [made(draw) for _ in range(TRIES)]
    texts += [broken(draw, draw.choice(BANK)[0]) for _ in range(TRIES)]
    texts += [broken(draw, draw.choice(PAIRS)[draw.randint(0, 1)]) for _ in range(TRIES)]
    for text in texts:
        found = find_answer(text)
        if found is not None:
            assert found and found == found.strip()
        for choices in (None, ["5", "x", "12"]):
            verdict = decide(draw.choice(PAIRS)[0], text, choices, lambda *_: Verdict.UNGRADED)
            assert isinstance(verdict, Verdict)
            assert isinstance(decide(text, draw.choice(texts), choices, lambda *_: Verdict.UNGRADED), Verdict)
