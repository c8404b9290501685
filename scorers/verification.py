"""Verification chains: a model writes an analysis of a step, then the probability of its verdict token is read.

The generated text is never executed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hintree.errors import ModelError
from hintree.models import (
    Classifier,
    Completion,
    GenerationRequest,
    LabelReading,
    LanguageModel,
    Piece,
    Prompt,
    Scored,
    SupportsLabels,
    Turn,
)
from hintree.models.labels import answer_at_once, check_mass
from hintree.policies.words import fill
from hintree.scorers.base import Prefix
from hintree.scorers.layout import END
from hintree.search import Response, Usage
from hintree.search.core.seeds import seed_of

VERDICT_LABELS = ("Yes", "No")
"""The two labels, right and wrong, whose probabilities generative verifiers compare in a conversation."""


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
        mass: P(yes) + P(no), in [0, 1]; None where the reader does not tell it.
        error: The error that stopped the chain, else None.
    """

    prefix: Prefix
    index: int = 0
    prompt: str = ""
    output: str = ""
    usage: Usage = field(default_factory=Usage)
    verdict: float = 0.0
    mass: float | None = None
    error: Exception | None = None

    def set_prompt(self, template: str, **texts: str) -> None:
        """Fill a template with ``{question}``, ``{steps}``, ``{step}``, ``{output}`` and ``texts``."""
        steps = self.prefix.steps
        known = {"question": self.prefix.question, "steps": "\n".join(steps), "step": steps[-1], "output": self.output}
        self.prompt = fill(template, **known, **texts)

    def generation(
        self, writer: LanguageModel, begin: str, tokens: int, ends: tuple[str, ...] = ()
    ) -> GenerationRequest:
        """Return the request for the next turn's output of at most ``tokens`` tokens, which continues ``begin``.

        One of ``ends`` or the end of the turn ends it. A model that thinks writes the output without a thought.
        """
        seed, temperature = seed_of(self.prefix.seed, self.index), 1.0 if self.index else 0.0
        prompt = answer_at_once(Prompt(self.prompt, begin), getattr(writer, "thinking", None))
        return GenerationRequest(
            prompt,
            seed,
            temperature,
            max_tokens=tokens,
            stop=ends,
            group=self.prefix.question,
            family=self.prefix.seed,
            sibling=self.index,
        )


def generate_turn(
    writer: LanguageModel,
    chains: Sequence[VerificationChain],
    begin: str,
    tokens: int,
    ends: tuple[str, ...] = (),
) -> None:
    """Generate the next output of all chains in one batch; a chain that fails keeps its error and is skipped later."""
    live = [chain for chain in chains if chain.error is None]
    completions = writer.generate([chain.generation(writer, begin, tokens, ends) for chain in live])
    for chain, completion in zip(live, completions, strict=True):
        if isinstance(completion, Completion):
            chain.output, chain.usage = begin + completion.text, chain.usage.plus(completion.usage)
        else:
            chain.error = completion


class VerdictForm(NamedTuple):
    """The text in which a verdict is asked for and given.

    question: Text of a user turn of its own after the last output, since chat models seldom give a verdict within a
        turn that they would end; "" to read the verdict as the continuation of the output.
    begin: Beginning of the response, which one of ``labels`` follows, without a blank at its end.
    labels: The verdicts "right" and "wrong"; a model on a server has those that it was opened with.
    """

    question: str
    begin: str
    labels: tuple[str, str] = VERDICT_LABELS

    def prompt(self, chain: VerificationChain) -> Prompt:
        """Return the prompt after which the verdict is read."""
        if not self.question:
            return Prompt(chain.prompt, chain.output + self.begin)
        return Prompt(self.question, self.begin, turns=(Turn("user", chain.prompt), Turn("assistant", chain.output)))


def read_verdicts(reader: SupportsLabels | Classifier, chains: Sequence[VerificationChain], form: VerdictForm) -> None:
    """Read P(yes) of all chains in one batch, after their last outputs.

    Args:
        reader: Reads labels after prompts; a classifier of the two labels reads them after the same text.
        chains: Modified in place.
        form: Text of the verdict.
    """
    live = [chain for chain in chains if chain.error is None]
    prompts, groups = [form.prompt(chain) for chain in live], [chain.prefix.question for chain in live]
    found: Sequence[LabelReading | Scored | ModelError]
    if isinstance(reader, SupportsLabels):
        found = reader.read_labels(prompts, form.labels, groups=groups)
    else:
        texts = [verdict_pieces(reader, prompt) for prompt in prompts]
        found = reader.classify([pieces for pieces, _ in texts], groups=groups, bos=all(bos for _, bos in texts))
    for chain, result in zip(live, found, strict=True):
        if isinstance(result, LabelReading):
            record_verdict(chain, result, getattr(reader, "name", "the model"), form.labels)
        elif isinstance(result, Scored):
            chain.verdict, chain.mass = result.probabilities[-1], result.mass
            chain.usage = chain.usage.plus(result.usage)
        else:
            chain.error = result


def verdict_pieces(reader: Classifier, prompt: Prompt) -> tuple[list[Piece], bool]:
    """Lay out a prompt for a classifier, with the mark at the end; also return the BOS setting."""
    turns = [*prompt.turns, Turn("user", prompt.user)]
    conversation = reader.conversation(
        [*((role, [Piece(text)]) for role, text in turns), ("assistant", [Piece(prompt.assistant), END])]
    )
    if conversation is None:
        return [Piece(prompt.plain()), END], True
    return conversation[: conversation.index(END) + 1], False


def record_verdict(chain: VerificationChain, found: LabelReading, name: str, labels: Sequence[str]) -> None:
    """Record the verdict of a reading, or the error of one whose labels have no probability."""
    chain.usage, chain.mass = chain.usage.plus(found.usage), found.mass
    chain.error = check_mass(found, name, labels)
    if chain.error is None:
        chain.verdict = found.shares()[0]


def mean_score(chains: Sequence[VerificationChain], scores: Sequence[float]) -> Response[float] | Exception:
    """Return the mean of the chains' scores and masses with their summed usage, or the first error among them."""
    usage = Usage()
    for chain in chains:
        if chain.error is not None:
            return chain.error
        usage = usage.plus(chain.usage)
    masses = [chain.mass for chain in chains if chain.mass is not None]
    mass = sum(masses) / len(masses) if masses else None
    return Response(sum(scores) / len(scores), usage._replace(calls=1), mass)
