"""What a classifier reads off a model, by declaration.

Three kinds of heads. ``labels``: the head of a token classification model of transformers. ``tokens``: the logits of a
few tokens of a language model, such as "+" and "-". ``tensors``: a head that transformers does not know, which stands
in the checkpoint under a name of its own: one linear layer (NAME.weight), or two with a ReLU between them (NAME.0,
NAME.2).
"""

from typing import Literal, NamedTuple


class Head(NamedTuple):
    """A head by declaration.

    kind: See above.
    labels: For ``tokens``: the label texts; each stands for the last of its tokens.
    tensors: For ``tensors``: the name that the head's tensors begin with.
    right: Places of the logits that mean "right"; negative ones count from the last.
    activation: From logits to a probability. ``softmax``: the probabilities of ``right`` in all, over these logits.
        ``expectation``: the mean of the places 0 to n - 1 under the softmax, divided by n - 1 (a mark out of nine).
        ``sigmoid``: 1 / (1 + exp(-v / scale)), ``tanh``: (1 + tanh(v / scale)) / 2, of the one logit v at ``right``.
    scale: Of the last two; for values without bounds, about as large as they usually are.
    """

    kind: Literal["labels", "tokens", "tensors"] = "labels"
    labels: tuple[str, ...] = ()
    tensors: str = ""
    right: tuple[int, ...] = (-1,)
    activation: Literal["softmax", "expectation", "sigmoid", "tanh"] = "softmax"
    scale: float = 1.0
