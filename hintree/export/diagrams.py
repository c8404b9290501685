"""Trees as text diagrams that other programs draw: DOT for Graphviz, and Mermaid for Markdown pages."""

import math
import textwrap
from collections.abc import Iterator, Sequence

from hintree.errors import UsageError
from hintree.export.drawing import CHOSEN, colour, ink
from hintree.search import Node, Tree
from hintree.view.layout import author, guidance
from hintree.view.text import one_line

LONGEST = 120
"""Characters of a step, and of its hint, in a diagram."""
SHORTER = (LONGEST, 60, 24)
"""Characters of a step in a Mermaid diagram: the first with which the whole fits."""
MOST_EDGES = 500
"""Maximum number of edges that Mermaid draws by default."""
MOST_CHARACTERS = 50_000
"""Maximum number of characters that Mermaid reads by default."""
DOT_SHAPES = {"": "plaintext", "reasoner": "box", "teacher": "box, peripheries=2"}
DOT_STYLES = {"pruned": "dotted", "rejected": "dashed", "failed": "dotted"}


def caption(tree: Tree, node: Node, longest: int = LONGEST) -> list[str]:
    """Return the text of a step's box: id, author and score, its hint and critique, then the text, in short lines."""
    if node.parent is None:
        return textwrap.wrap(one_line(tree.problem.question, longest), 40)
    score = "unscored" if node.score is None else f"{node.score:.2f}"
    under = [row for line in guidance(node) for row in textwrap.wrap(one_line(line, longest), 44)]
    return [f"{node.id}  {author(node)}  {score}", *under, *textwrap.wrap(one_line(node.step.text, longest), 44)]


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
    """Return the tree as a Mermaid flowchart; texts are cut shorter where the whole is too long for Mermaid.

    Raises:
        UsageError: It has more edges or characters than Mermaid draws by default.
    """
    edges = list(mermaid_edges(tree))
    if len(edges) > MOST_EDGES:
        raise UsageError(f"Mermaid draws at most {MOST_EDGES} edges, this tree has {len(edges)}; take .svg or .html")
    drawn = ""
    for longest in SHORTER:
        drawn = flowchart(tree, chosen, edges, longest)
        if len(drawn) <= MOST_CHARACTERS:
            return drawn
    raise UsageError(
        f"Mermaid reads at most {MOST_CHARACTERS:,} characters, this tree has {len(drawn):,} with texts cut to "
        f"{SHORTER[-1]} characters; take .svg or .html"
    )


def flowchart(tree: Tree, chosen: Node, edges: Sequence[str], longest: int) -> str:
    """Return the flowchart with texts of at most ``longest`` characters; colours are those of scores to one place."""
    rows, looks = ["flowchart TD"], {}
    for node in tree:
        label = "<br/>".join(as_entities(line) for line in caption(tree, node, longest))
        left, right = ('[["', '"]]') if node.author == "teacher" else ('["', '"]')
        score = None if node.score is None else round(node.score, 1)
        name = "unscored" if score is None else f"score{round(10 * score)}"
        looks[name] = f"  classDef {name} fill:{colour(score)},color:{ink(score)},stroke:#222222"
        rows.append(f"  n{node.id}{left}{label}{right}:::{name}")
    lost = [node for node in tree if node.status in DOT_STYLES]
    named = {"chosen": (chosen.path(), f"stroke:{CHOSEN},stroke-width:3px"), "lost": (lost, "stroke-dasharray:4")}
    for name, (nodes, look) in named.items():
        if nodes:
            looks[name] = f"  classDef {name} {look}"
            rows.append(f"  class {','.join(f'n{node.id}' for node in nodes)} {name}")
    return "\n".join([*rows, *edges, *looks.values(), ""])


def mermaid_edges(tree: Tree) -> Iterator[str]:
    """Yield a line per step and a line per rewrite."""
    for node in tree.nodes[1:]:
        assert node.parent is not None
        yield f"  n{node.parent.id} --> n{node.id}"
        if node.replaces is not None:
            yield f"  n{node.replaces} -. rewrite .-> n{node.id}"


def as_entities(text: str) -> str:
    """Escape a text for a quoted Mermaid label: all but letters, digits and spaces become numbered entities.

    A pair of dollar signs, between which Mermaid typesets even entities as math, is written apart.
    """
    apart = text.replace("$$", "$ $").replace("$$", "$ $")
    return "".join(c if c.isalnum() or c == " " else f"#{ord(c)};" for c in apart)
