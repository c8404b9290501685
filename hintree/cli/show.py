"""Solutions as tables for the terminal and as JSON.

All text of models and users passes through ``visible``, which escapes control characters.
"""

import math
import platform
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hintree import __version__
from hintree.cli.watch import COLOURS, STYLES, note
from hintree.export import visible
from hintree.search import Ledger, Node, Tree
from hintree.search.core.citations import citations_of
from hintree.solver import Solution, Solver
from hintree.view.layout import byline, guidance, preorder
from hintree.view.story import Story
from hintree.view.text import one_line

DEEPEST = 30
"""Levels of the tree that are indented."""


def versions_of(node: Node) -> list[Node]:
    """Return the versions of a step: those it replaced, oldest first, then rejected rewrites, then the step itself."""
    siblings = node.parent.children if node.parent else []
    ids, chain = {n.id: n for n in siblings}, [node]
    while chain[0].replaces is not None:
        chain.insert(0, ids[chain[0].replaces])
    family = {n.id for n in chain}
    attempts = [n for n in siblings if n.replaces in family and n.id not in family and n.status == "rejected"]
    return [*chain[:-1], *attempts, node]


def step_table(solution: Solution) -> Table:
    """Return a table of the chosen path: author, action, score and text of each step, below its rejected versions.

    A path without an answer is followed by the steps that failed after it, with the reasons.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("step", justify="right")
    table.add_column("author" if all(node.action is None for node in solution.steps) else "author, action")
    table.add_column("score", justify="right")
    table.add_column("text", overflow="fold")
    for number, node in enumerate(solution.steps, 1):
        for shown in versions_of(node):
            kept = shown is node
            style = COLOURS.get(shown.author, "") if kept else "strike dim"
            score = "" if shown.score is None else f"{shown.score:.2f}"
            text = Text(visible(shown.step.text), style=style)
            if not kept:
                text = Text.assemble(text, ("  [rejected]", "red"))
            for line in guidance(shown)[::-1]:
                text = Text.assemble((f"{visible(line)}\n", "yellow"), text)
            table.add_row(str(number) if kept else "", byline(shown), score, text)
    for node in failed_ends(solution):
        reason = f"  [failed, {node.rejected_because}: {visible(node.reason)}]"
        text = Text.assemble((visible(node.step.text), "dim"), (reason, "red"))
        table.add_row(str(node.depth), byline(node), "", text)
    return table


def failed_ends(solution: Solution) -> list[Node]:
    """Return the failed steps after the chosen path, which end it without an answer; [] if there is an answer."""
    end = solution.steps[-1] if solution.steps else solution.tree.root
    return [node for node in end.children if node.status == "failed"] if solution.answer is None else []


def ledger_table(ledger: Ledger) -> Table:
    """Return a table of the cost of every role."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("role", "calls", "generated", "discarded", "forwarded", "GFLOPs", "seconds"):
        table.add_column(name, justify="left" if name == "role" else "right")
    for role, account in ledger.accounts.items():
        if account.calls:
            figures = (account.calls, account.generated_tokens, account.discarded_tokens, account.forwarded_tokens)
            compute = account.gflops()
            shown = "-" if math.isnan(compute) else f"{compute:.3g}"
            table.add_row(role, *map(str, figures), shown, f"{account.seconds:.2f}")
    return table


def tree_lines(tree: Tree, chosen: Node, *, everything: bool) -> Iterator[Text]:
    """Yield a line per step, indented by depth: id, author, score, hint, critique, text, status with reason.

    Args:
        tree: The tree.
        chosen: Last step of the chosen path, which is bold.
        everything: True for pruned, rejected and failed steps too.
    """
    path = set(chosen.path())
    for node in preorder(tree):
        if node.parent is None or not (everything or node in path or node.status in ("open", "terminal")):
            continue
        line = Text("  " * min(node.depth - 1, DEEPEST), overflow="fold", style="bold" if node in path else "")
        line.append(f"{node.id} {note(node)}", style=COLOURS.get(node.author, ""))
        line.append("".join(f" {one_line(under)}" for under in guidance(node)), style="yellow")
        line.append(f" {one_line(node.step.text)}", style=STYLES.get(node.status, ""))
        yield line.append(f"  [{node.status}: {one_line(node.reason)}]" if node.reason else "", style="red")


def verdict(story: Story | None) -> Text:
    """Return the verdict on an answer where there is a reference; an empty text otherwise."""
    if story is None or story.reference is None:
        return Text()
    word, style = {None: ("not graded", "dim"), True: ("right", "green"), False: ("wrong", "red")}[story.right]
    return Text.assemble("   ", (word, style), f" (reference {one_line(story.reference)})")


def show(solution: Solution, console: Console, story: Story | None = None, *, everything: bool = False) -> None:
    """Print a solution: question, steps, answer, cost.

    Args:
        solution: The solution.
        console: Where to print.
        story: Its story, for the verdict where there is a reference.
        everything: True for the whole tree in place of the steps of the chosen path.
    """
    console.print(Text(visible(solution.question), style="bold"))
    console.print()
    last = solution.steps[-1] if solution.steps else solution.tree.root
    for part in tree_lines(solution.tree, last, everything=True) if everything else [step_table(solution)]:
        console.print(part)
    console.print()
    none = "withheld" if solution.abstained else "none found"
    answer = none if solution.answer is None else visible(solution.answer)
    line = Text.assemble(("Answer: ", "bold"), (answer, "bold green" if solution.answer else "bold red"))
    line.append(
        f"   confidence {solution.confidence:.2f}, {len(solution.tree) - 1} steps written, {visible(solution.ended)}"
    )
    console.print(line.append(verdict(story)))
    console.print()
    console.print(ledger_table(solution.ledger))


def to_json(solution: Solution, solver: Solver, preset: str, story: Story | None = None) -> dict[str, Any]:
    """Return a solution as a JSON object; with a story that has a reference, also that and the verdict."""
    graded = {} if story is None or story.reference is None else {"reference": story.reference, "right": story.right}
    return {
        "question": solution.question,
        "answer": solution.answer,
        "abstained": solution.abstained,
        "confidence": solution.confidence,
        **graded,
        "steps": [step_json(node) for node in solution.steps],
        "failed": [failed_json(node) for node in failed_ends(solution)],
        "status": solution.status,
        "stop_reason": str(solution.stop_reason),
        "cut_steps": solution.cut_steps,
        "ledger": solution.ledger.with_actions(),
        **label_mass(solution),
        "preset": preset,
        "models": {role: model if isinstance(model, str) else repr(model) for role, model in solver.models.items()},
        "seed": solver.seed,
        "versions": {
            "python": platform.python_version(),
            "hintree": __version__,
            **{name: version(name) for name in ("torch", "transformers")},
        },
    }


def failed_json(node: Node) -> dict[str, Any]:
    """Return a failed step as a JSON object, with the reason as a value and as a sentence."""
    because = {"rejected_because": node.rejected_because, "reason": node.reason}
    action = {} if node.action is None else {"action": node.action.name, "yields": node.action.yields}
    return {"text": node.step.text, "author": node.author, **action, "score": node.score, **because}


def label_mass(solution: Solution) -> dict[str, Any]:
    """Return the probability of the labels that scores were read from, over all steps; {} for other scorers."""
    masses = [node.label_mass for node in solution.tree if node.label_mass is not None]
    if not masses:
        return {}
    return {"label_mass": {"mean": sum(masses) / len(masses), "least": min(masses), "steps": len(masses)}}


def step_json(node: Node) -> dict[str, Any]:
    """Return a step of the chosen path as a JSON object, with its rejected versions."""
    return {**version_json(node), "rejected": [version_json(n) for n in versions_of(node) if n is not node]}


def version_json(node: Node) -> dict[str, Any]:
    """Return one version of a step as a JSON object; only what an action wrote has ``action`` and ``yields``.

    ``passages`` are those that it looked up; ``citations`` are spans of its text, as in the JSON of a tree by name.
    """
    hint = str(node.hint) if node.hint else None
    action = {} if node.action is None else {"action": node.action.name, "yields": node.action.yields}
    found: dict[str, Any] = {"text": node.step.text, "author": node.author, **action, "hint": hint, "score": node.score}
    if node.passages:
        found["passages"] = [{"id": one.id, "text": one.text, "score": one.score} for one in node.passages]
    if cited := citations_of(node)[0]:
        found["citations"] = [asdict(one) for one in cited]
    return found if node.critique is None else {**found, "critique": node.critique.text}
