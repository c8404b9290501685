"""Interfaces of language models and classifiers, and the types of their requests and responses.

They hold for models in this process and on a server alike. Callers own the sequences that they pass: no method modifies
its arguments or keeps a reference to them after it returns. Returned values are immutable.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from hintree.errors import ModelError
from hintree.models.thinking import ThinkingStyle
from hintree.search.core.ledger import Usage

__all__ = [
    "Classifier",
    "Completion",
    "GenerationRequest",
    "LanguageModel",
    "Piece",
    "Prompt",
    "Scored",
    "Span",
    "SupportsLoglikelihood",
    "Turn",
    "Usage",
]


class Span(NamedTuple):
    """One part of an assistant's turn: text, and the tokens that a model wrote it as.

    text: Text of the part, as every model and reader without these tokens reads it.
    token_ids: Tokens that the part was generated as, control tokens included; () for text that no model wrote.
    tokenizer: Fingerprint of the tokenizer of ``token_ids``; a model with another tokenizer reads ``text``.
    control: If true, control tokens in ``text`` are encoded as such: false for text that users or models wrote.
    """

    text: str
    token_ids: tuple[int, ...] = ()
    tokenizer: str = ""
    control: bool = False


class Turn(NamedTuple):
    """A finished turn of a conversation: role ("system", "user" or "assistant") and text."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation whose last turn, the assistant's, is to be continued (prefix continuation).

    A model with a chat template renders the prompt through it; any other model reads ``plain()``.

    Attributes:
        user: Text of the last user turn, such as the problem.
        assistant: Beginning of the assistant's turn, such as the steps so far; "" to begin a new turn.
        system: System text; "" for none.
        spans: Parts of ``assistant``, in order, if some were written by a model: their texts joined are ``assistant``.
            () if all of it is text. A model that wrote a part reads its own tokens again.
        turns: Turns before ``user``, such as worked examples (few-shot) or the conversation so far.
        template: Arguments of the chat template by name, such as ``("enable_thinking", False)``.
        server: Further fields of a server's request body by name, each value as JSON text.
    """

    user: str
    assistant: str = ""
    system: str = ""
    spans: tuple[Span, ...] = ()
    turns: tuple[Turn, ...] = ()
    template: tuple[tuple[str, str | int | float | bool], ...] = ()
    server: tuple[tuple[str, str], ...] = ()

    def extended(self, *spans: Span) -> "Prompt":
        """Return the prompt with more spans at the end of its assistant part; empty ones are left out."""
        kept = tuple(s for s in (*(self.spans or (Span(self.assistant),)), *spans) if s.text or s.token_ids)
        return replace(self, assistant=self.assistant + "".join(span.text for span in spans), spans=kept)

    def plain(self) -> str:
        """Return system, turns, user and assistant text, one below the other, for a model without a chat template.

        A blank line follows each finished assistant turn, so that worked examples stand apart.
        """
        system = f"{self.system}\n" if self.system else ""
        turns = "".join(f"{text}\n\n" if role == "assistant" else f"{text}\n" for role, text in self.turns)
        return f"{system}{turns}{self.user}\n{self.assistant}"


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One text to generate, with its sampling parameters.

    Attributes:
        prompt: The prompt to continue.
        seed: Seed of all sampling. The same seed generates the same text in any batch, on the devices
            and number formats that docs/runtime.md names.
        temperature: Divides the logits before sampling, >= 0; 0 is greedy decoding.
        top_k: Sample from this many of the most probable tokens, >= 0; 0 for all.
        top_p: Nucleus sampling: the most probable tokens that together reach this probability, in (0, 1].
        min_p: Least probability of a sampled token, relative to the most probable one, in [0, 1].
        max_tokens: Maximum number of generated tokens, >= 1.
        stop: Stop texts; the first to appear ends the text and is not part of it. They may hold control tokens.
        stop_pattern: Regular expression; its first match ends the text and is part of it. "" for none.
        min_tokens: Stop texts and patterns that end before this many generated tokens are ignored, >= 0.
        may_be_blank: False to ignore a stop text of blanks at the very beginning, since many models begin with an empty
            line; true for the rest of a text, which may be nothing but its end.
        repeats: End a text that loops: that ends in the same passage this many times in a row, >= 2
            (``search.core.loops``); 0 to let it run.
        group: Name of the requests that share a prefix in the KV cache, such as those about one problem. By default,
            requests with the same ``system`` and ``user`` text form a group. It affects speed, never the text.
        thinking_tokens: Maximum number of tokens of a thought that a server writes before the text and returns
            separately; they are added to ``max_tokens``. With 0, thinking is turned off on a server. Local models
            ignore it: the prompt turns thinking off.
        family: Seed that the texts after the same prompt share, such as the drafts of one step; 0 for none. A server
            samples with ``family`` + ``sibling`` in place of ``seed``, since it gives the texts of one request (``n``)
            consecutive seeds. Local models ignore it.
        sibling: Number of this text in its family, >= -1.
    """

    prompt: Prompt
    seed: int = 0
    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    stop_pattern: str = ""
    min_tokens: int = 0
    may_be_blank: bool = False
    repeats: int = 0
    group: str = ""
    thinking_tokens: int = 0
    family: int = 0
    sibling: int = 0


class Completion(NamedTuple):
    """One generated text with its token statistics and its cost.

    text: Generated text without the stop text and without special tokens; without the loop that ended it.
    ended: "stop" (a stop text), "end" (end-of-sequence token), "length" (``max_tokens``, or a full context) or "loop".
    probabilities: Probability of each generated token at temperature 1, in [0, 1], with stop and end tokens, without
        those of a loop. Empty where a server returns no log-probabilities.
    entropies: Entropy of each token's distribution at temperature 1, in nats, >= 0. Empty where it is unknown.
    usage: Cost of this text: one call and its tokens.
    stopped_by: The stop text that ended it; "" for a pattern, and where no stop text appeared.
    token_ids: All generated tokens. Empty where a server returns none, or they hold more than text and stop text.
    tokenizer: Fingerprint of the tokenizer of ``token_ids``; "" without them.
    thought: Reasoning that a server returned apart from ``text``; None if it did not.
    rest: Blanks, such as an indent, that its last token holds behind the stop text or match; "" if none are known.
    """

    text: str
    ended: Literal["stop", "end", "length", "loop"]
    probabilities: tuple[float, ...]
    entropies: tuple[float, ...]
    usage: Usage
    stopped_by: str = ""
    token_ids: tuple[int, ...] = ()
    tokenizer: str = ""
    thought: str | None = None
    rest: str = ""


class LanguageModel(Protocol):
    """Language model that generates text.

    Attributes:
        name: Name that the model was opened by.
        parameters: Number of weights; 0 if it is unknown, as for a server.
        chat: True if prompts are rendered through a chat template.
        usage: Sum of the usage of all responses so far. The model updates it; callers only read it.
        thinking: How the model marks thoughts that precede its answers; None for a model that writes none.
        continues_thoughts: True if a thought that is given to it can be continued. False for servers that return
            thoughts apart from the text.
    """

    name: str
    parameters: int
    chat: bool
    usage: Usage
    thinking: ThinkingStyle | None
    continues_thoughts: bool

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Completion | ModelError]:
        """Generate one text per request.

        A text depends on its own request only, not on batch composition or on earlier calls. Does not modify
        ``requests``; updates ``usage`` and, for a local model, the KV cache.

        Args:
            requests: Any number of requests, also none.

        Returns:
            One entry per request, in the same order. A request that cannot be served is answered by its error, such as
            ``ContextError`` for a prompt that does not fit the model's context; the other requests are unaffected.
        """
        ...

    def unknown_words(self, text: str) -> list[str]:
        """Return the words of ``text`` that are outside the vocabulary; empty for subword vocabularies and servers."""
        ...

    def forget(self) -> None:
        """Clear the KV cache, so that the cost of later requests does not depend on earlier ones.

        Generated texts are the same with and without it. Must not be called while ``generate`` runs.
        """
        ...


class Piece(NamedTuple):
    """One part of a text to classify, such as a step or the separator after it.

    text: Text of the part; may be empty.
    mark: If true, the probability of "right" is read at the last token of this part, or at the token before it if the
        part is empty.
    control: If true, control tokens in ``text`` are encoded as such. Must be false for text that users or models wrote.
    """

    text: str
    mark: bool = False
    control: bool = False


class Scored(NamedTuple):
    """Probabilities that a model assigned to one text, with their cost.

    probabilities: Each in [0, 1]: of "right" at every marked piece (``classify``), or of every token
        (``loglikelihood``), in the order of the text.
    usage: Cost of this text.
    mass: Probability, in [0, 1], that one of the labels follows the last marked piece; None for no labels.
    """

    probabilities: tuple[float, ...]
    usage: Usage
    mass: float | None = None


@runtime_checkable
class SupportsLoglikelihood(Protocol):
    """Language model that can score a given text by its token probabilities, without generating."""

    def loglikelihood(self, texts: Sequence[tuple[Prompt, str]]) -> list[Scored | ModelError]:
        """Return the probability of each token of each text after its prompt, at temperature 1.

        Generates nothing and does not modify ``texts``; updates ``usage``.

        Args:
            texts: Pairs of a prompt and the text that continues its assistant part.

        Returns:
            One entry per text, in the same order: probabilities in [0, 1], or the error of a text that cannot be
            scored.
        """
        ...


class Classifier(Protocol):
    """Model that returns label probabilities at marked positions, such as a PRM; attributes as in ``LanguageModel``."""

    name: str
    parameters: int
    chat: bool
    usage: Usage

    def classify(
        self, texts: Sequence[Sequence[Piece]], *, groups: Sequence[str] = (), whole: bool = False, bos: bool = True
    ) -> list[Scored | ModelError]:
        """Return the probability of "right" at each marked piece of each text.

        Does not modify its arguments; updates ``usage`` and, for a local model, the KV cache.

        Args:
            texts: Pieces of each text.
            groups: For each text, the name of the group that shares a prefix in the KV cache, such as the texts about
                one problem; by default the text of the first piece. It affects speed, never a probability.
            whole: Tokenize a text as a whole, not piece by piece; then no piece can hold control tokens.
            bos: Prepend the beginning-of-sequence token, if the tokenizer has one.

        Returns:
            One entry per text, in the same order: one probability in [0, 1] per marked piece, or the error of a text
            that cannot be read.
        """
        ...

    def conversation(self, turns: Sequence[tuple[str, Sequence[Piece]]]) -> list[Piece] | None:
        """Render turns (role and pieces) through the model's chat template.

        Returns:
            Pieces of the whole conversation, the template's own text as control pieces; None without a chat template.

        Raises:
            CheckpointError: The template refuses these turns or leaves one out.
        """
        ...
