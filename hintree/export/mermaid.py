"""Trees as Mermaid flowcharts, which Markdown pages draw; large trees as several."""

from collections.abc import Iterator, Sequence

from hintree.errors import UsageError
from hintree.export.diagrams import DOT_STYLES, LONGEST, caption
from hintree.export.drawing import CHOSEN, colour, ink
from hintree.search import Node, Tree
from hintree.view.layout import preorder

BRACKETS = {
    **{"teacher": ('[["', '"]]'), "hinter": ('(["', '"])')},
    **{"retriever": ('[("', '")]'), "verifier": ('{{"', '"}}')},
}
"""Brackets of the boxes that are no plain rectangles, by author."""
SHORTER = (LONGEST, 60, 24)
"""Characters of a step: the first with which the whole tree fits into one diagram."""
MOST_EDGES = 500
"""Maximum number of edges that Mermaid draws by default."""
MOST_CHARACTERS = 50_000
"""Maximum number of characters that Mermaid reads by default."""
MOST_PARTS = 100
"""Maximum number of diagrams of a tree."""
GROWTH = 1.2
"""Factor between one number of diagrams that is tried and the next."""


def to_mermaid(tree: Tree, chosen: Node) -> list[str]:
    """Return the tree as one flowchart, if it fits with texts cut to a length of ``SHORTER``, otherwise as several.

    Several hold the steps in preorder. Each begins with the steps before its first one, as boxes with their ids.

    Raises:
        UsageError: It takes more than ``MOST_PARTS`` flowcharts.
    """
    nodes, whole = list(preorder(tree)), ""
    for longest in SHORTER if len(nodes) <= MOST_EDGES + 1 else SHORTER[:1]:
        whole = flowchart(tree, chosen, nodes, longest)
        if fits(whole):
            return [whole]
    parts = max(2.0, len(whole) / MOST_CHARACTERS, len(nodes) / MOST_EDGES)
    while parts <= MOST_PARTS:
        size = max(1, round(len(nodes) / parts))
        drawn = [flowchart(tree, chosen, nodes[at : at + size], SHORTER[0]) for at in range(0, len(nodes), size)]
        if all(map(fits, drawn)):
            return drawn
        parts *= GROWTH
    raise UsageError(
        f"Mermaid draws at most {MOST_EDGES} edges and {MOST_CHARACTERS:,} characters in a diagram, and this tree of "
        f"{len(tree):,} steps takes more than {MOST_PARTS} diagrams; take .svg or .html"
    )


def fits(drawn: str) -> bool:
    """Tell whether Mermaid draws a flowchart by default."""
    return len(drawn) <= MOST_CHARACTERS and drawn.count(" --> ") + drawn.count(" -. rewrite .-> ") <= MOST_EDGES


def flowchart(tree: Tree, chosen: Node, nodes: Sequence[Node], longest: int) -> str:
    """Return a flowchart of steps that follow each other in preorder.

    Args:
        tree: The tree.
        chosen: Last step of the chosen path.
        nodes: The steps; those before the first one become boxes with their ids.
        longest: Characters of a text.
    """
    first = nodes[0].parent
    before = [] if first is None else [tree.root, *first.path()]
    rows = ["flowchart TD", *(f'  n{node.id}["{node.id or "the problem"}"]:::before' for node in before)]
    looks = {"before": "  classDef before stroke-dasharray:2,color:#777777"} if before else {}
    for node in nodes:
        label = "<br/>".join(as_entities(line) for line in caption(tree, node, longest))
        left, right = BRACKETS.get(node.author, ('["', '"]'))
        score = None if node.score is None else round(node.score, 1)
        name = "unscored" if score is None else f"score{round(10 * score)}"
        looks[name] = f"  classDef {name} fill:{colour(score)},color:{ink(score)},stroke:#222222"
        rows.append(f"  n{node.id}{left}{label}{right}:::{name}")
    shown = [*before, *nodes]
    path = set(chosen.path())
    named = {
        "chosen": ([node for node in shown if node in path], f"stroke:{CHOSEN},stroke-width:3px"),
        "lost": ([node for node in shown if node.status in DOT_STYLES], "stroke-dasharray:4"),
    }
    for name, (members, look) in named.items():
        if members:
            looks[name] = f"  classDef {name} {look}"
            rows.append(f"  class {','.join(f'n{node.id}' for node in members)} {name}")
    return "\n".join([*rows, *edges(shown), *looks.values(), ""])


def edges(nodes: Sequence[Node]) -> Iterator[str]:
    """Yield a line per step after another one, and a line per rewrite of which both versions are there."""
    there = {node.id for node in nodes}
    for node in nodes:
        if node.parent is not None:
            yield f"  n{node.parent.id} --> n{node.id}"
        if node.replaces in there:
            yield f"  n{node.replaces} -. rewrite .-> n{node.id}"


def as_entities(text: str) -> str:
    """Escape a text for a quoted Mermaid label: all but letters, digits and spaces become numbered entities.

    A pair of dollar signs, between which Mermaid typesets even entities as math, is written apart.
    """
    apart = text.replace("$$", "$ $").replace("$$", "$ $")
    return "".join(c if c.isalnum() or c == " " else f"#{ord(c)};" for c in apart)
