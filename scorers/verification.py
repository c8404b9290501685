"""Verification chains: a model writes an analysis of a step, then the probability of its verdict token is read.

The generated text is never executed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hintree.models import Classifier, Completion, GenerationRequest, LanguageModel, Piece, Prompt, Scored
from hintree.policies.words import fill
from hintree.scorers.base import Prefix
from hintree.scorers.layout import END
from hintree.search import Response, Usage
from hintree.search.core.seeds import seed_of


@dataclass(slots=True, eq=False)
class VerificationChain:
    """The conversation of one verifier about one solution prefix; the functions below advance it in place.

    Attributes:
        prefix: The solution prefix whose last step is verified.
        index: Number of the chain for this prefix. Chain 0 is greedy, the others are sampled at temperature 1.
        prompt: The prompt of the latest turn.
        output: The model's output in the latest turn.
        usage: Usage summed over all turns.
        verdict: P(yes) / (P(yes) + P(no)), in [0, 1].
        error: The error that stopped the chain, else None.
    """

    prefix: Prefix
    index: int = 0
    prompt: str = ""
    output: str = ""
    usage: Usage = field(default_factory=Usage)
    verdict: float = 0.0
    error: Exception | None = None

    def set_prompt(self, template: str, **texts: str) -> None:
        """Fill a template with ``{question}``, ``{steps}``, ``{step}``, ``{output}`` and ``texts``."""
        steps = self.prefix.steps
        known = {"question": self.prefix.question, "steps": "\n".join(steps), "step": steps[-1], "output": self.output}
        self.prompt = fill(template, **known, **texts)

    def generation(self, begin: str, tokens: int) -> GenerationRequest:
        """Return the request for the next turn's output of at most ``tokens`` tokens, which continues ``begin``."""
        seed, temperature = seed_of(self.prefix.seed, self.index), 1.0 if self.index else 0.0
        prompt = Prompt(self.prompt, begin)
        return GenerationRequest(prompt, seed, temperature, max_tokens=tokens, group=self.prefix.question)


def generate_turn(writer: LanguageModel, chains: Sequence[VerificationChain], begin: str, tokens: int) -> None:
    """Generate the next output of all chains in one batch; a chain that fails keeps its error and is skipped later."""
    live = [chain for chain in chains if chain.error is None]
    completions = writer.generate([chain.generation(begin, tokens) for chain in live])
    for chain, completion in zip(live, completions, strict=True):
        if isinstance(completion, Completion):
            chain.output, chain.usage = begin + completion.text, chain.usage.plus(completion.usage)
        else:
            chain.error = completion


def read_verdicts(reader: Classifier, chains: Sequence[VerificationChain], verdict: str) -> None:
    """Read P(yes) of all chains in one batch, at the token after their last output and the text ``verdict``."""
    live = [chain for chain in chains if chain.error is None]
    texts = [verdict_pieces(reader, chain.prompt, chain.output + verdict) for chain in live]
    groups = [chain.prefix.question for chain in live]
    results = reader.classify([pieces for pieces, _ in texts], groups=groups, bos=all(bos for _, bos in texts))
    for chain, scored in zip(live, results, strict=True):
        if isinstance(scored, Scored):
            chain.verdict, chain.usage = scored.probabilities[-1], chain.usage.plus(scored.usage)
        else:
            chain.error = scored


def verdict_pieces(reader: Classifier, prompt: str, output: str) -> tuple[list[Piece], bool]:
    """Lay out a prompt and the beginning of its response, with the mark at the end; also return the BOS setting."""
    conversation = reader.conversation([("user", [Piece(prompt)]), ("assistant", [Piece(output), END])])
    if conversation is None:
        return [Piece(f"{prompt}\n{output}"), END], True
    return conversation[: conversation.index(END) + 1], False


def mean_score(chains: Sequence[VerificationChain], scores: Sequence[float]) -> Response[float] | Exception:
    """Return the mean of the chains' scores with their summed usage, or the first error among them."""
    usage = Usage()
    for chain in chains:
        if chain.error is not None:
            return chain.error
        usage = usage.plus(chain.usage)
    return Response(sum(scores) / len(scores), usage._replace(calls=1))
