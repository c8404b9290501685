"""Markdown tables of all presets for docs/presets.md; ``python -m hintree.presets.tables`` prints them."""

from hintree.presets import PRESETS
from hintree.scorers.tables import table


def methods() -> str:
    """Return the table of methods: name, description, roles besides the reasoner, source."""
    rows = ((f"`{name}`", p.about, ", ".join(p.roles) or "-", p.source or "-") for name, p in PRESETS.items())
    return table(("preset", "method", "roles besides the reasoner", "source"), rows)


def differences() -> str:
    """Return the table of differences from the papers, of all presets that have some."""
    rows = ((f"`{name}`", p.differs) for name, p in PRESETS.items() if p.differs)
    return table(("preset", "differences from the paper"), rows)


if __name__ == "__main__":
    print(methods(), differences(), sep="\n")
