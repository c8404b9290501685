"""Multi-agent judging (MAJ of JudgeBoard, arXiv 2511.15958): profiles of one model debate the last step, then vote."""

from collections.abc import Sequence

from hintree.errors import UsageError
from hintree.models import Classifier, LanguageModel, SupportsLabels
from hintree.scorers.base import PathScorer, Prefix
from hintree.scorers.generative import ASKED, CONTEXT, LAB
from hintree.scorers.lab_judges import LINES, reads_forms
from hintree.scorers.verification import VerificationChain, generate_turn, mean_score, read_verdicts
from hintree.search import Response

PROFILES = (
    "You check every computation again.",
    "You check whether the step uses the right facts of the problem, and all of them.",
    "You doubt the step and look for the strongest objection to it.",
)
"""Default profiles of the debaters; each one starts a debater's prompt."""
OPENING = "{profile}\n\n" + CONTEXT + "In a few lines: is the last step correct, and why?"
REPLY = (
    OPENING
    + "\n\nThe others said:\n{others}\n\nYour own view was:\n{output}\n\nAnswer them; change your mind if they are "
    "right."
)
LAB_REPLY = LINES + "\n{others}"
"""Prompt of a reply of the lab's models, which read the others' analyses as lines and no profile."""


class Debate(PathScorer):
    """Return the fraction of profiles that vote for the last step after a debate, in [0, 1].

    The lab's models read no profile: one of them writes the most probable analysis, the others sample theirs.

    Args:
        writer: Language model that writes for every profile.
        reader: The same model, which reads yes and no; a profile votes for the more probable label.
        profiles: Profile texts, at least one.
        rounds: Rounds of the debate, at least 1; every profile writes once per round.
        tokens: Maximum length of one contribution, in tokens.

    Raises:
        UsageError: There is no profile or no round, or a model of the lab was not trained on judges' forms.
    """

    def __init__(
        self,
        writer: LanguageModel,
        reader: SupportsLabels | Classifier,
        profiles: Sequence[str] = PROFILES,
        rounds: int = 2,
        tokens: int = 160,
    ) -> None:
        if not profiles or rounds < 1:
            raise UsageError(f"profiles={profiles!r}, rounds={rounds!r}: a debate needs at least one of each")
        self.writer, self.reader, self.profiles, self.rounds, self.tokens = writer, reader, profiles, rounds, tokens
        self.lab = reads_forms(writer)

    def score_prefixes(self, prefixes: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """Return the fraction of votes for each prefix; all debates share their batches."""
        lab = self.lab
        debates = [
            [VerificationChain(prefix, i if lab else 0) for i in range(len(self.profiles))] for prefix in prefixes
        ]
        chains = [chain for debate in debates for chain in debate]
        opening, reply = (LINES, LAB_REPLY) if lab else (OPENING, REPLY)
        for turn in range(self.rounds):
            for debate in debates:
                self.prompt_all(debate, reply if turn else opening, "\n" if lab else "\n---\n")
            generate_turn(self.writer, chains, LAB.begin if lab else "", self.tokens, LAB.ends if lab else ())
        read_verdicts(self.reader, chains, LAB.verdict if lab else ASKED)
        return [mean_score(debate, [float(chain.verdict > 0.5) for chain in debate]) for debate in debates]

    def prompt_all(self, debate: Sequence[VerificationChain], template: str, between: str) -> None:
        """Set the next prompt of every debater, which shows the others' latest outputs with ``between`` among them."""
        outputs = [chain.output for chain in debate]
        for i, (chain, profile) in enumerate(zip(debate, self.profiles, strict=True)):
            chain.set_prompt(template, profile=profile, others=between.join(outputs[:i] + outputs[i + 1 :]))
