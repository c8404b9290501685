"""Hidden states of a model at the ends of texts, such as those that a probe scores the steps of a search by."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from hintree.errors import ModelError
from hintree.models.base import Prompt, Usage

if TYPE_CHECKING:
    from torch import Tensor


class TextEnd(NamedTuple):
    """The place in a text at which a hidden state is read.

    prompt: The text, such as a solution up to a step.
    back: Tokens after the place: 0 for the last token, 1 for the one that the last token was sampled after.
    """

    prompt: Prompt
    back: int = 0


class HiddenState(NamedTuple):
    """A hidden state and its cost.

    vector: Shape [width], in the model's number format.
    usage: One call; no tokens if the state was kept when the text was generated, else those that were computed.
    """

    vector: "Tensor"
    usage: Usage


@runtime_checkable
class SupportsHiddenStates(Protocol):
    """Language model whose hidden states can be read.

    It keeps the state that the last token of every generated text is sampled from, with the token's keys and values.
    """

    def keep_states(self, layer: int | None = None) -> int:
        """Keep the states of a layer from now on, and return its number.

        Args:
            layer: Counted from 1; the last one, and None, is read after the final norm.

        Raises:
            UsageError: The model has no such layer, or its layers cannot be read apart.
        """
        ...

    def hidden_states(
        self, ends: Sequence[TextEnd], layer: int | None = None, *, groups: Sequence[str] = ()
    ) -> list[HiddenState | ModelError]:
        """Return the state of a layer at the end of each text, computing it where it was not kept or was evicted.

        Does not modify its arguments; updates ``usage``.

        Args:
            ends: Texts with the places to read.
            layer: As for ``keep_states``.
            groups: Cache group of each text, which is that of the request that generated it (``GenerationRequest``);
                by default the one of a request without a group.

        Returns:
            One entry per text, in the same order, or the error of a text that cannot be read.
        """
        ...
