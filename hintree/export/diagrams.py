"""Trees in DOT, which Graphviz draws, and the texts of a step's box, which Mermaid diagrams share."""

import math
import textwrap

from hintree.export.drawing import CHOSEN, colour, ink
from hintree.search import Node, Tree
from hintree.view.layout import author, byline, guidance
from hintree.view.text import one_line

LONGEST = 120
"""Characters of a step, and of its hint, in a diagram."""
DOT_SHAPES = {
    "": "plaintext",
    "reasoner": "box",
    "teacher": "box, peripheries=2",
    "hinter": "ellipse",
    "retriever": "cylinder",
    "verifier": "hexagon",
}
DOT_STYLES = {"pruned": "dotted", "rejected": "dashed", "failed": "dotted"}


def caption(tree: Tree, node: Node, longest: int = LONGEST) -> list[str]:
    """Return the text of a step's box in short lines: id, author, action, score, hint and critique, then the text."""
    if node.parent is None:
        return textwrap.wrap(one_line(tree.problem.question, longest), 40)
    score = "unscored" if node.score is None else f"{node.score:.2f}"
    under = [row for line in guidance(node) for row in textwrap.wrap(one_line(line, longest), 44)]
    head = f"{node.id}  {one_line(byline(node, author(node)))}  {score}"
    return [head, *under, *textwrap.wrap(one_line(node.step.text, longest), 44)]


def width(tree: Tree, node: Node) -> float:
    """Return an edge's width in points: 1 to 5 by the share of visits, 1 without visits."""
    return 1 + 4 * math.sqrt(node.visits / max(1, tree.root.visits))


def to_dot(tree: Tree, chosen: Node) -> str:
    """Return the tree as DOT (Graphviz); dashed arrows lead from a rejected step to its replacement."""
    path = {node.id for node in chosen.path()}
    rows = ["digraph hintree {", "  rankdir=LR; nodesep=0.12; ranksep=0.35;"]
    rows.append(
        '  node [fontname="Helvetica", fontsize=10, margin="0.1,0.04"]; edge [arrowhead=none, color="#777777"];'
    )
    for node in tree:
        label = "\\n".join(quoted(line) for line in caption(tree, node))
        style = f"filled,{DOT_STYLES.get(node.status, 'solid')}"
        fill = f'fillcolor="{colour(node.score)}", fontcolor="{ink(node.score)}"'
        pen = f'color="{CHOSEN}", penwidth=3' if node.id in path else 'color="#222222"'
        rows.append(f'  n{node.id} [label="{label}", shape={DOT_SHAPES[node.author]}, style="{style}", {fill}, {pen}];')
    for node in tree.nodes[1:]:
        assert node.parent is not None
        pen = f', color="{CHOSEN}"' if node.id in path else ""
        rows.append(f"  n{node.parent.id} -> n{node.id} [penwidth={width(tree, node):.1f}{pen}];")
        if node.replaces is not None:
            rows.append(f"  n{node.replaces} -> n{node.id} [style=dashed, arrowhead=normal, constraint=false];")
    return "\n".join([*rows, "}", ""])


def quoted(text: str) -> str:
    """Escape a text for a quoted DOT string."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
