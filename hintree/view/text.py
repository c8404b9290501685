"""The one sanitiser: what a model or a user wrote, made fit to be shown or stored anywhere."""

import unicodedata

HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Unicode categories that are not seen, or that change how other text is seen."""


def visible(text: str) -> str:
    r"""The text with control, bidirectional and other invisible characters written out, as in \x1b; lines stay."""
    if text.isprintable():
        return text
    return "".join(c if c == "\n" or unicodedata.category(c) not in HIDDEN else ascii(c)[1:-1] for c in text)


def one_line(text: str, longest: int | None = None) -> str:
    """The visible text as one line of at most ``longest`` characters, cut with an ellipsis."""
    flat = " ".join(visible(text).split())
    return flat if longest is None or len(flat) <= longest else flat[: longest - 1] + "…"


def storable(text: str) -> str:
    """The text as written but for lone surrogates, which no encoding takes: they become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
