"""A lab problem written by hand, with its solution; the lab's tests share it."""

from hintree.lab import Fact, LabProblem

FACTS = (
    Fact(1, "Ana has 12 pens", "Ana has", "Ana", "", (12,)),
    Fact(2, "Ben gets 5 fewer pens than Ana", "Ben has", "Ben", "-", ("Ana has", 5)),
    Fact(3, "Carl gets twice as many pens as Ben", "Carl has", "Carl", "*", ("Ben has", 2)),
    Fact(4, "Dora gets as many pens as Carl and Ana together", "Dora has", "Dora", "+", ("Carl has", "Ana has")),
    Fact(5, "Eva gets 3 more pens than Ana", "Eva has", "Eva", "+", ("Ana has", 3)),
    Fact(6, "Finn has 9 pens", "Finn has", "Finn", "", (9,)),
    Fact(7, "Gina gets half as many pens as Dora", "Gina has", "Gina", "/", ("Dora has", 2)),
)
VALUES = {
    "Ana has": 12,
    "Ben has": 7,
    "Carl has": 14,
    "Dora has": 26,
    "Eva has": 15,
    "Finn has": 9,
    "Gina has": 13,
}
QUESTION = " ".join(f"({fact.label}) {fact.text}." for fact in FACTS) + " How many pens does Gina have?"
PROBLEM = LabProblem("relations", QUESTION, FACTS, "Gina has", VALUES)

BEN = "(2) Ben gets 5 fewer pens than Ana. Ana has 12. 12 - 5 = 7. Ben has 7."
CARL = "(3) Carl gets twice as many pens as Ben. Ben has 7. 7 * 2 = 14. Carl has 14."
DORA = "(4) Dora gets as many pens as Carl and Ana together. Carl has 14. Ana has 12. 14 + 12 = 26. Dora has 26."
GINA = "(7) Gina gets half as many pens as Dora. Dora has 26. 26 / 2 = 13. Gina has 13."
ANSWER = "The answer is 13."
STEPS = [BEN, CARL, DORA, GINA, ANSWER]
HINTS = [
    "use (2) and Ana to find Ben.",
    "use (3) and Ben to find Carl.",
    "use (4) and Carl and Ana to find Dora.",
    "use (7) and Dora to find Gina.",
    "give the answer.",
]

EVA = "(5) Eva gets 3 more pens than Ana. Ana has 12. 12 + 3 = 15. Eva has 15."
WRONG_BEN = "(2) Ben gets 5 fewer pens than Ana. Ana has 12. 12 - 5 = 8. Ben has 8."
WRONG_CARL = "(3) Carl gets twice as many pens as Ben. Ben has 8. 8 * 2 = 16. Carl has 16."
"""True arithmetic on top of WRONG_BEN."""
