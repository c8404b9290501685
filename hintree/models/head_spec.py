"""Declare the head of a classifier: where its logits come from and how they become one probability.

There are three kinds. ``labels``: the head of a transformers token classification model. ``tokens``: the logits of a
few tokens of a language model, such as "+" and "-". ``tensors``: a head that transformers does not support, stored in
the checkpoint under its own name: one linear layer (NAME.weight), or two with a ReLU between them (NAME.0, NAME.2).
"""

from typing import Literal, NamedTuple


class Head(NamedTuple):
    """Declaration of a classification head.

    kind: Source of the logits; see the module.
    labels: For ``tokens``: the label texts; each is read at the last of its tokens.
    tensors: For ``tensors``: prefix of the names of the head's tensors.
    right: Indices of the logits that mean "right"; negative indices count from the end.
    activation: Map from logits to a probability in [0, 1]. ``softmax``: sum of the probabilities of ``right``.
        ``expectation``: mean of the indices 0 to n - 1 under the softmax, divided by n - 1 (a grade on n levels).
        ``sigmoid``: 1 / (1 + exp(-v / scale)), ``tanh``: (1 + tanh(v / scale)) / 2, of the one logit v at ``right[0]``.
    running: For ``tokens``: read the labels as the next words of running text (``SupportsLabels``), not at marks.
    scale: Divisor of ``sigmoid`` and ``tanh``, > 0; for unbounded values, their typical magnitude.
    """

    kind: Literal["labels", "tokens", "tensors"] = "labels"
    labels: tuple[str, ...] = ()
    tensors: str = ""
    right: tuple[int, ...] = (-1,)
    activation: Literal["softmax", "expectation", "sigmoid", "tanh"] = "softmax"
    scale: float = 1.0
    running: bool = False
