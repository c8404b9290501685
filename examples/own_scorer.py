"""Score steps with a function of your own, and see what a beam search makes of it.

::

    python examples/own_scorer.py
"""

import re
from collections.abc import Sequence

import hintree

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"


def score(question: str, steps: Sequence[str]) -> float:
    """Return 0.9 for a last step whose numbers all come from the question or an equation, else 0.2."""
    known = set(re.findall(r"\d+", question))
    for step in steps:
        known |= set(re.findall(r"= (\d+)", step))
    return 0.9 if set(re.findall(r"\d+", steps[-1])) <= known else 0.2


def main() -> None:
    """Print every scored step of the tree, and the answer."""
    solver = hintree.Solver("beam", scorer=score)
    solution = solver.solve(QUESTION)
    for node in solution.tree:
        if node.score is not None:  # steps equal to a sibling are kept, and not scored again
            print(f"{'  ' * node.depth}[{node.score}] {node.step.text}")
    print("answer:", solution.answer)


if __name__ == "__main__":
    main()
