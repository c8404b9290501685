"""Statistics of a sample of lab problems."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from hintree.lab.difficulty import STANDARD, Difficulty
from hintree.lab.generate import FAMILIES, problems
from hintree.lab.problem import LabProblem, gold, solve


def statistics(
    split: str, steps: Sequence[int], n: int, seed: int, families: Sequence[str], difficulty: Difficulty = STANDARD
) -> dict[str, Any]:
    """Count steps, families, operations, distractors, lengths, numbers and answers over ``n`` problems."""
    sample = list(problems(split, steps, n=n, seed=seed, families=families, difficulty=difficulty))
    used = [fact for problem in sample for fact in solve(problem)]
    words = [len(re.findall(r"\w+", problem.question)) for problem in sample]
    written = [sum(len(re.findall(r"\w+", step)) for _, step in gold(problem)) for problem in sample]
    return {
        "problems": {"split": split, "n": n, "seed": seed, "different": len({problem.id for problem in sample})},
        "wordings": {family: len(FAMILIES[family].wordings) for family in families},
        "families": count_values(problem.family for problem in sample),
        "steps": count_values(len(solve(problem)) for problem in sample),
        "operations": count_values(fact.op for fact in used),
        "unneeded facts": count_values(unneeded(problem) for problem in sample),
        "words in a question": quartiles(words),
        "words in a solution": quartiles(written),
        "numbers": quartiles([value for problem in sample for value in problem.values.values()]),
        "answers": quartiles([problem.answer for problem in sample]),
        "most frequent answer": Counter(problem.answer for problem in sample).most_common(1)[0][1] / n,
    }


def unneeded(problem: LabProblem) -> int:
    """Return the number of facts that the answer does not need."""
    return len(problem.facts) - len(problem.needed())


def count_values(values: Any) -> dict[str, int]:
    """Count each value, in the order of the values."""
    return {str(value): count for value, count in sorted(Counter(values).items())}


def quartiles(values: Sequence[int]) -> dict[str, float]:
    """Return minimum, quartiles and maximum."""
    points = np.percentile(values, [0, 25, 50, 75, 100])
    return dict(zip(("min", "25 %", "median", "75 %", "max"), map(float, points), strict=True))


def as_text(figures: dict[str, Any]) -> str:
    """Format the statistics, one line each."""
    sample = figures["problems"]
    lines = [f"{sample['n']} {sample['split']} problems, seed {sample['seed']}; {sample['different']} different"]
    for name, values in figures.items():
        if name == "most frequent answer":
            lines.append(f"{name:22} {100 * values:.1f} % of the problems")
        elif name != "problems":
            lines.append(f"{name:22} " + ", ".join(f"{key}: {value:g}" for key, value in values.items()))
    return "\n".join(lines)
