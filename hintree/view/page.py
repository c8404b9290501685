"""Trees of one problem as one self-contained HTML page: no network, a strict policy, text only as text.

The page holds the data as JSON, an outline for browsers without JavaScript, and the scripts tree.js, pane.js, panel.js
and app.js. Its Content-Security-Policy allows nothing but these scripts and this style, by their hashes.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

from hintree.errors import UsageError
from hintree.search import Node
from hintree.view.layout import author, columns, preorder
from hintree.view.shown_tree import ShownTree
from hintree.view.text import one_line, visible

SCRIPTS = ("tree.js", "pane.js", "panel.js", "app.js")
HERE = files("hintree.view")
DEEPEST = 24
"""Levels that the outline indents."""


def page(trees: Sequence[ShownTree]) -> str:
    """Return the HTML page that shows trees of the same problem.

    Raises:
        UsageError: They are of different problems.
    """
    first = trees[0].tree.problem
    if any(solved.tree.problem.question != first.question for solved in trees):
        raise UsageError("trees of different problems cannot be compared; give trees of the same question")
    data = {"question": visible(first.question), "id": visible(first.id), "trees": [as_columns(s) for s in trees]}
    script = '"use strict";\n' + "".join(source(name).replace('"use strict";\n', "") for name in SCRIPTS)
    style = source("page.css")
    parts = {
        "TITLE": html.escape(one_line(first.question, 80)),
        "OUTLINE": "\n".join(row for solved in trees for row in outline(solved)),
        "DATA": as_data(data),
        "SCRIPT": script,
        "STYLE": style,
        "SCRIPT_HASH": digest(script),
        "STYLE_HASH": digest(style),
    }
    return re.sub(r"@([A-Z_]+)@", lambda found: parts[found[1]], source("page.html"))


def source(name: str) -> str:
    """Return the text of a file in this folder."""
    return HERE.joinpath(name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """Return the Content-Security-Policy source that allows exactly this inline text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def as_data(data: Any) -> str:
    """Return JSON for a script element: ASCII without characters that are special in HTML."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def as_columns(solved: ShownTree) -> dict[str, Any]:
    """Return a tree as columns: a list per field that all steps have, an object by id per field that few have."""
    nodes = solved.tree.nodes
    return {
        "name": visible(solved.name),
        "facts": {visible(name): visible(value) for name, value in solved.facts.items()},
        "seed": str(solved.tree.seed),
        "chosen": solved.chosen.id,
        "parent": [-1 if n.parent is None else n.parent.id for n in nodes],
        "x": columns(solved.tree),
        "text": [visible(n.step.text) for n in nodes],
        "author": "-" + "".join(author(n)[0] for n in nodes[1:]),
        "status": "".join(n.status[0] for n in nodes),
        "ended": "".join("o" if n.step.ended == "loop" else n.step.ended[0] for n in nodes),
        "score": [rounded(n.score) for n in nodes],
        "visits": [n.visits for n in nodes],
        "value": [rounded(n.value) for n in nodes],
        "tokens": [n.step.tokens for n in nodes],
        "mean": [rounded(n.step.mean_probability) for n in nodes],
        "min": [rounded(n.step.min_probability) for n in nodes],
        "entropy": [rounded(n.step.entropy) for n in nodes],
        "index": [n.index for n in nodes],
        "key": [f"{n.key:016x}" for n in nodes],
        "hint": {n.id: visible(str(n.hint)) for n in nodes if n.hint is not None},
        "hintTokens": {n.id: n.hint_tokens for n in nodes if n.hint_tokens},
        "reason": {n.id: visible(n.reason) for n in nodes if n.reason},
        "replaces": {n.id: n.replaces for n in nodes if n.replaces is not None},
        "answer": {n.id: visible(n.step.answer) for n in nodes if n.step.answer is not None},
    }


def rounded(x: float | None) -> float | str | None:
    """Return a number to four places; NaN and infinities, which JSON lacks, as texts."""
    if x is None:
        return None
    return round(x, 4) if abs(x) < float("inf") else str(x)


def outline(solved: ShownTree) -> Iterator[str]:
    """Return one HTML paragraph for the problem and one per step."""
    path = {node.id for node in solved.chosen.path()}
    yield f"<h1>{safe(solved.tree.problem.question)}</h1><p>{safe(solved.name)}</p>"
    for node in preorder(solved.tree):
        if node.parent is not None:
            look = "chosen" if node.id in path else "lost" if node.status in ("rejected", "pruned", "failed") else ""
            yield f'<p class="d{min(node.depth, DEEPEST)} {look}">{entry(node)}</p>'


def entry(node: Node) -> str:
    """Return one step of the outline as HTML."""
    score = "" if node.score is None else f" {node.score:.2f}"
    hint = f" <i>hint: {safe(str(node.hint))}</i>" if node.hint else ""
    fate = f" <small>{node.status} {safe(node.reason)}</small>" if node.reason else ""
    return f"{node.id} {node.author}{score}{hint} {safe(node.step.text)}{fate}"


def safe(text: str) -> str:
    """Escape a text for HTML."""
    return html.escape(visible(text))
