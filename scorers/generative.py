"""Generative verifiers: a model writes an analysis of the last step, then its verdict is read from probabilities.

The score is P(yes) / (P(yes) + P(no)) after a fixed beginning of the verdict (GenPRM, arXiv 2504.00891; ThinkPRM, arXiv
2504.16828). The verdict is not parsed from text, so every analysis yields one, unless the model would write neither.
"""

from collections.abc import Sequence
from typing import NamedTuple

from hintree.errors import UsageError
from hintree.models import Classifier, LanguageModel, SupportsLabels
from hintree.scorers.base import PathScorer, Prefix
from hintree.scorers.lab_judges import ANALYSIS, LINES, RIGHT, VERDICTS, reads_forms
from hintree.scorers.verification import VerdictForm, VerificationChain, generate_turn, mean_score, read_verdicts
from hintree.search import Response

CONTEXT = "Problem:\n{question}\n\nSolution so far:\n{steps}\n\n"
ASKED = VerdictForm("Is the last step of this solution correct? Answer with Yes or No.", "Answer:")
"""The verdict as an answer of its own, the form with the most mass on small chat models (docs/scorers.md)."""
PUBLISHED = VerdictForm("", "\n<output>\n**Judgement**: $\\boxed{")
"""The verdict as GenPRM's own checkpoints are trained to write it."""


class VerifierPrompt(NamedTuple):
    """The prompts of a generative verifier.

    turns: Prompt templates, one per turn; fields as in ``VerificationChain.set_prompt``, with the previous turn's
        output as ``{output}``.
    begin: Beginning of every output.
    verdict: How the verdict is read after the last output.
    tokens: Maximum length of an output, in tokens.
    ends: Texts that end an output; () for where the turn ends.
    """

    turns: tuple[str, ...]
    begin: str
    verdict: VerdictForm
    tokens: int = 512
    ends: tuple[str, ...] = ()


VERIFIERS = {
    "genprm": VerifierPrompt(
        (CONTEXT + "Analyse whether the last step is correct, then judge it: Yes or No.",),
        "<analyze>\n",
        ASKED,
    ),
    "think": VerifierPrompt(
        (CONTEXT + "Verify the solution step by step; end each step with \\boxed{correct} or \\boxed{incorrect}.",),
        "",
        ASKED._replace(question="Is the solution so far correct? Answer with Yes or No."),
    ),
    "br-rm": VerifierPrompt(
        (
            CONTEXT
            + "Name the two or three points most likely to be wrong in the last step, and look at each in one line.",
            CONTEXT
            + "A first look at the last step:\n{output}\n\nThink again, about these points only: is the step correct?",
        ),
        "",
        ASKED,
        256,
    ),
}
"""Prompts of the generative verifiers by name: GenPRM, ThinkPRM and BR-RM (arXiv 2510.23596)."""
LAB = VerifierPrompt((LINES,), ANALYSIS, VerdictForm("", f"\n{RIGHT}", VERDICTS), ends=("\n",))
"""An analysis in one line and the verdict in the next, as the lab's models are trained to write them."""


class GenerativeVerifier(PathScorer):
    """Score a step by the mean verdict of one or more written analyses, in [0, 1].

    Args:
        writer: Language model that writes the analyses.
        reader: The same model, which reads the labels of the verdict; for a model on a server, a classifier of them.
        prompt: Prompts of the verifier. A model of the lab is asked for one analysis in its own form (``LAB``).
        chains: Analyses per step, at least 1. The first is greedy, the others are sampled at temperature 1.

    Raises:
        UsageError: ``chains`` is below 1, or the model is one of the lab's and was not trained on judges' forms.
    """

    def __init__(
        self, writer: LanguageModel, reader: SupportsLabels | Classifier, prompt: VerifierPrompt, chains: int = 1
    ) -> None:
        if chains < 1:
            raise UsageError(f"chains={chains!r} is not a whole number of at least 1")
        if reads_forms(writer):
            prompt = LAB._replace(tokens=prompt.tokens)
        self.writer, self.reader, self.prompt, self.chains = writer, reader, prompt, chains

    def score_prefixes(self, prefixes: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """Return the mean verdict of each prefix's chains."""
        groups = [[VerificationChain(prefix, i) for i in range(self.chains)] for prefix in prefixes]
        chains = [chain for group in groups for chain in group]
        for turn in self.prompt.turns:
            for chain in chains:
                chain.set_prompt(turn)
            generate_turn(self.writer, chains, self.prompt.begin, self.prompt.tokens, self.prompt.ends)
        read_verdicts(self.reader, chains, self.prompt.verdict)
        return [mean_score(group, [chain.verdict for chain in group]) for group in groups]
