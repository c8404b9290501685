"""Share of new hints for a low step that repeat its first hint word for word, of an informed hinter and of a plain one.

::

    python -m tests.support.hint_copies MODEL PROBLEMS.jsonl --n 8

The model reasons and hints; every step counts as low, and is written again under a new hint. One JSON object a line.
"""

import argparse
import json
from pathlib import Path

from hintree import Budget, Problem, Rewrite, Solver
from hintree.models import open_model
from hintree.statistics.intervals import share

TOKENS = 500
"""Budget of a problem."""


def measure(model, questions, *, informed):
    """Solve the questions, and count the retries whose hint is that of the step before them."""
    rule = Rewrite(0.5, stages=("hint",), accept="always", informed=informed)
    solver = Solver(
        "hintree_beam",
        reasoner=model,
        hinter=model,
        teacher="none",
        scorer="constant:0.1",
        rewrite=rule,
        budget=Budget(tokens=TOKENS),
    )
    pairs, filtered = [], 0
    for solution in solver.solve_many(list(map(Problem, questions))):
        for node in solution.tree:
            if node.replaces is not None and (old := solution.tree.nodes[node.replaces]).hint is not None:
                filtered += node.hint is None
                pairs += [(old.hint.text, node.hint.text)] if node.hint is not None else []
    same = sum(before == after for before, after in pairs)
    told = {"model": Path(model.name).name, "informed": informed, "new hints": len(pairs)}
    return told | {"repeated": str(share(same, len(pairs))), "leaked": filtered}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("problems")
    parser.add_argument("--n", type=int, default=8)
    args = parser.parse_args()
    lines = Path(args.problems).read_text(encoding="utf-8").splitlines()[: args.n]
    loaded = open_model(args.model)
    for informed in (True, False):
        found = measure(loaded, [json.loads(line)["question"] for line in lines], informed=informed)
        print(json.dumps(found), flush=True)
