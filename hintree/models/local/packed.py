"""Linear layers with weights in the blocked layout of oneDNN, for inference in float32 on a CPU.

PyTorch's own product of a few rows with a large matrix reaches a third of the memory bandwidth, and takes another
kernel for one to three rows, so that a row's result depends on the number of rows. A product with packed weights does
neither: it is two to three times as fast for the rows of a decode pass, and each row's result is the same bits for any
number of rows and threads.
"""

import logging
import platform
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hintree.errors import UsageError

log = logging.getLogger(__name__)
LEAST_PARAMETERS = 2_000_000
"""Number of parameters from which a model is packed; in smaller ones the calls cost more than the products."""
ROWS = 32
"""Number of rows that the layout is chosen for. Chosen for one row, one-row products would round in another way."""


class PackedLinear(nn.Module):
    """Linear layer with packed weights, for inference.

    Reading ``weight`` unpacks the layer for good, so that classes of transformers that read it compute as before.

    Args:
        layer: Float32, on a CPU; not modified. Its bias is shared.
        tied: Its weights are those of an embedding, which keeps them.

    Attributes:
        held: Number of weights that this layer alone holds, and that ``num_parameters`` does not see.
    """

    def __init__(self, layer: nn.Linear, *, tied: bool = False) -> None:
        super().__init__()
        self.in_features, self.out_features, self.bias = layer.in_features, layer.out_features, layer.bias
        self.held = 0 if tied else layer.weight.numel()
        self._packed: Tensor | None = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), ROWS)

    def __getattr__(self, name: str) -> Any:
        """Return ``weight``, shape [out, in], which unpacks the layer; other names as for any module."""
        if name != "weight" or self._packed is None:
            return super().__getattr__(name)
        self._parameters["weight"] = nn.Parameter(self._packed.to_dense(), requires_grad=False)
        self._packed, self.held = None, 0
        return self._parameters["weight"]

    def forward(self, x: Tensor) -> Tensor:
        """Return the product, shape [..., out], of ``x``, shape [..., in].

        Raises:
            UsageError: A gradient is wanted.
        """
        if self._packed is None:
            return F.linear(x, self.weight, self.bias)
        if x.requires_grad and torch.is_grad_enabled():
            raise UsageError(
                "this model is packed for inference and has no gradients; load it with pack=False to train"
            )
        return torch.ops.mkldnn._linear_pointwise(x, self._packed, self.bias, "none", [], "")  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        """Return the shape for ``print(model)``."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


def pack_linear_layers(model: nn.Module) -> None:
    """Replace the linear layers of a model by packed ones, freeing the weights of each before the next is packed.

    Does nothing where ``can_pack`` is false. Layers on another device, in another number format and of a subclass of
    ``nn.Linear`` are left as they are. Weights that an embedding shares are kept for it, which takes their size again.

    Args:
        model: Modified in place; it can no longer be trained or saved.
    """
    if not can_pack():
        return
    embedded = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    packed: dict[int, PackedLinear] = {}
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is not nn.Linear or child.weight.dtype != torch.float32 or child.weight.device.type != "cpu":
                continue
            if id(child) not in packed:
                packed[id(child)] = PackedLinear(child, tied=id(child.weight) in embedded)
            setattr(parent, name, packed[id(child)])


def count_parameters(model: nn.Module) -> int:
    """Return the number of parameters of a model, those of its packed layers included; shared ones count once."""
    own = sum(parameter.numel() for parameter in model.parameters())
    return own + sum(module.held for module in model.modules() if isinstance(module, PackedLinear))


@cache
def can_pack() -> bool:
    """Tell whether this processor and this version of PyTorch can pack: x86 with oneDNN, and right in a trial."""
    if platform.machine().lower() not in ("x86_64", "amd64") or not torch.backends.mkldnn.is_available():
        return False
    layer = nn.Linear(64, 48)
    rows = torch.linspace(-1, 1, 128).view(2, 64)
    try:
        with torch.inference_mode():
            return torch.allclose(PackedLinear(layer)(rows), layer(rows), atol=1e-5)
    except Exception as error:  # the operators are internal to PyTorch and may change
        log.info("linear layers are not packed: %s", error)
        return False
