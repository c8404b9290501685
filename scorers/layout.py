"""Lay out a question and its steps as the text that a PRM reads, as its declaration says.

All models here are causal, so a text ends at the last position that is read.
"""

from collections.abc import Sequence

from hintree.models import Classifier, Piece, Prompt
from hintree.policies.words import fill
from hintree.scorers.spec import PRMSpec
from hintree.search.core.actions import Passage

END = Piece("", mark=True)
"""An empty piece with a mark: the model is read at the token before it."""


def lay_out(
    spec: PRMSpec, model: Classifier, question: str, steps: Sequence[str], passages: Sequence[Passage] = ()
) -> list[list[Piece]]:
    """Return the texts, each a list of pieces, with one mark per step in order.

    Layout ``judge`` has one text per step. Every other layout has one text for all steps. Retrieved passages are read
    by the declarations that have a place for them.
    """
    shown = shown_passages(spec, passages)
    steps = [" ".join(step.splitlines()) for step in steps] if spec.flatten else steps
    if spec.layout == "judge":
        return [judge_text(spec, model, question, steps[: i + 1], shown) for i in range(len(steps))]
    if spec.layout == "turns":
        return [turns_text(spec, model, question, steps, shown)]
    start = fill(spec.prompt, question=question, passages=shown)
    if spec.layout == "user":
        laid_out = apply_chat_template(model, spec, [("user", [Piece(start), *step_pieces(spec, steps)])], strips=False)
        return [up_to_last_mark(laid_out)]
    if spec.layout == "solution":
        turns = [("user", [Piece(start)]), ("assistant", step_pieces(spec, steps))]
        return [up_to_last_mark(apply_chat_template(model, spec, turns))]
    return [[Piece(start), *step_pieces(spec, steps)]]


def shown_passages(spec: PRMSpec, passages: Sequence[Passage]) -> str:
    """Return the retrieved passages as the prompt shows them; "" for a declaration that reads none."""
    return "".join(
        fill(spec.passage, passage=one.text, id=one.id, number=str(number)) for number, one in enumerate(passages, 1)
    )


def step_pieces(spec: PRMSpec, steps: Sequence[str]) -> list[Piece]:
    """Return the steps, each followed by its marked separator."""
    pieces = []
    for i, step in enumerate(steps):
        text = fill(spec.step, step=step, number=str(i + 1))
        between = [Piece(spec.between, control=True)] if spec.between and i + 1 < len(steps) else []
        pieces += [Piece(text), Piece(spec.separator, mark=True, control=True), *between]
    return pieces


def turns_text(spec: PRMSpec, model: Classifier, question: str, steps: Sequence[str], shown: str) -> list[Piece]:
    """Return a conversation with a user turn per step; the assistant answers each with the label for "right".

    The model is read before that label.
    """
    turns: list[tuple[str, list[Piece]]] = []
    for i, step in enumerate(steps):
        start = fill(spec.prompt, question=question, passages=shown) if i == 0 else ""
        text = start + fill(spec.step, step=step, number=str(i + 1))
        turns += [("user", [Piece(text)]), ("assistant", [END, Piece(spec.labels[0])])]
    return up_to_last_mark(apply_chat_template(model, spec, turns))


def judge_prompt(spec: PRMSpec, question: str, steps: Sequence[str], passages: Sequence[Passage] = ()) -> Prompt:
    """Return the prompt about the last of ``steps``, whose response begins with the declaration's prefill."""
    steps = [" ".join(step.splitlines()) for step in steps] if spec.flatten else steps
    shown = shown_passages(spec, passages)
    text = fill(spec.prompt, question=question, steps="\n".join(steps), step=steps[-1], passages=shown)
    return Prompt(text, spec.prefill, spec.system)


def judge_text(spec: PRMSpec, model: Classifier, question: str, steps: Sequence[str], shown: str) -> list[Piece]:
    """Return the prompt about the last of ``steps`` and the beginning of the response, where the model is read."""
    prompt = fill(spec.prompt, question=question, steps="\n".join(steps), step=steps[-1], passages=shown)
    turns = [("user", [Piece(prompt)]), ("assistant", [Piece(spec.prefill), END])]
    return up_to_last_mark(apply_chat_template(model, spec, turns))


def apply_chat_template(
    model: Classifier, spec: PRMSpec, turns: list[tuple[str, list[Piece]]], *, strips: bool = True
) -> list[Piece]:
    """Return the turns in the model's chat template; a model without one gets them as lines.

    With ``strips``, the user's pieces have no blanks at their ends, as chat templates leave them.
    """
    system = [("system", [Piece(spec.system)])] if spec.system else []
    stripped = [(role, list(map(strip, pieces)) if strips and role == "user" else pieces) for role, pieces in turns]
    turns = [*system, *stripped]
    laid_out = model.conversation(turns)
    if laid_out is None:
        laid_out = [piece for i, (_, pieces) in enumerate(turns) for piece in ([Piece("\n")] * (i > 0) + [*pieces])]
    return laid_out


def strip(piece: Piece) -> Piece:
    """Remove the blanks at both ends, as chat templates do with the user's text."""
    return piece._replace(text=piece.text.strip())


def up_to_last_mark(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces up to the last marked one, included."""
    last = max(i for i, piece in enumerate(pieces) if piece.mark)
    return pieces[: last + 1]
