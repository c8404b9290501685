"""What a process-reward model (PRM) wants to read, by declaration: ``PRMSpec``, and its YAML form.

A declaration says how question and steps become a text, where the text is read, and what is read there. Those of known
models stand in families.py; one of one's own is a file of a few lines:

::

    family: math-shepherd        # what is not said is as in this family (default: trl)
    separator: " <step>"
    labels: [" good", " bad"]
"""

import difflib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args, get_type_hints

import yaml

from hintree.errors import UsageError
from hintree.models import Head

FILE = "prm.yaml"
"""A declaration of this name in a model's folder belongs to the model."""
LONGEST = 100_000
"""Characters of a declaration."""


@dataclass(frozen=True, slots=True)
class PRMSpec:
    """How a PRM is asked.

    Attributes:
        layout: ``text``: prompt, then step and separator after each other. ``solution``: the same as one conversation,
            the prompt from the user and all steps from the assistant. ``turns``: every step is a turn of the user, and
            the first of ``labels`` the assistant's answer, before which the text is read. ``judge``: every step has a
            text of its own: ``prompt`` asks about it, ``prefill`` begins the answer, and there it is read.
        system: What the system says first, in conversations.
        prompt: Before the first step: ``{question}``; for ``judge`` also ``{steps}``, all so far, and ``{step}``.
        step: Each step: ``{step}``, ``{number}`` from 1 on.
        separator: After each step; the text is read at its last token, or at the step's own if it is empty. It may be a
            control token.
        between: After a separator, if a step follows.
        prefill: For ``judge``: the beginning of the answer.
        whole: Tokenize the text as a whole, not prompt, steps and separators each on their own. For tokenizers that
            make other tokens of parts. Not in conversations.
        flatten: Turn the line breaks in a step into spaces.
        bos: Begin with the tokenizer's own first token, if it has one; conversations begin as their template does.
        head, labels, tensors, right, activation, scale: What is read: ``models.Head``.
        dtype: The number format unless another is asked for; "" leaves it to the machine.
        temperature: Calibration: the log odds of a score are divided by it; > 0.
        isotonic: Calibration: (score, probability) points, both rising, between which a score is interpolated.
        source: Where the format is from.

    Raises:
        UsageError: Values that do not fit together.
    """

    layout: Literal["text", "solution", "turns", "judge"] = "text"
    system: str = ""
    prompt: str = "{question}"
    step: str = "{step}"
    separator: str = "\n"
    between: str = ""
    prefill: str = ""
    whole: bool = False
    flatten: bool = False
    bos: bool = True
    head: Literal["labels", "tokens", "tensors"] = "labels"
    labels: tuple[str, ...] = ()
    tensors: str = ""
    right: tuple[int, ...] = (-1,)
    activation: Literal["softmax", "expectation", "sigmoid", "tanh"] = "softmax"
    scale: float = 1.0
    dtype: str = ""
    temperature: float = 1.0
    isotonic: tuple[tuple[float, float], ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        check = {
            "prompt has no {question}": "{question}" in self.prompt,
            "step has no {step}": "{step}" in self.step,
            "layout judge: prompt has no {steps} or {step}": self.layout != "judge" or "{step" in self.prompt,
            "head tokens needs at least two labels": self.head != "tokens" or len(self.labels) > 1,
            "layout turns needs labels: the first is the assistant's answer": self.layout != "turns" or self.labels,
            "head tensors needs tensors, the name that the head's tensors begin with": self.head != "tensors"
            or self.tensors,
            "right is empty": self.right,
            "whole is for layout text only": not self.whole or self.layout == "text",
            "scale and temperature must be above 0": 0 < self.scale < math.inf and 0 < self.temperature < math.inf,
            "isotonic must rise within [0, 1]": rises(self.isotonic),
        }
        for trouble, fine in check.items():
            if not fine:
                raise UsageError(f"PRM declaration: {trouble}")

    def reading(self) -> Head:
        """What is read, for the model."""
        return Head(self.head, self.labels, self.tensors, self.right, self.activation, self.scale)

    def to_yaml(self) -> str:
        """The declaration as a file; only what differs from TRL's format."""
        said = {name: value for name, value in asdict(self).items() if value != getattr(PRMSpec(), name)}
        return str(yaml.safe_dump(plain(said), sort_keys=False, allow_unicode=True)) if said else "{}\n"


def rises(points: tuple[tuple[float, float], ...]) -> bool:
    """Whether points lie in [0, 1] and neither coordinate ever falls."""
    columns = list(zip(*points, strict=True)) if points else []
    return all(column[0] >= 0 and column[-1] <= 1 and list(column) == sorted(column) for column in columns)


def read_spec(text: str, families: Mapping[str, PRMSpec], name: str = "prm_spec") -> PRMSpec:
    """The declaration in a text in YAML; ``name`` says where it is from.

    Raises:
        UsageError: It cannot be read, or says what is not accepted; with the nearest accepted name.
    """
    try:
        if len(text) > LONGEST:
            raise UsageError(f"{name}: longer than {LONGEST} characters, so no PRM declaration")
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UsageError(f"{name}: cannot be read as a PRM declaration in YAML: {error}") from error
    if not isinstance(data, dict):
        raise UsageError(f"{name}: a PRM declaration is a mapping, such as 'separator: \"\\n\"'")
    family = data.pop("family", "trl")
    if family not in families:
        raise UsageError(f"{name}: family {family!r} is not one of {', '.join(families)}")
    try:
        return replace(families[family], **{str(key): accepted(str(key), value) for key, value in data.items()})
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from error


def accepted(name: str, value: Any) -> Any:
    """A value of a field as the field holds it. Raises UsageError."""
    kinds = get_type_hints(PRMSpec)
    if name not in kinds:
        near = difflib.get_close_matches(name, kinds, 1)
        raise UsageError(
            f"{name!r} is not a field of a PRM declaration" + (f"; did you mean {near[0]!r}?" if near else "")
        )
    choices = [word for word in get_args(kinds[name]) if isinstance(word, str)]
    default = getattr(PRMSpec(), name)
    if choices:
        fine = value in choices
    elif name == "isotonic":
        fine = isinstance(value, list) and all(numbers(point) and len(point) == 2 for point in value)
        value = tuple((float(x), float(y)) for x, y in value) if fine else value
    elif isinstance(default, tuple):
        kind = int if name == "right" else str
        value = [value] if isinstance(value, int | str) else value
        fine = isinstance(value, list) and all(isinstance(x, kind) and not isinstance(x, bool) for x in value)
        value = tuple(value) if fine else value
    elif isinstance(default, float):
        fine = numbers([value])
        value = float(value) if fine else value
    else:
        fine = isinstance(value, type(default))
    if not fine:
        what = f"one of {', '.join(choices)}" if choices else f"of the kind of {plain(default)!r}"
        raise UsageError(f"{name}: {str(value)[:60]!r} is not {what}")
    return value


def numbers(values: Any) -> bool:
    """Whether this is a list of finite numbers."""
    return isinstance(values, list) and all(
        isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) for x in values
    )


def plain(value: Any) -> Any:
    """Tuples as lists, in depth."""
    if isinstance(value, dict):
        return {key: plain(x) for key, x in value.items()}
    return [plain(x) for x in value] if isinstance(value, tuple | list) else value
