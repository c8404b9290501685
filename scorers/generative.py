"""Generative judges: a model writes what it thinks of the last step, then its verdict is read, not parsed.

The verdict is P(yes) / (P(yes) + P(no)) of two label tokens after a given beginning (GenPRM, arXiv 2504.00891;
ThinkPRM, arXiv 2504.16828). A model that comes to no verdict by itself still gives one.
"""

from collections.abc import Sequence
from typing import NamedTuple

from hintree.errors import UsageError
from hintree.models import Classifier, LanguageModel
from hintree.scorers.base import Judge, Prefix
from hintree.scorers.generation import Chain, answer, decide, settle
from hintree.search import Response

WORK = "Problem:\n{question}\n\nSolution so far:\n{steps}\n\n"
LABELS = ("Yes", "No")
"""What every generative judge ends with."""


class Form(NamedTuple):
    """How a judge is asked.

    turns: One after the other; places as in ``Chain.ask``, among them the answer before, ``{said}``.
    begin: How each answer begins.
    verdict: What is put after the last answer; the next token is one of ``LABELS``.
    tokens: Longest answer to a turn.
    """

    turns: tuple[str, ...]
    begin: str
    verdict: str
    tokens: int = 512


FORMS = {
    "genprm": Form(
        (WORK + "Analyse whether the last step is correct, then judge it: Yes or No.",),
        "<analyze>\n",
        "\n<output>\n**Judgement**: $\\boxed{",
    ),
    "think": Form(
        (WORK + "Verify the solution step by step; end each step with \\boxed{correct} or \\boxed{incorrect}.",),
        "",
        "\nIs the solution correct? ",
    ),
    "br-rm": Form(
        (
            WORK
            + "Name the two or three points most likely to be wrong in the last step, and look at each in one line.",
            WORK
            + "A first look at the last step:\n{said}\n\nThink again, about these points only: is the step correct?",
        ),
        "",
        "\nIs the step correct? ",
        256,
    ),
}
"""Generative judges by name."""


class Verdict(Judge):
    """A generative judge.

    Args:
        writer: Who analyses.
        reader: The same model, read for ``LABELS``.
        form: How it is asked.
        chains: Analyses per step, whose verdicts are averaged; from the second on they are drawn at temperature 1.

    Raises:
        UsageError: ``chains`` is below 1.
    """

    def __init__(self, writer: LanguageModel, reader: Classifier, form: Form, chains: int = 1) -> None:
        if chains < 1:
            raise UsageError(f"chains={chains!r} is not a whole number of at least 1")
        self.writer, self.reader, self.form, self.chains = writer, reader, form, chains

    def judge(self, cases: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """The mean verdict of each case's chains."""
        groups = [[Chain(case, i) for i in range(self.chains)] for case in cases]
        every = [chain for group in groups for chain in group]
        for turn in self.form.turns:
            for chain in every:
                chain.ask(turn)
            answer(self.writer, every, self.form.begin, self.form.tokens)
        decide(self.reader, every, self.form.verdict)
        return [settle(group, [chain.verdict for chain in group]) for group in groups]
