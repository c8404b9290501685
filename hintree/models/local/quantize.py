"""Choice of the models whose linear layers are packed, and quantization of loaded models in int8."""

from torch import nn

from hintree.models.local.classifier import LocalClassifier
from hintree.models.local.fused_llama import fits_fused
from hintree.models.local.model import LocalModel
from hintree.models.local.packed import LEAST_PARAMETERS, count_parameters, to_int8


def runs_plain(model: nn.Module) -> bool:
    """Tell whether a model is so small that plain layers or a fused body are faster than packed layers."""
    return count_parameters(model) < LEAST_PARAMETERS or fits_fused(getattr(model, "base_model", model))


def quantize(local: LocalModel | LocalClassifier) -> None:
    """Quantize the linear layers of a loaded model in int8, except a classifier's head, unless it is small.

    Its support was detected in float32: rounding can differ too much between a tree and a full pass to detect it now.
    """
    if not runs_plain(local.model):
        to_int8(local.model if isinstance(local, LocalModel) else local.model.base_model)
        if isinstance(local, LocalModel) and local.adapter is not None:
            local.adapter = local.adapter._replace(head=local.model.get_output_embeddings())
