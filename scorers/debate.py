"""MAJ: several profiles of one model debate the last step, then vote."""

from collections.abc import Sequence

from hintree.errors import UsageError
from hintree.models import Classifier, LanguageModel
from hintree.scorers.base import Judge, Prefix
from hintree.scorers.generation import Chain, answer, decide, settle
from hintree.scorers.generative import WORK
from hintree.search import Response

PROFILES = (
    "You check every computation again.",
    "You check whether the step uses the right facts of the problem, and all of them.",
    "You doubt the step and look for the strongest objection to it.",
)
"""Who takes part."""
OPEN = "{profile}\n\n" + WORK + "In a few lines: is the last step correct, and why?"
REPLY = (
    OPEN
    + "\n\nThe others said:\n{others}\n\nYour own view was:\n{said}\n\nAnswer them; change your mind if they are right."
)
VERDICT = "\nIs the last step correct? "


class Debate(Judge):
    """The share of profiles that find the last step correct after a debate, in [0, 1].

    Args:
        writer: Who speaks for every profile.
        reader: The same model, read for yes and no; a profile votes for the more probable.
        profiles: What each is told about itself; at least one.
        rounds: How often each speaks; at least 1.
        tokens: Longest speech.

    Raises:
        UsageError: No profile, or no round.
    """

    def __init__(
        self,
        writer: LanguageModel,
        reader: Classifier,
        profiles: Sequence[str] = PROFILES,
        rounds: int = 2,
        tokens: int = 160,
    ) -> None:
        if not profiles or rounds < 1:
            raise UsageError(f"profiles={profiles!r}, rounds={rounds!r}: a debate needs at least one of each")
        self.writer, self.reader, self.profiles, self.rounds, self.tokens = writer, reader, profiles, rounds, tokens

    def judge(self, cases: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """The votes for each case."""
        tables = [[Chain(case) for _ in self.profiles] for case in cases]
        every = [chain for table in tables for chain in table]
        for turn in range(self.rounds):
            for table in tables:
                said = [chain.said for chain in table]
                for i, (chain, profile) in enumerate(zip(table, self.profiles, strict=True)):
                    others = "\n---\n".join(said[:i] + said[i + 1 :])
                    chain.ask(REPLY if turn else OPEN, profile=profile, others=others)
            answer(self.writer, every, "", self.tokens)
        decide(self.reader, every, VERDICT)
        return [settle(table, [float(chain.verdict > 0.5) for chain in table]) for table in tables]
