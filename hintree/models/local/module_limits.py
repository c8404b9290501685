"""Compare a model while transformers builds it with the weights that are there, before memory is taken for it.

Modules are built on the device "meta" first, without memory. A configuration may describe any number and size of them,
so building is stopped at the first one that the stored weights cannot fill.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)

from hintree.errors import CheckpointError
from hintree.models.local.folder import StoredWeights

TIMES, MODULES = 4, 64
"""Parameters per stored tensor, and modules, since tied parameters and wrappers are built more than once."""
SPARE_PARTS, SPARE_VALUES = 2_000, 1 << 26
"""Parts that are built without a stored tensor, and values in buffers, such as masks."""
PACKED = 4
"""Weights that a byte of a quantized checkpoint holds, at most."""


@contextmanager
def built_within(stored: StoredWeights, name: str) -> Iterator[None]:
    """Limit the modules that this thread builds on the device "meta".

    Args:
        stored: The weights of the checkpoint.
        name: Names the model in errors.

    Raises:
        CheckpointError: A module is built that the weights cannot fill.
    """
    parts, values = 0, 0
    most_parts = MODULES * stored.tensors + SPARE_PARTS
    room = PACKED * stored.bytes if stored.quantized else stored.values
    most_values = TIMES * room + SPARE_VALUES
    owner = threading.get_ident()

    def count(_module: Any, _name: str, part: Any) -> None:
        nonlocal parts, values
        if threading.get_ident() != owner or part is None:
            return
        parts += 1
        if getattr(part, "is_meta", False):
            values += part.numel()
        if parts > most_parts or values > most_values:
            raise CheckpointError(
                f"model {name}: config.json describes a larger model than its weights, {stored.tensors} tensors with "
                f"{stored.values:,} values; fetch the model again, from a source that you trust"
            )

    handles = [
        register_module_parameter_registration_hook(count),
        register_module_buffer_registration_hook(count),
        register_module_module_registration_hook(count),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
