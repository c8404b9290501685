"""Trees as text diagrams that other programs draw: DOT for Graphviz, and Mermaid for Markdown pages."""

import math
import textwrap
from collections.abc import Iterator

from hintree.errors import UsageError
from hintree.export.drawing import CHOSEN, colour, ink
from hintree.search import Node, Tree
from hintree.view.layout import author
from hintree.view.text import one_line

LONGEST = 120
"""Characters of a step in a diagram."""
MOST_EDGES = 500
"""Maximum number of edges that Mermaid draws by default."""
DOT_SHAPES = {"": "plaintext", "reasoner": "box", "teacher": "box, peripheries=2"}
DOT_STYLES = {"pruned": "dotted", "rejected": "dashed", "failed": "dotted"}


def caption(tree: Tree, node: Node) -> list[str]:
    """Return the text of a step's box: id, author and score, then the text in short lines."""
    if node.parent is None:
        return textwrap.wrap(one_line(tree.problem.question, LONGEST), 40)
    score = "unscored" if node.score is None else f"{node.score:.2f}"
    return [f"{node.id}  {author(node)}  {score}", *textwrap.wrap(one_line(node.step.text, LONGEST), 44)]


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


def to_mermaid(tree: Tree, chosen: Node) -> str:
    """Return the tree as a Mermaid flowchart.

    Raises:
        UsageError: It has more edges than Mermaid draws.
    """
    edges = list(mermaid_edges(tree))
    if len(edges) > MOST_EDGES:
        raise UsageError(f"Mermaid draws at most {MOST_EDGES} edges, this tree has {len(edges)}; take .svg or .html")
    path = {node.id for node in chosen.path()}
    rows = ["flowchart TD"]
    for node in tree:
        label = "<br/>".join(as_entities(line) for line in caption(tree, node))
        left, right = ('[["', '"]]') if node.author == "teacher" else ('["', '"]')
        rows.append(f"  n{node.id}{left}{label}{right}")
        pen = f"stroke:{CHOSEN},stroke-width:3px" if node.id in path else "stroke:#222222"
        dash = ",stroke-dasharray:4" if node.status in DOT_STYLES else ""
        rows.append(f"  style n{node.id} fill:{colour(node.score)},color:{ink(node.score)},{pen}{dash}")
    return "\n".join([*rows, *edges, ""])


def mermaid_edges(tree: Tree) -> Iterator[str]:
    """Yield a line per step and a line per rewrite."""
    for node in tree.nodes[1:]:
        assert node.parent is not None
        yield f"  n{node.parent.id} --> n{node.id}"
        if node.replaces is not None:
            yield f"  n{node.replaces} -. rewrite .-> n{node.id}"


def as_entities(text: str) -> str:
    """Escape a text for a quoted Mermaid label: all but letters, digits and spaces become numbered entities."""
    return "".join(c if c.isalnum() or c == " " else f"#{ord(c)};" for c in text)
