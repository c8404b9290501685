"""Every error that hintree raises on purpose, in one tree.

::

    HintreeError
    ├── UsageError (also a ValueError)      an argument is wrong: says which, its value, what is accepted
    │   └── DamagedStoreError               a study's store lost data: says what, and how to save the rest
    ├── RoleError                           whoever answers a role's questions failed as a whole
    └── ModelError                          a model cannot be loaded or cannot go on
        ├── UnknownModelError               no such shipped model, folder or hub id
        ├── CheckpointError                 damaged, incomplete or unsafe weights
        ├── ContextError                    the text is longer than the model's context
        ├── OutOfMemoryError                there is no memory for a text's keys and values
        ├── LogitsError                     the model computed NaN or infinity
        ├── LabelError                      a model that is asked for one of some labels would not write any of them
        ├── RetrieverError                  an index or search service is damaged, out of reach, or of another model
        └── ServerError                     a server refused, failed, or answered what cannot be right
            └── CancelledRequestError       the search that sent the request has ended
"""


class HintreeError(Exception):
    """Base of all errors of this package."""


class UsageError(HintreeError, ValueError):
    """An argument is wrong; the message names it, its value, what is accepted and what to do."""


class DamagedStoreError(UsageError):
    """A study's store lost data; the message says what is missing and how to save the remaining results."""


class RoleError(HintreeError):
    """Whoever answers a role's questions failed as a whole, and not at one question."""


class ModelError(HintreeError):
    """A model cannot be loaded, or cannot go on with a text."""


class UnknownModelError(ModelError):
    """No model of that name is shipped, stored at that path, or known to the hub."""


class CheckpointError(ModelError):
    """Weights are damaged, incomplete, or in a format that can run code."""


class ContextError(ModelError):
    """A text does not fit into the model's context; it is never cut silently."""


class OutOfMemoryError(ModelError):
    """There is no memory for the keys and values of a text."""


class LogitsError(ModelError):
    """The model's output holds NaN or infinity."""


class LabelError(ModelError):
    """A model that is asked for one of some labels, such as Yes and No, would not write any of them."""


class RetrieverError(ModelError):
    """An index or a search service is damaged, out of reach, or was made by another model or version."""


class ServerError(ModelError):
    """A server refused a request, failed, or gave no whole answer within the limits; names its URL and the model."""


class CancelledRequestError(ServerError):
    """A request was cancelled, as its search has ended.

    Attributes:
        usage: Calls, prompt tokens, forwarded tokens and generated tokens until then, as far as they are known; None if
            nothing was sent.
    """

    usage: tuple[int, int, int, int] | None = None
