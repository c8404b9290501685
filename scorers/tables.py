"""Markdown tables of scorers and PRM families for docs/scorers.md; ``python -m hintree.scorers.tables`` prints them."""

from collections.abc import Iterable

from hintree.scorers import FAMILIES, KNOWN, SCORERS


def scorers() -> str:
    """Return the table of all scorers except PRMs: name, description, source."""
    rows = ((f"`{info.usage}`", info.about, info.source) for info in SCORERS.values())
    return table(("name", "score", "source"), rows)


def families() -> str:
    """Return the table of PRM families: name, format and source, known models."""
    known = {family: [f"`{name}`" for name, own in KNOWN.items() if own == family] for family in FAMILIES}
    rows = ((f"`{name}`", spec.layout, spec.source, ", ".join(known[name]) or "-") for name, spec in FAMILIES.items())
    return table(("family", "layout", "source and score", "known models"), rows)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, *rows)).replace("\n", f"\n{'|---' * len(head)}|\n", 1)


if __name__ == "__main__":
    print(scorers(), families(), sep="\n")
