"""Judges on the lab's models: these are asked in the lab's forms (docs/lab.md, "Forms"), not in a conversation.

A judge reads the question, the steps and a label, such as "Right:", one on a line, as in the training rows.
"""

from dataclasses import replace
from typing import Any

from hintree.errors import UsageError
from hintree.policies.formats import UNSEEN
from hintree.scorers.families import GRADE_PROMPT, YES_NO_PROMPT
from hintree.scorers.spec import PRMSpec

LINES = "{question}\n{steps}"
RIGHT, GRADE, ANALYSIS = "Right:", "Grade:", "Analysis:"
VERDICTS = ("yes", "no")
JUDGES: dict[str, dict[str, Any]] = {
    YES_NO_PROMPT: {"prompt": LINES, "prefill": RIGHT, "labels": VERDICTS},
    GRADE_PROMPT: {"prompt": LINES, "prefill": GRADE},
}
"""Fields of a judge's declaration in the lab's form, by the prompt that it has in a conversation."""


def judge_for(spec: PRMSpec, model: object) -> PRMSpec:
    """Return the declaration, on a model of the lab the judges ``yes-no`` and ``digits`` in its own form.

    Raises:
        UsageError: The model is one of the lab's and was not trained on the form.
    """
    form = JUDGES.get(spec.prompt)
    return spec if form is None or not reads_forms(model) else replace(spec, **form)


def reads_forms(model: object) -> bool:
    """Tell whether a model reads the lab's forms, as its vocabulary holds their words and few others.

    Raises:
        UsageError: The vocabulary holds the lab's words and not those of the forms.
    """
    tokenizer = getattr(model, "tokenizer", None)
    if tokenizer is None or tokenizer.chat_template is not None:
        return False
    from hintree.models.local.text import unknown_words

    if not unknown_words(tokenizer, UNSEEN):
        return False
    if unknown_words(tokenizer, " ".join((RIGHT, GRADE, ANALYSIS, *VERDICTS))):
        raise UsageError(
            f"{getattr(model, 'name', 'this model')} cannot judge: its vocabulary lacks {RIGHT}, {GRADE} and "
            f"{ANALYSIS}, in which the lab's models judge (docs/lab.md, Forms); name a chat model, or embedded:prm"
        )
    return True
