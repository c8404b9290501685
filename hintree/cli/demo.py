"""The command ``hintree demo``: problems that the student alone fails, and the gain of each part of hintree."""

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hintree.cli.options import add_seed, positive
from hintree.search.core.ledger import ROLES

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from hintree.solver import Solution

EXAMPLES = """examples:
  hintree demo             # about a minute of CPU time
  hintree demo --n 20
"""
OURS = "student, hintree (hints, PRM, escalation)"
ARMS = {
    "student alone": ("greedy", "embedded:student"),
    "student, with hints": ("hinted", "embedded:student"),
    "student, PRM beam": ("beam", "embedded:student"),
    "student, SMART's rule (rsd)": ("rsd", "embedded:student"),
    OURS: ("hintree", "embedded:student"),
    "teacher alone": ("greedy", "embedded:teacher"),
}
"""Arms of the comparison: name -> (preset, model of the reasoner)."""
WRITERS = ("reasoner", "hinter", "teacher")


def add_demo(commands: Any) -> None:
    """Add the command ``hintree demo``."""
    demo = commands.add_parser(
        "demo", help="solve lab problems that the student alone fails, and compare presets", epilog=EXAMPLES
    )
    demo.add_argument("--n", type=positive, default=100, help="problems in the comparison (default %(default)s)")
    add_seed(demo, "seed of the problems and the searches")
    demo.set_defaults(run=run_demo)


def run_demo(args: argparse.Namespace) -> None:
    """Solve ``n`` held-out problems of 6 to 8 steps with every arm; show some solutions and a table."""
    from rich.console import Console
    from rich.text import Text

    from hintree.lab.generate import problems
    from hintree.search import Problem
    from hintree.solver import Solver

    console = Console(highlight=False)
    sample = list(problems("test", range(6, 9), n=args.n, seed=args.seed))
    references = [str(problem.answer) for problem in sample]
    results: dict[str, list[Solution]] = {}
    console.print(
        f"Solving {args.n} held-out problems of 6 to 8 steps in {len(ARMS)} ways, on this machine, offline.\n"
    )
    for name, (preset, reasoner) in ARMS.items():
        console.print(Text(f"- {name}", style="dim"))
        solver = Solver(preset, reasoner=reasoner, seed=args.seed)
        results[name] = list(solver.solve_many([Problem(problem.question, problem.id) for problem in sample]))
    show_rescued(console, results["student alone"], results[OURS], references)
    console.print(comparison(results, references))
    console.print("95 % Wilson intervals. Generated tokens/GFLOPs of each role, rejected steps included, per problem.")


def show_rescued(
    console: "Console", alone: Sequence["Solution"], ours: Sequence["Solution"], references: Sequence[str]
) -> None:
    """Print solutions of problems that only hintree solves: one whole, with the most rewrites, and five in short."""
    from hintree.cli.show import show

    rescued = [i for i, answer in enumerate(references) if alone[i].answer != answer and ours[i].answer == answer]
    console.print(f"\nThe student alone fails and hintree solves {len(rescued)} of them. ", end="")
    if rescued:
        first = max(rescued, key=lambda i: sum(node.replaces is not None for node in ours[i].steps))
        console.print("One whole solution, rejected steps struck through:\n")
        show(ours[first], console)
        console.print("\nFive more:" if len(rescued) > 5 else "")
        for i in [i for i in rescued if i != first][:5]:
            console.print(f"  reference {references[i]}: student alone {alone[i].answer}, hintree {ours[i].answer}")
    console.print()


def comparison(results: Mapping[str, Sequence["Solution"]], references: Sequence[str]) -> "Table":
    """Return a table of accuracy, tokens and GFLOPs per role, and GFLOPs with and without the scorer, a row per arm."""
    from rich.table import Table

    from hintree.statistics.intervals import share

    table = Table("arm", "accuracy", *WRITERS, "GFLOPs", "without PRM", box=None, padding=(0, 2, 0, 0))
    for name, solutions in results.items():
        right = sum(s.answer == answer for s, answer in zip(solutions, references, strict=True))
        costs = [
            (sum(s.ledger[role].generated_tokens for s in solutions), sum(s.ledger[role].gflops() for s in solutions))
            for role in WRITERS
        ]
        if name == "teacher alone":  # there the teacher's model plays the reasoner
            costs = [(0, 0.0), (0, 0.0), costs[0]]
        compute = [sum(s.ledger[role].gflops() for s in solutions for role in roles) for roles in (ROLES, WRITERS)]
        cells = [f"{t / len(solutions):.0f}/{c / len(solutions):.2f}" if t else "-" for t, c in costs]
        cells += [f"{c / len(solutions):.2f}" for c in compute]
        table.add_row(name, str(share(right, len(references))), *cells)
    return table
