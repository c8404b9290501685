"""Choice of the models whose linear layers are packed, and quantization of loaded models."""

from torch import nn

from hintree.models.local.classifier import LocalClassifier
from hintree.models.local.fused_llama import fits_fused
from hintree.models.local.model import LocalModel
from hintree.models.local.packed import LEAST_PARAMETERS, count_parameters, to_bfloat16, to_int8
from hintree.models.local.tree_support import own_head


def runs_plain(model: nn.Module) -> bool:
    """Tell whether a model is so small that plain layers or a fused body are faster than packed layers."""
    return count_parameters(model) < LEAST_PARAMETERS or fits_fused(getattr(model, "base_model", model))


def quantize(local: LocalModel | LocalClassifier, dtype: str) -> None:
    """Pack the linear layers of a loaded model in int8 or bfloat16, except a classifier's head, unless it is small.

    Its support was detected before: rounding can differ too much between a tree and a full pass to detect it now.

    Args:
        local: Modified in place.
        dtype: "int8", of a model loaded in float32, or "bfloat16".
    """
    if runs_plain(local.model):
        return
    part = local.model if isinstance(local, LocalModel) else local.model.base_model
    if dtype == "int8":
        to_int8(part)
    else:
        to_bfloat16(local.model, part)
    if isinstance(local, LocalModel) and local.adapter is not None:
        local.adapter = local.adapter._replace(head=own_head(local.model))
