"""The demo: problems on which the student alone fails, and what each part of hintree adds."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hintree.cli.show import show
from hintree.lab.generate import problems
from hintree.presets.preset import EMBEDDED
from hintree.search import Problem
from hintree.solver import Solution, Solver
from hintree.statistics.intervals import share

ARMS = {
    "student alone": ("greedy", EMBEDDED["reasoner"]),
    "student, with hints": ("hinted", EMBEDDED["reasoner"]),
    "student, PRM beam": ("beam", EMBEDDED["reasoner"]),
    "student, hintree (hints, PRM, ladder)": ("hintree", EMBEDDED["reasoner"]),
    "teacher alone": ("greedy", EMBEDDED["teacher"]),
}
"""What is compared: name -> (preset, reasoner)."""


def demo(n: int, seed: int) -> None:
    """Solve ``n`` held-out problems of 6 to 8 steps with every arm; show some solutions and a table."""
    console = Console(highlight=False)
    asked = list(problems("test", range(6, 9), n=n, seed=seed))
    questions = [Problem(p.question, p.id) for p in asked]
    truth = [str(p.answer) for p in asked]
    results: dict[str, list[Solution]] = {}
    console.print(f"Solving {n} held-out problems of 6 to 8 steps in {len(ARMS)} ways, on this machine, offline.\n")
    for name, (preset, reasoner) in ARMS.items():
        console.print(Text(f"- {name}", style="dim"))
        results[name] = list(Solver(preset, reasoner=reasoner, seed=seed).solve_many(questions))
    alone, ours = results["student alone"], results["student, hintree (hints, PRM, ladder)"]
    rescued = [i for i in range(n) if alone[i].answer != truth[i] and ours[i].answer == truth[i]]
    console.print(f"\nThe student alone fails and hintree solves {len(rescued)} of them. ", end="")
    if rescued:
        telling = max(rescued, key=lambda i: sum(node.replaces is not None for node in ours[i].steps))
        console.print("One whole solution, rejected steps struck through:\n")
        show(ours[telling], console)
        console.print("\nFive more:" if len(rescued) > 5 else "")
        for i in [i for i in rescued if i != telling][:5]:
            console.print(f"  right answer {truth[i]}: student alone {alone[i].answer}, hintree {ours[i].answer}")
    console.print()
    console.print(comparison(results, truth))
    console.print("95 % Wilson intervals. Tokens are generated tokens per problem, rejected drafts included.")


def comparison(results: dict[str, list[Solution]], truth: list[str]) -> Table:
    """Accuracy and generated tokens per role, one row per arm."""
    table = Table("arm", "right", "reasoner", "hinter", "teacher", box=None, padding=(0, 2, 0, 0))
    for name, solutions in results.items():
        right = share(sum(s.answer == t for s, t in zip(solutions, truth, strict=True)), len(truth))
        tokens = [
            sum(s.ledger[role].generated_tokens for s in solutions) / len(solutions)
            for role in ("reasoner", "hinter", "teacher")
        ]
        if name == "teacher alone":
            tokens = [0.0, 0.0, tokens[0]]
        table.add_row(name, str(right), *(f"{t:.0f}" if t else "-" for t in tokens))
    return table
