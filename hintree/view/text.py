"""Sanitise texts of models and users for display and storage; the only module that does."""

import unicodedata

HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Unicode categories that are not seen, or that change how other text is seen."""


def visible(text: str) -> str:
    r"""Return the text with control, bidirectional and other invisible characters escaped, as in \x1b; lines stay."""
    if text.isprintable():
        return text
    return "".join(c if c == "\n" or unicodedata.category(c) not in HIDDEN else ascii(c)[1:-1] for c in text)


def one_line(text: str, longest: int | None = None) -> str:
    """Return the visible text as one line of at most ``longest`` characters, cut with an ellipsis."""
    flat = " ".join(visible(text).split())
    return flat if longest is None or len(flat) <= longest else flat[: longest - 1] + "…"


def storable(text: str) -> str:
    """Return the text with lone surrogates, which no encoding accepts, replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
