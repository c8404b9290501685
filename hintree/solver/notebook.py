"""A solution as HTML for notebooks: a strip of facts and the picture of the tree, without scripts."""

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

from hintree.export import render
from hintree.view.text import visible

if TYPE_CHECKING:
    from hintree.solver.solution import Solution

LARGEST = 300
"""Steps of a tree that is drawn; a larger one is named with how to open it."""
LONGEST = 600
"""Characters of a text that are shown."""
CELL = "padding:2px 12px 2px 0;vertical-align:top;text-align:left"


def solution_html(solution: "Solution") -> str:
    """Return the HTML of a solution. Every text is escaped, and the picture is an image, in which nothing runs."""
    facts = {
        "Question": solution.question,
        "Answer": "none found" if solution.answer is None else solution.answer,
        "Confidence": f"{solution.confidence:.2f}",
        "Status": solution.ended,
        **{f"Step {number}": step.step.text for number, step in enumerate(solution.steps, 1)},
        "Steps written": str(len(solution.tree) - 1),
        "Generated tokens": ", ".join(
            f"{role} {account.generated_tokens:,}"
            for role, account in solution.ledger.accounts.items()
            if account.calls
        ),
    }
    rows = "".join(
        f'<tr><th style="{CELL}">{name}</th><td style="{CELL}">{shown(text)}</td></tr>' for name, text in facts.items()
    )
    return f'<table style="border-collapse:collapse">{rows}</table>{picture(solution)}'


def shown(text: str) -> str:
    """Return a text escaped for HTML, its line breaks kept, cut where it is very long."""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return escape(visible(cut)).replace("\n", "<br>")


def picture(solution: "Solution") -> str:
    """Return the drawn tree as an image element; for a large tree a sentence in its place."""
    if len(solution.tree) > LARGEST:
        return f"<p>{len(solution.tree) - 1:,} steps are not drawn; see solution.tree.save('tree.html')</p>"
    svg = render(solution.tree.outcome, ".svg") if solution.tree.outcome is not None else b""
    data = b64encode(svg).decode()
    return f'<img alt="Tree of the search" style="max-width:100%" src="data:image/svg+xml;base64,{data}">'
