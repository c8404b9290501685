"""Linear layers whose weights are packed for inference on a CPU: float32 and bfloat16 by oneDNN, int8 by FBGEMM.

PyTorch's own product of a few rows with a large matrix reaches a third of the memory bandwidth, and takes another
kernel for one to three rows, so that a row's result depends on the number of rows. A product with packed weights does
neither: it is two to three times as fast for the rows of a decode pass, and each row's result is the same bits for any
number of rows and threads.
"""

import logging
import platform
import warnings
from functools import cache
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hintree.errors import UsageError

log = logging.getLogger(__name__)
LEAST_PARAMETERS = 2_000_000
"""Number of parameters from which a model is packed; in smaller ones the calls cost more than the products."""
ROWS = 32
"""Number of rows that the layout is chosen for. Chosen for one row, one-row products would round in another way."""
BFLOAT16 = ("avx512_bf16", "amx_bf16")
"""Instructions without which products of bfloat16 are slower than those of float32."""
MOST_WEIGHT, MOST_INPUT = 63, 127
"""Largest quantized weight and input: 2 x 255 x 63, with inputs shifted by 128, fits into 16 bits."""
TINY = 1e-30
"""Least scale of a row of zeros."""


class PackedLinear(nn.Module):
    """Linear layer with packed float32 weights, for inference.

    Reading ``weight`` unpacks the layer for good, so that classes of transformers that read it compute as before.

    Args:
        layer: Float32, on a CPU; not modified. Its bias is shared.
        tied: Its weights are those of an embedding, which keeps them.

    Attributes:
        replaces: Number format of the layers that it replaces in a model.
        held: Number of weights that this layer alone holds, and that ``num_parameters`` does not see.
    """

    replaces: ClassVar[torch.dtype] = torch.float32

    def __init__(self, layer: nn.Linear, *, tied: bool = False) -> None:
        super().__init__()
        self.in_features, self.out_features, self.bias = layer.in_features, layer.out_features, layer.bias
        self.held = 0 if tied else layer.weight.numel()
        self._packed: Any = self._pack(layer.weight.detach())

    def __getattr__(self, name: str) -> Any:
        """Return ``weight``, shape [out, in], which unpacks the layer; other names as for any module."""
        if name != "weight" or self._packed is None:
            return super().__getattr__(name)
        self._parameters["weight"] = nn.Parameter(self._unpacked(), requires_grad=False)
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
            raise UsageError("a model packed for inference has no gradients; load it with pack=False to train it")
        return self._product(x)

    def _pack(self, weight: Tensor) -> Any:
        return torch.ops.mkldnn._reorder_linear_weight(weight, ROWS)

    def _unpacked(self) -> Tensor:
        weight: Tensor = self._packed.to_dense()
        return weight

    def _product(self, x: Tensor) -> Tensor:
        y: Tensor = torch.ops.mkldnn._linear_pointwise(x, self._packed, self.bias, "none", [], "")
        return y

    def extra_repr(self) -> str:
        """Return the shape for ``print(model)``."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class BFloat16Linear(PackedLinear):
    """Linear layer with weights of bfloat16 between layers of float32: rounds its inputs and outputs to bfloat16.

    oneDNN takes other kernels for other numbers of rows. So the rows go in blocks of ``ROWS``, the last one filled with
    zeros, and each row's result is the same bits for any number of rows. Arguments as for ``PackedLinear``.
    """

    replaces = torch.bfloat16

    def _pack(self, weight: Tensor) -> Any:
        return super()._pack(weight.bfloat16())

    def _unpacked(self) -> Tensor:
        return super()._unpacked().float()

    def _product(self, x: Tensor) -> Tensor:
        rows = x.flatten(0, -2)
        blocks = rows.new_zeros(-(-len(rows) // ROWS), ROWS, self.in_features, dtype=torch.bfloat16)
        blocks.view(-1, self.in_features)[: len(rows)] = rows
        multiply = torch.ops.mkldnn._linear_pointwise
        parts = [multiply(block, self._packed, None, "none", [], "") for block in blocks]
        y = (parts[0] if len(parts) == 1 else torch.cat(parts))[: len(rows)].float().view(*x.shape[:-1], -1)
        return y if self.bias is None else y.add_(self.bias)


class Int8Linear(PackedLinear):
    """Linear layer with weights of 7 bits, one scale per output, and inputs of 8 bits, one scale per row.

    The kernels of FBGEMM add two products in 16 bits, where weights of 8 bits could overflow. The sums are exact, so
    each row's result is the same bits in any batch. Arguments as for ``PackedLinear``.
    """

    def _pack(self, weight: Tensor) -> Any:
        least, most = weight.aminmax(dim=1)
        scales = (torch.maximum(-least, most) / MOST_WEIGHT).clamp(min=TINY).double()
        zeros = torch.zeros(len(scales), dtype=torch.long)
        before, torch.backends.quantized.engine = torch.backends.quantized.engine, "fbgemm"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # PyTorch will drop tensors of this kind some day
                rounded = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
            return torch.ops.quantized.linear_prepack(rounded, None)
        finally:
            torch.backends.quantized.engine = before

    def _unpacked(self) -> Tensor:
        weight: Tensor = torch.ops.quantized.linear_unpack(self._packed)[0].dequantize()
        return weight

    def _product(self, x: Tensor) -> Tensor:
        scale = x.abs().amax(-1, keepdim=True).clamp_(min=TINY)  # NaN and infinity reach the result through it
        rows = (x / scale).flatten(0, -2)
        multiply = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32
        y: Tensor = multiply(rows, 1 / MOST_INPUT, MOST_INPUT + 1, self._packed).view(*x.shape[:-1], -1).mul_(scale)
        return y if self.bias is None else y.add_(self.bias)


def pack_linear_layers(model: nn.Module, kind: type[PackedLinear] = PackedLinear) -> None:
    """Replace the linear layers of a model by packed ones, freeing the weights of each before the next is packed.

    Layers on another device, in another number format than ``kind`` replaces and of a subclass of ``nn.Linear`` are
    left as they are, and all where ``can_pack`` is false. Weights that an embedding shares are kept for it.

    Args:
        model: Modified in place; it can no longer be trained or saved.
        kind: Class of the packed layers.
    """
    if kind is PackedLinear and not can_pack():
        return
    embedded = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    packed: dict[int, PackedLinear] = {}
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is not nn.Linear or (child.weight.dtype, child.weight.device.type) != (kind.replaces, "cpu"):
                continue
            if id(child) not in packed:
                packed[id(child)] = kind(child, tied=id(child.weight) in embedded)
            setattr(parent, name, packed[id(child)])
    for parameter in model.parameters():
        parameter.data = parameter.data.clone()  # a view of a mapped file would keep all of the file in memory


def to_int8(model: nn.Module) -> None:
    """Quantize the linear layers of a float32 model on a CPU in place; see ``Int8Linear``.

    Raises:
        UsageError: This processor has no kernels for it.
    """
    if not has_int8():
        raise UsageError("dtype 'int8' needs an x86 processor; take float32, or a GGUF file of 4 or 8 bits")
    pack_linear_layers(model, Int8Linear)


def to_bfloat16(model: nn.Module, packed: nn.Module) -> None:
    """Pack the linear layers of a bfloat16 model in place, and compute everything else in float32.

    Leaves a model on another device, and one on a processor that does not compute in bfloat16, as it is.

    Args:
        model: All of it.
        packed: The part whose layers are packed: the model, or its body.
    """
    if has_bfloat16() and next(model.parameters()).device.type == "cpu":
        pack_linear_layers(packed, BFloat16Linear)
        model.float()


def has_bfloat16() -> bool:
    """Tell whether this processor computes in bfloat16 and its packed layers work."""
    found = torch.cpu.get_capabilities()
    return any(found.get(name) for name in BFLOAT16) and can_pack()


def has_int8() -> bool:
    """Tell whether this processor and this version of PyTorch have the kernels of ``Int8Linear``."""
    return hasattr(torch, "quantize_per_channel") and "fbgemm" in torch.backends.quantized.supported_engines


def is_packed(model: nn.Module) -> bool:
    """Tell whether a model has a packed layer."""
    return any(isinstance(module, PackedLinear) for module in model.modules())


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
