"""Any model by its name: on a server if that is a URL, else on this machine."""

from hintree.models.address import is_address, parse_address
from hintree.models.base import Classifier, LanguageModel


def open_model(name: str, *, device: str = "auto", dtype: str = "auto") -> LanguageModel:
    """A language model by name: ``http://host:8000/v1#model-name``, or any that ``load_model`` takes.

    Raises:
        UsageError: The name has no accepted form, or the device or number format is not there.
        ModelError: It cannot be loaded or reached.
    """
    if is_address(name):
        from hintree.models.remote import RemoteModel

        return RemoteModel(name)
    from hintree.models.load import load_model

    return load_model(name, device=device, dtype=dtype)


def open_classifier(name: str, *, device: str = "auto", dtype: str = "auto") -> Classifier:
    """A token classifier by name: on a server by vLLM's ``/pooling`` or by label tokens; as ``open_model``."""
    if is_address(name):
        from hintree.models.remote_classifier import LabelTokens, Pooling

        return LabelTokens(name) if parse_address(name).labels else Pooling(name)
    from hintree.models.load import load_classifier

    return load_classifier(name, device=device, dtype=dtype)
