"""Labels: words such as Yes and No that a model is expected to write next, and their probabilities.

A label is read as running text holds it: after "Is it correct?" most models write " Yes", one token with its blank, and
never a lone blank followed by "Yes". The rule here works on token ids that the caller supplies, or on the texts of
tokens, so models in this process and on servers share it.
"""

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol, runtime_checkable

from hintree.errors import LabelError, ModelError, UsageError
from hintree.models.base import Prompt, Span, Usage
from hintree.models.thinking import ThinkingStyle

NIL_MASS = 0.001
"""Labels with less probability are not read: the model does not answer in this form."""
LOW_MASS = 0.2
"""Labels with less probability are read with a warning."""
OPENING = "([{<\"'`*_$#/\\"
"""Characters after which running text has no blank."""
WITHOUT_BLANKS = "\u2e80"
"""First character of the scripts of China and Japan, which set no blanks between words, and their punctuation."""


class LabelReading(NamedTuple):
    """Probabilities of some labels as the next word of a text.

    probabilities: Of each label, the sum over its spellings, in [0, 1]. They are not normalised.
    wanted: Text of the most probable next token.
    usage: Cost of this text.
    """

    probabilities: tuple[float, ...]
    wanted: str
    usage: Usage

    @property
    def mass(self) -> float:
        """Return the probability that the next word is one of the labels, in [0, 1]."""
        return min(sum(self.probabilities), 1.0)

    def shares(self) -> tuple[float, ...]:
        """Return the probability of each label given that one of them is written; they sum to 1."""
        return tuple(p / sum(self.probabilities) for p in self.probabilities)


@runtime_checkable
class SupportsLabels(Protocol):
    """Model that reads the probabilities of labels as the next word of a prompt, without generating."""

    def read_labels(
        self, prompts: Sequence[Prompt], labels: Sequence[str], *, groups: Sequence[str] = ()
    ) -> list[LabelReading | ModelError]:
        """Return the probabilities of the labels after each prompt, at temperature 1.

        Thinking is turned off. Does not modify its arguments; updates ``usage``.

        Args:
            prompts: Any number of prompts; each label follows the text of its assistant part. A blank at the end of
                that text is left to the labels.
            labels: At least two words or digits, without blanks around them.
            groups: As for ``Classifier.classify``; by default the prompt's user text.

        Returns:
            One entry per prompt, in the same order, or the error of a prompt that cannot be read.
        """
        ...


class LabelCandidates(NamedTuple):
    """Next tokens that stand for labels after a prompt.

    blank: " " if the tokenizer keeps the blank before the labels as a token of its own; it is appended to the prompt.
    tokens: Token ids of each label, one per spelling.
    """

    blank: str
    tokens: tuple[tuple[int, ...], ...]


def find_candidates(
    prefill: str, labels: Sequence[str], follow: Callable[[str], Sequence[int]], unknown: int | None = None
) -> LabelCandidates:
    """Return the tokens that begin each label after a text.

    The first is the token at which running text holds the label itself. The others are spellings of one token, with
    another case or blank.

    Args:
        prefill: Text that the labels follow; "" at the beginning of a turn.
        labels: The labels.
        follow: Returns the token ids of a text that follows the prompt.
        unknown: The tokenizer's unknown token.

    Raises:
        UsageError: Two labels begin with the same token, or one is unknown.
    """
    own = [list(follow(f"{separator(prefill)}{label}")) for label in labels]
    blank = separator(prefill) if separator(prefill) and len({tuple(ids[:1]) for ids in own}) == 1 else ""
    skipped = list(follow(blank)) if blank else []
    if any(ids[: len(skipped)] != skipped for ids in own):
        blank, skipped = "", []
    first = [ids[len(skipped)] for ids in own if len(ids) > len(skipped)]
    if len(set(first)) < len(labels) or unknown in first:
        raise UsageError(
            f"labels {', '.join(map(repr, labels))}: they begin with the tokens {first}; each needs a first token of "
            "its own that the tokenizer knows, so name labels that differ from their first letter on"
        )
    found = []
    for label, token in zip(labels, first, strict=True):
        texts = [blank + text for text in spellings(label) if not (blank and text.startswith(" "))]
        ids = [list(follow(text)) for text in texts]
        single = [i[-1] for i in ids if len(i) == len(skipped) + 1 and i[: len(skipped)] == skipped]
        found.append(dict.fromkeys([token, *(i for i in single if i != unknown)]))
    shared = Counter(token for tokens in found for token in tokens)
    return LabelCandidates(
        blank,
        tuple(
            tuple(t for t in tokens if t == own or (shared[t] == 1 and t not in first))
            for own, tokens in zip(first, found, strict=True)
        ),
    )


def separator(prefill: str) -> str:
    """Return the blank that running text has between a text and the word after it; "" where it has none."""
    last = prefill[-1:]
    return "" if not last or last.isspace() or last in OPENING or last >= WITHOUT_BLANKS else " "


def spellings(label: str) -> tuple[str, ...]:
    """Return the ways to write a label that are summed: as it is, in lower case, capitalised, in capitals."""
    words = dict.fromkeys((label, label.lower(), label.capitalize(), label.upper()))
    return tuple(f"{before}{word}" for word in words for before in ("", " "))


def sum_spellings(probabilities: Mapping[str, float], labels: Sequence[str]) -> tuple[float, ...]:
    """Return the probability of each label from those of the most probable tokens by their texts, as servers tell."""
    texts = [set(spellings(label)) for label in labels]
    return tuple(sum(p for text, p in probabilities.items() if text in own) for own in texts)


def answer_at_once(prompt: Prompt, style: ThinkingStyle | None) -> Prompt:
    """Return the prompt with thinking off: by the template's switch, else by an empty thought before the answer."""
    if style is None:
        return prompt
    if style.off:
        return replace(prompt, template=tuple({**dict(style.off), **dict(prompt.template)}.items()))
    spans = (Span(style.empty, control=True), *(prompt.spans or (Span(prompt.assistant),)))
    return replace(prompt, assistant=style.empty + prompt.assistant, spans=spans)


def check_mass(reading: LabelReading, name: str, labels: Sequence[str]) -> LabelError | None:
    """Return the error of a reading whose labels have no probability; None if it can be used.

    Warns:
        UserWarning: The labels have a low probability. The text is the same for all prompts, so it is shown once.
    """
    words = ", ".join(labels)
    if not reading.mass >= NIL_MASS:
        return LabelError(
            f"{name} does not answer with {words}: they have {reading.mass:.1g} of the probability, and the model "
            f"wants to write {reading.wanted[:40]!r}; name another model or scorer (see `hintree prm labels`)"
        )
    if reading.mass < LOW_MASS:
        warnings.warn(
            f"{name} seldom answers with {words}: in some prompts they have less than {LOW_MASS} of the probability, "
            "so these scores say little; measure them with `hintree prm labels`",
            stacklevel=2,
        )
    return None
