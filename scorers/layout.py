"""From question and steps to the text that a PRM reads, as its declaration says.

All models here look back only, so a text ends where it is read for the last time.
"""

import re
from collections.abc import Sequence

from hintree.models import Classifier, Piece
from hintree.scorers.spec import PRMSpec

END = Piece("", mark=True)
"""Read at the token before."""


def lay_out(spec: PRMSpec, model: Classifier, question: str, steps: Sequence[str]) -> list[list[Piece]]:
    """The texts, which have one mark per step in all, in order: one text, or for judges one per step."""
    steps = [" ".join(step.splitlines()) for step in steps] if spec.flatten else steps
    if spec.layout == "judge":
        return [judged(spec, model, question, steps[: i + 1]) for i in range(len(steps))]
    if spec.layout == "turns":
        return [in_turns(spec, model, question, steps)]
    start = fill(spec.prompt, question=question)
    if spec.layout == "solution":
        talk = [("user", [Piece(start)]), ("assistant", told(spec, steps))]
        return [until_read(converse(model, spec, talk))]
    return [[Piece(start), *told(spec, steps)]]


def told(spec: PRMSpec, steps: Sequence[str]) -> list[Piece]:
    """Steps and separators."""
    pieces = []
    for i, step in enumerate(steps):
        text = fill(spec.step, step=step, number=str(i + 1))
        more = [Piece(spec.between, control=True)] if spec.between and i + 1 < len(steps) else []
        pieces += [Piece(text), Piece(spec.separator, mark=True, control=True), *more]
    return pieces


def in_turns(spec: PRMSpec, model: Classifier, question: str, steps: Sequence[str]) -> list[Piece]:
    """A turn of the user for every step, answered by the label for "right", before which the text is read."""
    talk: list[tuple[str, list[Piece]]] = []
    for i, step in enumerate(steps):
        start = fill(spec.prompt, question=question) if i == 0 else ""
        text = start + fill(spec.step, step=step, number=str(i + 1))
        talk += [("user", [Piece(text)]), ("assistant", [END, Piece(spec.labels[0])])]
    return until_read(converse(model, spec, talk))


def judged(spec: PRMSpec, model: Classifier, question: str, steps: Sequence[str]) -> list[Piece]:
    """The question about the last of some steps, and the beginning of its answer."""
    asked = fill(spec.prompt, question=question, steps="\n".join(steps), step=steps[-1])
    return until_read(converse(model, spec, [("user", [Piece(asked)]), ("assistant", [Piece(spec.prefill), END])]))


def converse(model: Classifier, spec: PRMSpec, talk: list[tuple[str, list[Piece]]]) -> list[Piece]:
    """The turns in the model's chat template; a model without one reads them as lines."""
    first = [("system", [Piece(spec.system)])] if spec.system else []
    turns = [*first, *((role, list(map(strip, pieces)) if role == "user" else pieces) for role, pieces in talk)]
    shown = model.conversation(turns)
    if shown is None:
        shown = [piece for i, (_, pieces) in enumerate(turns) for piece in ([Piece("\n")] * (i > 0) + [*pieces])]
    return shown


def strip(piece: Piece) -> Piece:
    """Without blanks at the ends, which templates cut off from what users say."""
    return piece._replace(text=piece.text.strip())


def until_read(pieces: list[Piece]) -> list[Piece]:
    """The pieces up to the last mark."""
    last = max(i for i, piece in enumerate(pieces) if piece.mark)
    return pieces[: last + 1]


def fill(template: str, **texts: str) -> str:
    """A template with its places filled, all at once, so that what is filled in is never taken for a place."""
    return re.sub(r"\{(\w+)\}", lambda found: texts.get(found[1], found[0]), template)
