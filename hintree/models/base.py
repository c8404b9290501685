"""What every model offers, wherever it runs: the types of requests and answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from hintree.errors import ModelError
from hintree.search.core.ledger import Usage

__all__ = [
    "Classifier",
    "Completion",
    "GenerationRequest",
    "LanguageModel",
    "Piece",
    "Prompt",
    "Scored",
    "SupportsLoglikelihood",
    "Usage",
]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation of one turn, the assistant's part of which is to be continued.

    A model with a chat template renders it as such; any other reads ``user``, a line break and ``assistant``.
    """

    user: str
    assistant: str = ""
    system: str = ""

    def plain(self) -> str:
        """The prompt as one text, for a model without a chat template."""
        system = f"{self.system}\n" if self.system else ""
        return f"{system}{self.user}\n{self.assistant}"


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One text to write.

    Attributes:
        prompt: What to continue.
        seed: Decides every random choice; the same seed writes the same text in any batch.
        temperature: 0 for the most probable token, else > 0.
        top_k: Draw from so many of the most probable tokens; 0 for all.
        top_p: Draw from the most probable tokens that together reach this probability, in (0, 1].
        min_p: Draw from tokens at least this probable, relative to the most probable, in [0, 1].
        max_tokens: Longest text, in tokens.
        stop: Texts that end it; they are not part of it.
        group: Requests of one group begin alike, such as those about one problem, and a cache keeps what they share.
            By default, those with the same ``system`` and ``user`` text. It changes speed, never a text.
    """

    prompt: Prompt
    seed: int = 0
    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    group: str = ""


class Completion(NamedTuple):
    """What a model wrote.

    text: Without the stop text and without special tokens.
    ended: "stop" (a stop text came), "end" (the model ended its text) or "length" (max_tokens or the context is full).
    probabilities: Probability of each generated token at temperature 1, in [0, 1]; stop and end tokens included. Empty
        where a server does not tell them.
    entropies: Entropy of each token's distribution at temperature 1, in nats. Empty where it is not known.
    usage: What it cost.
    """

    text: str
    ended: Literal["stop", "end", "length"]
    probabilities: tuple[float, ...]
    entropies: tuple[float, ...]
    usage: Usage


class LanguageModel(Protocol):
    """A model that writes text.

    Attributes:
        name: The string that names it.
        parameters: Number of weights; 0 if it is not known, as of a server.
        chat: Whether it has a chat template.
        usage: Sum of all it has cost so far.
    """

    name: str
    parameters: int
    chat: bool
    usage: Usage

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Completion | ModelError]:
        """Write one text per request, in order; a request that cannot be served is answered by its error."""
        ...

    def unknown_words(self, text: str) -> list[str]:
        """Words of ``text`` for which the model has no token; empty for open vocabularies."""
        ...

    def forget(self) -> None:
        """Drop cached keys and values, so that the cost of later requests does not depend on earlier ones."""
        ...


class Piece(NamedTuple):
    """A part of a text.

    text: May be empty.
    mark: Asks for the probability that the labels mean "right" at its last token; at the token before, if it is empty.
    control: Whether it may hold control tokens. What users and models wrote may not.
    """

    text: str
    mark: bool = False
    control: bool = False


class Scored(NamedTuple):
    """Probabilities, each in [0, 1], of "right" at every marked piece or of tokens; and what they cost."""

    probabilities: tuple[float, ...]
    usage: Usage


@runtime_checkable
class SupportsLoglikelihood(Protocol):
    """A language model that can also read: it says how probable a text is that another has written."""

    def loglikelihood(self, texts: Sequence[tuple[Prompt, str]]) -> list[Scored | ModelError]:
        """Probability of each token of each text after its prompt, at temperature 1; nothing is written."""
        ...


class Classifier(Protocol):
    """A model that is read at marked places; attributes as in ``LanguageModel``."""

    name: str
    parameters: int
    chat: bool
    usage: Usage

    def classify(
        self, texts: Sequence[Sequence[Piece]], *, groups: Sequence[str] = (), whole: bool = False, bos: bool = True
    ) -> list[Scored | ModelError]:
        """Probability of "right" at each marked piece of each text.

        Args:
            texts: Pieces of each.
            groups: For each text, a name for those that begin alike, such as those about one problem; by default the
                first piece. It changes speed, never a probability.
            whole: Tokenize a text as a whole, not piece by piece; then no piece can hold control tokens.
            bos: Put the token before it that begins a text, if the tokenizer has one.
        """
        ...

    def conversation(self, turns: Sequence[tuple[str, Sequence[Piece]]]) -> list[Piece] | None:
        """The turns (role and pieces) in the model's chat template; None if it has none."""
        ...
