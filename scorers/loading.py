"""Load the models behind a scorer: ``LoadedScorer`` and process reward models (PRMs) by name."""

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hintree import models  # its loaders import torch when they are first used
from hintree.errors import UsageError
from hintree.models import is_address, is_vllm, parse_address, parse_engine_name
from hintree.models.local.gguf_header import is_gguf
from hintree.scorers.ensemble import ScoreFunction
from hintree.scorers.families import FAMILIES, find_spec, known_family
from hintree.scorers.prm import PRM
from hintree.scorers.spec import PRMSpec
from hintree.search import Handler

if TYPE_CHECKING:
    from hintree.models.local.classifier import LocalClassifier


class SupportsForget(Protocol):
    """A model with a prefix cache that can be cleared."""

    parameters: int

    def forget(self) -> None:
        """Clear the prefix cache."""
        ...


class LoadedScorer(NamedTuple):
    """A scorer that is ready to handle requests, with the models it uses.

    ``handler.parameters`` is the size of its largest model, so the FLOPs of an ensemble are an upper bound.
    """

    handler: Handler
    models: tuple[SupportsForget, ...] = ()

    def forget(self) -> None:
        """Clear the prefix caches of all its models."""
        for model in self.models:
            model.forget()


class LoadOptions(NamedTuple):
    """Options of ``make_scorer`` that apply to every model it loads."""

    prm_spec: str | PRMSpec | None
    device: str
    dtype: str


def load_prm(
    name: str, spec: str | PRMSpec | None = None, *, device: str = "auto", dtype: str = "auto"
) -> "PRM[LocalClassifier]":
    """Load a PRM by its model's name; arguments and errors as for ``make_scorer``."""
    found = find_spec(name, spec)
    return PRM(models.load_classifier(name, found.reading(), device=device, dtype=format_of(found, dtype)), found)


def format_of(spec: PRMSpec, dtype: str) -> str:
    """Return the number format of a PRM: the given one, or that of its declaration for "auto"."""
    return spec.dtype if spec.dtype and dtype == "auto" else dtype


def loaded(handle: ScoreFunction, *used: SupportsForget, concurrent: bool = False) -> LoadedScorer:
    """Return a scorer with the models it uses."""
    return LoadedScorer(Handler(handle, max((model.parameters for model in used), default=0), concurrent), used)


def build_prm(name: str, options: LoadOptions) -> LoadedScorer:
    """Build a PRM from a model name; without a declaration and a known name, one on a server has the format of ``lab``.

    Raises:
        UsageError: The name or declaration is not accepted, or a server cannot read the declared head.
    """
    if is_address(name):
        spec = find_spec(name, options.prm_spec or FAMILIES[known_family(parse_address(name).model) or "lab"])
        in_turns = spec.layout in ("solution", "turns")
        served = models.open_served(with_labels(name, *labels_of(name, spec)), needs_template=in_turns)
        return loaded(PRM(served, spec), served, concurrent=True)
    if is_vllm(name):
        spec = find_spec(parse_engine_name(name).model, options.prm_spec)
        dtype = format_of(spec, options.dtype)
        model = models.open_vllm_classifier(name, spec.reading(), device=options.device, dtype=dtype)
        return loaded(PRM(model, spec), model)
    if is_gguf(name) and options.dtype == "auto" and (judge := find_spec(name, options.prm_spec)).reads_words:
        writer: Any = models.open_model(name, device=options.device)
        return loaded(PRM(writer, judge), writer)
    prm = load_prm(name, options.prm_spec, device=options.device, dtype=options.dtype)
    return loaded(prm, prm.model)


def labels_of(name: str, spec: PRMSpec) -> tuple[str, ...]:
    """Return the labels of a wrong and a right step that a PRM on a server writes; () for a head of its own.

    Raises:
        UsageError: The declaration compares other than two label tokens, or reads a head that servers do not return.
    """
    if spec.head != "tokens":
        if spec.activation != "softmax" or spec.right not in ((1,), (-1,)):
            raise UsageError(
                f"scorer on {name}: its declaration reads {spec.activation} of outputs {spec.right}, and servers "
                "return the probability of the last label; name the model itself, so that it runs in this process"
            )
        return ()
    if len(spec.labels) != 2 or len(spec.right) != 1 or spec.activation != "softmax":
        raise UsageError(
            f"scorer on {name}: its declaration compares {len(spec.labels)} label tokens, and servers are asked for "
            f"two; use yes-no:{name}, or name the model itself instead of a server, so that it runs in this process"
        )
    right = spec.labels[spec.right[0]]
    return spec.labels[1 - spec.labels.index(right)], right


def with_labels(name: str, *labels: str) -> str:
    """Return the name of a model on a server with labels to compare, unless it has some or names no model."""
    address = parse_address(name)
    return name if not labels or address.labels or not address.model else f"{name}?labels={','.join(labels)}"
