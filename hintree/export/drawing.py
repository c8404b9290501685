"""Trees as one SVG picture: a panel for each, and a legend."""

import html
import textwrap
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from hintree.search import Node, Tree
from hintree.view.layout import MARGIN, Circle, Size, author, byline, circles, guidance
from hintree.view.text import one_line, visible

SCALE = ((0, 34, 78), (53, 69, 108), (102, 105, 112), (148, 142, 119), (200, 184, 102), (254, 232, 56))
"""Colours of the scores 0, 0.2, ..., 1: cividis, which the colour-blind see as others do, and greyscale keeps."""
CHOSEN, FINISHED, LINE = "#d55e00", "#56b4e9", "#222222"
"""Colours of the chosen path, of the ring around a finished step, and of other rings."""
SMALLEST = 6.0
"""Radius in pixels from which the id of a step is written below it."""
PANEL = Size()
"""Size of a panel in a picture of several."""
LIGHT = 0.43
"""Score from which black text is easier to read than white; either has a contrast of at least 4.5 to 1."""
FAINT = 0.3
"""Opacity of steps that were pruned or failed."""


class Panel(NamedTuple):
    """Tree with the last step of its chosen path, title and caption."""

    title: str
    settings: str
    tree: Tree
    chosen: Node
    captions: tuple[str, str]


def colour(score: float | None) -> str:
    """Return the colour of a score in [0, 1]; white without a score."""
    if score is None:
        return "#ffffff"
    at = min(int(score * (len(SCALE) - 1)), len(SCALE) - 2)
    share = score * (len(SCALE) - 1) - at
    mixed = (round(a + share * (b - a)) for a, b in zip(SCALE[at], SCALE[at + 1], strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def ink(score: float | None) -> str:
    """Return the colour of text that is readable on the colour of a score."""
    return "#ffffff" if score is not None and score < LIGHT else "#000000"


def escape(written: str) -> str:
    """Escape a text for XML: markup, and invisible characters, most of which XML forbids."""
    return html.escape(visible(written))


def text(x: float, y: float, written: str, style: str = "") -> str:
    """Return one line of text as SVG; ``style`` holds further attributes."""
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(written)}</text>'


def draw_panel(panel: Panel, levels: int, size: Size) -> Iterator[str]:
    """Yield the SVG of one tree: edges, the chosen path above them, steps above both, and the answer."""
    at, path = circles(panel.tree, levels, size), {node.id for node in panel.chosen.path()}
    labelled = size.largest > PANEL.largest
    yield f'<rect width="{size.wide:.0f}" height="{size.high:.0f}" rx="6" fill="none" stroke="#dddddd"/>'
    yield text(MARGIN, 22, panel.title, 'font-size="16" font-weight="bold"')
    yield text(MARGIN, 39, panel.settings, 'font-size="11" fill="#555555"')
    for node in sorted(panel.tree.nodes[1:], key=lambda n: n.id in path):
        assert node.parent is not None
        a, b = at[node.parent.id], at[node.id]
        look = f'stroke="{CHOSEN}" stroke-width="4"' if node.id in path else f'stroke="#777777"{faint(node)}'
        yield f'<line x1="{a.x:.1f}" y1="{a.y:.1f}" x2="{b.x:.1f}" y2="{b.y:.1f}" {look}/>'
    for node, (x, y, r) in zip(panel.tree, at, strict=True):
        ring, line = (min(2.5, r / 2), FINISHED) if node.status == "terminal" else (0.6, LINE)
        fill = "#bbbbbb" if node.parent is None else colour(node.score)
        look = f'fill="{fill}" stroke="{line}" stroke-width="{ring:.1f}"{faint(node)}'
        yield shape(author(node), Circle(x, y, r), look, about(node))
        if node.parent is not None and labelled and r >= SMALLEST:
            yield text(x, y + r + 10, str(node.id), f'font-size="9" fill="#555555" text-anchor="middle"{faint(node)}')
    if panel.chosen.step.answer is not None:
        x, y, r = at[panel.chosen.id]
        y += 10 if labelled and r >= SMALLEST else 0
        halo = 'font-size="13" font-weight="bold" text-anchor="middle" stroke="#ffffff" stroke-width="4"'
        answer = one_line(panel.chosen.step.answer, 12)
        yield text(x, y + r + 14, answer, f'{halo} paint-order="stroke"')
    yield text(MARGIN, size.high - 26, panel.captions[0], 'font-size="12"')
    yield text(MARGIN, size.high - 10, panel.captions[1], 'font-size="12" font-weight="bold"')


def shape(author: str, circle: Circle, look: str, tooltip: str) -> str:
    """Return a step: circle, under a hint diamond, teacher square, hinter and retriever triangle, verifier hexagon."""
    x, y, r = circle
    title = f"<title>{escape(tooltip)}</title>"
    if author == "hinted":
        corners = (
            f"{x:.1f},{y - 1.2 * r:.1f} {x + 1.2 * r:.1f},{y:.1f} {x:.1f},{y + 1.2 * r:.1f} {x - 1.2 * r:.1f},{y:.1f}"
        )
        return f'<polygon class="step" points="{corners}" {look}>{title}</polygon>'
    if author == "teacher":
        at = f'x="{x - 0.9 * r:.1f}" y="{y - 0.9 * r:.1f}" width="{1.8 * r:.2f}" height="{1.8 * r:.2f}"'
        return f'<rect class="step" {at} {look}>{title}</rect>'
    if author in ("hinter", "retriever"):
        up = r if author == "hinter" else -r
        corners = f"{x:.1f},{y - 1.2 * up:.1f} {x + 1.2 * r:.1f},{y + up:.1f} {x - 1.2 * r:.1f},{y + up:.1f}"
        return f'<polygon class="step" points="{corners}" {look}>{title}</polygon>'
    if author == "verifier":
        places = ((-1.2, 0), (-0.6, -1), (0.6, -1), (1.2, 0), (0.6, 1), (-0.6, 1))
        corners = " ".join(f"{x + a * r:.1f},{y + b * r:.1f}" for a, b in places)
        return f'<polygon class="step" points="{corners}" {look}>{title}</polygon>'
    return f'<circle class="step" cx="{x:.1f}" cy="{y:.1f}" r="{r:.2f}" {look}>{title}</circle>'


def faint(node: Node) -> str:
    """Return the attribute that fades a pruned, rejected or failed step and the edge to it."""
    return f' opacity="{FAINT}"' if node.status in ("pruned", "rejected", "failed") else ""


def about(node: Node) -> str:
    """Return the tooltip of a step: id, author, action, hint and critique, then its text, score and reason."""
    if node.parent is None:
        return "the problem"
    score = "" if node.score is None else f" [score {node.score:.2f}]"
    head = ", ".join([f"step {node.id}", byline(node, author(node)), *guidance(node)])
    return f"{head}: {node.step.text}{score}{f' ({node.reason})' if node.reason else ''}"


def draw_legend(wide: float, authors: Collection[str] = ()) -> tuple[list[str], float]:
    """Draw the legend: what colours, lines and rings mean, in rows that fit the width; return it with its height.

    Hinter, retriever and verifier are in it where they are among the ``authors`` of steps.
    """
    stops = "".join(f'<stop offset="{i / 5}" stop-color="{colour(i / 5)}"/>' for i in range(6))
    parts = [
        *(f'<linearGradient id="scores">{stops}</linearGradient>', text(0, 14, "score of a step")),
        '<rect x="180" y="3" width="200" height="14" fill="url(#scores)"/>',
        *(text(180 + 200 * x, 32, f"{x:g}", 'text-anchor="middle"') for x in (0, 0.25, 0.5, 0.75, 1)),
    ]
    path = f'<line x1="4" y1="10" x2="44" y2="10" stroke="{CHOSEN}" stroke-width="4"/>'
    look = f'fill="{colour(0.8)}" stroke="{LINE}"'
    kinds = (("reasoner", 8.0, "reasoner"), ("hinted", 88.0, "under a hint"), ("teacher", 190.0, "teacher"))
    shapes = "".join(shape(kind, Circle(x, 10, 6), look, name) + text(x + 12, 14, name) for kind, x, name in kinds)
    others = [kind for kind in ("hinter", "retriever", "verifier") if kind in authors]
    entries = [
        (430.0, "\n".join(parts)),
        (250.0, path + text(52, 14, "chosen path, and its answer")),
        (270.0, shapes),
        *((100.0, shape(kind, Circle(8, 10, 6), look, kind) + text(20, 14, kind)) for kind in others),
        (85.0, key_of(f'stroke="{FINISHED}" stroke-width="2.5"', "finished")),
        (310.0, key_of(f'stroke="{LINE}" opacity="{FAINT}"', "pruned, rejected or failed; white: unscored")),
        (130.0, key_of(f'stroke="{LINE}"', "larger: more visits")),
    ]
    drawn, x, y = [], 0.0, 0.0
    for width, entry in entries:
        if x + width > wide:
            x, y = 0.0, y + 44
        drawn.append(f'<g transform="translate({x:.0f} {y:.0f})">{entry}</g>')
        x += width
    return drawn, y + 44


def key_of(look: str, what: str) -> str:
    """Return a circle of the legend and its meaning."""
    return f'<circle cx="8" cy="10" r="6" fill="{colour(0.8)}" {look}/>' + text(20, 14, what)


def draw(
    heading: str,
    question: str,
    panels: Sequence[Panel],
    *,
    across: int = 4,
    size: Size = PANEL,
    notes: Sequence[str] = (),
) -> str:
    """Return the picture as SVG, ``across`` panels in a row, on a white background, with notes below the legend."""
    wide = across * (size.wide + MARGIN) + MARGIN
    lines = textwrap.wrap(visible(question), int(wide / 7.5))
    top, rows = 46.0 + 18 * len(lines), -(-len(panels) // across)
    authors = {node.author for panel in panels for node in panel.tree}
    legend, legend_high = draw_legend(wide - 2 * MARGIN, authors)
    below = top + rows * (size.high + MARGIN)
    written = [row for note in notes for row in textwrap.wrap(visible(note), int(wide / 6.5), subsequent_indent="    ")]
    high = below + legend_high + 4 + 17 * len(written)
    levels = max(node.depth for panel in panels for node in panel.tree)
    whole = f'width="{wide:.0f}" height="{high:.0f}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {whole} viewBox="0 0 {wide:.0f} {high:.0f}"']
    parts += ['font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222222" role="img">']
    parts += [f"<title>{escape(heading)}</title>", f'<rect {whole} fill="#ffffff"/>']
    parts += [text(MARGIN, 30, heading, 'font-size="18" font-weight="bold"')]
    parts += [text(MARGIN, 52 + 18 * i, row, 'font-size="13"') for i, row in enumerate(lines)]
    for i, panel in enumerate(panels):
        x, y = MARGIN + i % across * (size.wide + MARGIN), top + i // across * (size.high + MARGIN)
        parts += [f'<g transform="translate({x:.0f} {y:.0f})">', *draw_panel(panel, levels, size), "</g>"]
    parts += [f'<g transform="translate({MARGIN:.0f} {below + 4:.0f})">', *legend, "</g>"]
    parts += [text(MARGIN, below + legend_high + 17 * i + 10, row) for i, row in enumerate(written)]
    parts += ["</svg>", ""]
    return "\n".join(parts)
