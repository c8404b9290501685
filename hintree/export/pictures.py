"""Draw one tree for a paper, as SVG or PNG.

Graphviz lays out trees of up to 2,000 steps where it is installed, with the texts in boxes. Otherwise, and above, our
own layout draws circles.
"""

import shutil
import subprocess

from hintree.errors import UsageError
from hintree.export.diagrams import LONGEST, to_dot
from hintree.export.drawing import Panel, draw
from hintree.search import Node, Tree
from hintree.view.layout import author, fit
from hintree.view.text import one_line

MOST = 2_000
"""Steps that Graphviz is given; boxes with the texts of more fill metres of paper."""
MOST_NOTES = 60
"""Steps of the chosen path whose texts are written below the picture."""
SECONDS = 60
"""Time limit of Graphviz, after which hintree's own layout is used."""


def to_svg(tree: Tree, chosen: Node) -> bytes:
    """Return the picture as SVG."""
    return by_graphviz(tree, chosen, "svg") or own(tree, chosen).encode()


def to_png(tree: Tree, chosen: Node) -> bytes:
    """Return the picture as PNG, with twice the pixels of the SVG.

    Raises:
        UsageError: There is no Graphviz and no resvg.
    """
    if drawn := by_graphviz(tree, chosen, "png"):
        return drawn
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise UsageError('PNG needs Graphviz (dot), or resvg: pip install "hintree[export]"') from error
    return svg_to_bytes(own(tree, chosen), zoom=2.0)


def by_graphviz(tree: Tree, chosen: Node, form: str) -> bytes | None:
    """Return the SVG of Graphviz' dot; None if it is not installed, too slow or fails."""
    dot = shutil.which("dot")
    if dot is None or len(tree) > MOST:
        return None
    command = [dot, f"-T{form}", *(["-Gdpi=144"] if form == "png" else [])]
    try:
        done = subprocess.run(
            command, input=to_dot(tree, chosen).encode(), capture_output=True, timeout=SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def own(tree: Tree, chosen: Node) -> str:
    """Return the SVG of hintree's own layout."""
    answer = "no answer" if chosen.step.answer is None else f"answer {one_line(chosen.step.answer, 60)}"
    judged = "unscored" if chosen.score is None else f"score {chosen.score:.2f}"
    panel = Panel("", "", tree, chosen, (f"{len(tree) - 1:,} steps, seed {tree.seed}", f"{answer}, {judged}"))
    heading = one_line(tree.problem.id, 60) or "How it was solved"
    notes = [step_note(node) for node in chosen.path()[:MOST_NOTES]]
    return draw(heading, tree.problem.question, [panel], across=1, size=fit(tree), notes=notes)


def step_note(node: Node) -> str:
    """Return a step of the chosen path as a sentence: id, author, score, hint and text."""
    score = "unscored" if node.score is None else f"{node.score:.2f}"
    hint = f" (hint: {one_line(str(node.hint), LONGEST)})" if node.hint else ""
    return f"{node.id}  {author(node)} {score}{hint}  {one_line(node.step.text, LONGEST)}"
