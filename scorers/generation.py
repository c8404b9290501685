"""Chains of thought of a judge: a model writes, then it is read for yes or no. What it wrote is never executed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hintree.models import Classifier, Completion, GenerationRequest, LanguageModel, Piece, Prompt, Scored
from hintree.scorers.base import Prefix
from hintree.scorers.layout import END, fill
from hintree.search import Response, Usage
from hintree.search.core.seeds import seed_of


@dataclass(slots=True, eq=False)
class Chain:
    """One judge at work on one case.

    Attributes:
        case: What it judges.
        index: Tells apart the chains about one case; the first is never drawn at random.
        asked, said: The last turn.
        usage: What it cost so far.
        verdict: P(yes) against P(no), in [0, 1].
        error: Why it could not go on.
    """

    case: Prefix
    index: int = 0
    asked: str = ""
    said: str = ""
    usage: Usage = field(default_factory=Usage)
    verdict: float = 0.0
    error: Exception | None = None

    def ask(self, template: str, **texts: str) -> None:
        """Set the next question: a template with ``{question}``, ``{steps}``, ``{step}``, ``{said}`` and others."""
        steps = "\n".join(self.case.steps)
        known = {"question": self.case.question, "steps": steps, "step": self.case.steps[-1], "said": self.said}
        self.asked = fill(template, **known, **texts)

    def request(self, begin: str, tokens: int) -> GenerationRequest:
        """The answer to be written."""
        seed, heat = seed_of(self.case.seed, self.index), 1.0 if self.index else 0.0
        return GenerationRequest(Prompt(self.asked, begin), seed, heat, max_tokens=tokens, group=self.case.question)


def answer(writer: LanguageModel, chains: Sequence[Chain], begin: str, tokens: int) -> None:
    """Have all chains answer what they are asked, in one batch."""
    live = [chain for chain in chains if chain.error is None]
    for chain, done in zip(live, writer.generate([chain.request(begin, tokens) for chain in live]), strict=True):
        if isinstance(done, Completion):
            chain.said, chain.usage = begin + done.text, chain.usage.plus(done.usage)
        else:
            chain.error = done


def decide(reader: Classifier, chains: Sequence[Chain], verdict: str) -> None:
    """Read all chains for yes or no, after their last answer and the beginning of the verdict."""
    live = [chain for chain in chains if chain.error is None]
    texts = [after(reader, chain.asked, chain.said + verdict) for chain in live]
    groups = [chain.case.question for chain in live]
    read = reader.classify([pieces for pieces, _ in texts], groups=groups, bos=all(bos for _, bos in texts))
    for chain, done in zip(live, read, strict=True):
        if isinstance(done, Scored):
            chain.verdict, chain.usage = done.probabilities[-1], chain.usage.plus(done.usage)
        else:
            chain.error = done


def after(reader: Classifier, asked: str, said: str) -> tuple[list[Piece], bool]:
    """A question and the beginning of its answer, read at the end; whether the tokenizer's first token goes before."""
    talk = reader.conversation([("user", [Piece(asked)]), ("assistant", [Piece(said), END])])
    if talk is None:
        return [Piece(f"{asked}\n{said}"), END], True
    return talk[: talk.index(END) + 1], False


def settle(chains: Sequence[Chain], scores: Sequence[float]) -> Response[float] | Exception:
    """The mean of some chains' scores and what all of them cost, or the first error."""
    usage = Usage()
    for chain in chains:
        if chain.error is not None:
            return chain.error
        usage = usage.plus(chain.usage)
    return Response(sum(scores) / len(scores), usage._replace(calls=1))
