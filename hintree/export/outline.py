"""Write a tree as a Markdown outline, such as for an issue."""

import re

from hintree.search import Node, Tree
from hintree.view.layout import byline, guidance, preorder
from hintree.view.text import one_line

DEEPEST = 30
"""Levels that are indented; deeper steps stand below each other."""


def to_markdown(tree: Tree, chosen: Node) -> str:
    """Return question, answer, and every step nested under its parent; the chosen path is bold."""
    path = {node.id for node in chosen.path()}
    answer = "no answer" if chosen.step.answer is None else f"answer: {escape(chosen.step.answer)}"
    rows = [f"# {escape(tree.problem.question)}", "", f"{len(tree) - 1} steps, {answer}", ""]
    for node in preorder(tree):
        if node.parent is not None:
            rows.append("  " * min(node.depth - 1, DEEPEST) + f"- {entry(node, node.id in path)}")
    return "\n".join([*rows, ""])


def entry(node: Node, chosen: bool) -> str:
    """Return one step as one line: id, author, action, score, hint, critique, text, and status with reason."""
    score = "" if node.score is None else f" {node.score:.2f}"
    under = "".join(f" *{escape(line)}*" for line in guidance(node))
    words = escape(node.step.text) or "(empty)"
    text = f"**{words}**" if chosen else f"~~{words}~~" if node.status == "rejected" else words
    fate = "" if node.status in ("open", "terminal") else f" ({node.status}: {escape(node.reason)})"
    return f"`{node.id} {escape(byline(node))}{score}`{under} {text}{fate}"


def escape(text: str) -> str:
    """Escape a text for one line of Markdown without markup."""
    return re.sub(r"([\\`*_~\[\]<>&#|$!])", r"\\\1", one_line(text))
