"""Measure a method on problems of your own: any file with a question and an answer in each row.

::

    python examples/own_data.py                                    # 20 problems of the lab, the shipped student
    python examples/own_data.py exam.csv model.gguf                # yours

docs/problems.md lists the kinds of files, and options for columns with other names.
"""

import sys

import hintree
from hintree.data import read_cases
from hintree.grade import equal
from hintree.statistics.intervals import share


def main(source: str = "lab:test?steps=4-6&n=20", model: str = "embedded:student") -> None:
    """Print accuracy with its 95 % interval and the tokens of a problem."""
    cases = read_cases(source)
    solver = hintree.Solver("greedy", reasoner=model)
    solutions = list(solver.solve_many([case.problem for case in cases]))  # a problem has no field for its answer
    right = sum(
        solution.answer is not None and equal(case.reference, solution.answer)
        for case, solution in zip(cases, solutions, strict=True)
    )
    tokens = sum(solution.ledger["reasoner"].generated_tokens for solution in solutions)
    print(f"{share(right, len(cases))} right of {len(cases)}, {tokens / len(cases):.0f} tokens a problem")


if __name__ == "__main__":
    main(*sys.argv[1:])
