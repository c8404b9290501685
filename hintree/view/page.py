"""Trees of one problem as one self-contained HTML page: no network, a strict policy, text only as text.

The page holds the data as JSON, an outline for browsers without JavaScript, and one script, bundled from the modules in
js/. Its Content-Security-Policy allows nothing but this script and this style, by their hashes.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from hintree.errors import UsageError
from hintree.search import Node
from hintree.search.core.citations import Citation, citations_of, source_of
from hintree.search.core.events import Event
from hintree.search.core.questions import level_of
from hintree.view.bundle import bundle, source
from hintree.view.layout import author, byline, guidance, preorder
from hintree.view.shown_tree import ShownTree
from hintree.view.story import Story
from hintree.view.text import one_line, visible
from hintree.view.typeset import Rich, typeset

MOST_TYPESET = 2_000
"""Texts of a tree that are typeset."""
DEEPEST = 24
"""Levels that the outline indents."""
LETTERS = {"reasoner": "r", "hinted": "h", "teacher": "t", "hinter": "i", "retriever": "v", "verifier": "f"}
"""The letter of each author in the page's data."""


def page(trees: Sequence[ShownTree], links: Mapping[str, str] | None = None, *, live: int = 0) -> str:
    """Return the HTML page that shows trees of the same problem.

    Args:
        trees: The trees, shown one at a time or two side by side.
        links: Addresses of the pages "previous", "index" and "next", where there are any.
        live: Seconds after which the page reads its file again, as its search still runs; 0 for a complete page.

    Raises:
        UsageError: They are of different problems.
    """
    first = trees[0].tree.problem
    if any(solved.tree.problem.question != first.question for solved in trees):
        raise UsageError("trees of different problems cannot be compared; give trees of the same question")
    data = {
        "question": visible(first.question),
        "id": visible(first.id),
        "rich": typeset(first.question),
        "links": dict(links or {}),
        "live": live,
        "trees": [as_columns(solved) for solved in trees],
    }
    parts = {
        "TITLE": html.escape(one_line(first.question, 80)),
        "OUTLINE": "\n".join(row for solved in trees for row in outline(solved)),
    }
    return fill("page.html", "app", data, parts)


def fill(template: str, entry: str, data: Any, parts: Mapping[str, str]) -> str:
    """Return a page: its template with the data, the script of the entry module, the style, and further parts."""
    script, style = bundle(entry), source("page.css")
    own = {
        "DATA": as_data(data),
        "SCRIPT": script,
        "STYLE": style,
        "SCRIPT_HASH": digest(script),
        "STYLE_HASH": digest(style),
    }
    whole = {**own, **parts}
    return re.sub(r"@([A-Z_]+)@", lambda found: whole[found[1]], source(template))


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
        "story": None if solved.story is None else as_story(solved.story),
        "seed": str(solved.tree.seed),
        "chosen": solved.chosen.id,
        "parent": [-1 if n.parent is None else n.parent.id for n in nodes],
        "text": [visible(n.step.text) for n in nodes],
        "author": "-" + "".join(LETTERS[author(n)] for n in nodes[1:]),
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
        "critique": {n.id: visible(n.critique.text) for n in nodes if n.critique is not None},
        "fault": {n.id: n.fault.value for n in nodes if n.fault is not None},
        "action": {n.id: visible(n.action.name) for n in nodes if n.action is not None},
        "yields": {n.id: n.action.yields.value for n in nodes if n.action is not None},
        "level": {n.id: level for n in nodes if n.action is not None and (level := level_of(n.path()))},
        "copyOf": {n.id: n.copy_of for n in nodes if n.copy_of is not None},
        "passages": {n.id: [[visible(p.id), visible(p.text)] for p in n.passages] for n in nodes if n.passages},
        "cites": {n.id: [as_citation(n, one) for one in found] for n in nodes if (found := citations_of(n)[0])},
        "hintTokens": {n.id: n.hint_tokens for n in nodes if n.hint_tokens},
        "reason": {n.id: visible(n.reason) for n in nodes if n.reason},
        "replaces": {n.id: n.replaces for n in nodes if n.replaces is not None},
        "duplicateOf": {n.id: n.duplicate_of for n in nodes if n.duplicate_of is not None},
        "replacedBy": {n.id: n.replaced_by for n in nodes if n.replaced_by is not None},
        "answer": {n.id: visible(n.step.answer) for n in nodes if n.step.answer is not None},
        "thought": {n.id: visible(n.step.thought) for n in nodes if n.step.thought},
        "rich": rich_texts(solved),
        "events": [as_event(event) for event in solved.tree.events] or None,
    }


def as_citation(node: Node, citation: Citation) -> list[Any]:
    """Return a citation: the passage's id, the step that looked it up, its number there, and the quotation or None."""
    source, quote = source_of(node, citation), node.step.text[citation.start : citation.end]
    number = next(k for k, passage in enumerate(source.passages) if passage.id == citation.id)
    return [visible(citation.id), source.id, number, None if citation.at is None else visible(quote)]


def as_story(story: Story) -> dict[str, Any]:
    """Return a story with its texts made visible."""

    def shown(value: Any) -> Any:
        if isinstance(value, str):
            return visible(value)
        return {visible(name): shown(part) for name, part in value.items()} if isinstance(value, Mapping) else value

    return {name: shown(value) for name, value in story.to_dict().items()}


def rich_texts(solved: ShownTree) -> dict[int, list[Rich]]:
    """Return the typeset texts of steps by id, and the typeset answer as -1; plain texts are left out.

    Of a tree with very many such texts, those of the chosen path come first, and later ones stay as they are.
    """
    texts = {node.id: node.step.text for node in [*solved.chosen.path(), *solved.tree.nodes[1:]]}
    if solved.story is not None and solved.story.answer is not None:
        texts = {-1: as_math(solved.story.answer), **texts}
    made = ((number, typeset(text)) for number, text in texts.items())
    return dict(islice(((number, rich) for number, rich in made if rich is not None), MOST_TYPESET))


def as_math(answer: str) -> str:
    """Return an answer that holds LaTeX as a formula."""
    return f"${answer}$" if "\\" in answer and "$" not in answer else answer


def as_event(event: Event) -> list[Any]:
    """Return an event as the page reads it, with its texts made visible."""
    return [event.kind, event.node, [visible(part) if isinstance(part, str) else part for part in event.more] or None]


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
    under = "".join(f" <i>{safe(line)}</i>" for line in guidance(node))
    fate = f" <small>{node.status} {safe(node.reason)}</small>" if node.reason else ""
    return f"{node.id} {safe(byline(node))}{score}{under} {safe(node.step.text)}{fate}"


def safe(text: str) -> str:
    """Escape a text for HTML."""
    return html.escape(visible(text))
