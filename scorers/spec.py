"""Declaration of a process reward model (PRM): ``PRMSpec`` and its YAML form.

A declaration says how a question and its steps become a text, at which tokens the model is read, and which head is read
there. The declarations of known models are in families.py. A new one is a file of a few lines:

::

    family: math-shepherd        # fields that are not given are as in this family (default: trl)
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
from hintree.yaml_file import parse

FILE = "prm.yaml"
"""Name of the declaration file in a model's folder."""


@dataclass(frozen=True, slots=True)
class PRMSpec:
    """Declaration of a PRM: text layout, read positions, head and calibration.

    Attributes:
        layout: ``text``: the prompt, then every step with its separator. ``solution``: the same as a conversation with
            the prompt as the user's turn and all steps as the assistant's. ``turns``: a user turn per step, answered by
            the first of ``labels``; the model is read before that answer. ``user``: the prompt and every step with its
            separator in one user turn. ``judge``: one text per step (LLM as a
            judge): ``prompt`` asks about the step, ``prefill`` begins the response, and the model is read there.
        system: System message of a conversation.
        prompt: Template before the first step: ``{question}``; for ``judge`` also ``{steps}`` (all so far), ``{step}``;
            ``{passages}`` for a PRM that reads what was looked up.
        passage: Template of each retrieved passage: ``{passage}``, ``{id}``, ``{number}`` from 1 on; "" reads none.
        step: Template of each step: ``{step}``, ``{number}`` from 1 on.
        separator: Text after each step. The model is read at its last token, or at the step's last token if it is
            empty. It may be a control token.
        between: Text after a separator if another step follows.
        prefill: For ``judge``: the beginning of the response. A blank at its end is left to the labels.
        whole: Tokenize the whole text at once instead of prompt, steps and separators one by one. For tokenizers whose
            tokens depend on the neighbouring text. Not in conversations.
        flatten: Replace line breaks inside a step by spaces.
        bos: Begin with the tokenizer's BOS token, if it has one; a conversation begins as its chat template does.
        head, labels, tensors, right, activation, scale: The head that is read, as in ``models.Head``.
        dtype: Number format unless the caller names one; "" leaves the choice to the device.
        temperature: Calibration: the log odds of a score are divided by it; > 0.
        isotonic: Calibration: (score, probability) points in [0, 1], neither coordinate falling; scores between them
            are interpolated linearly.
        source: Origin of the format.

    Raises:
        UsageError: The fields contradict each other, or a number is outside its range.
    """

    layout: Literal["text", "solution", "turns", "user", "judge"] = "text"
    system: str = ""
    prompt: str = "{question}"
    passage: str = ""
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
            "passage has no {passage}": not self.passage or "{passage}" in self.passage,
            "prompt has {passages} exactly if passage is not empty": ("{passages}" in self.prompt)
            == bool(self.passage),
            "step has no {step}": "{step}" in self.step,
            "layout judge: prompt has no {steps} or {step}": self.layout != "judge" or "{step" in self.prompt,
            "head tokens needs at least two labels": self.head != "tokens" or len(self.labels) > 1,
            "layout judge reads label tokens by activation softmax or expectation": not self.reads_words
            or self.activation in ("softmax", "expectation"),
            "layout turns needs labels: the first is the assistant's answer": self.layout != "turns" or self.labels,
            "head tensors needs tensors, the name that the head's tensors begin with": self.head != "tensors"
            or self.tensors,
            "right is empty": self.right,
            "whole is for layout text only": not self.whole or self.layout == "text",
            "scale and temperature must be above 0": 0 < self.scale < math.inf and 0 < self.temperature < math.inf,
            "isotonic must rise within [0, 1]": is_rising(self.isotonic),
        }
        for problem, valid in check.items():
            if not valid:
                raise UsageError(f"PRM declaration: {problem}")

    @property
    def reads_words(self) -> bool:
        """True if the labels are read as the next word of the response (LLM as a judge)."""
        return self.layout == "judge" and self.head == "tokens"

    def reading(self) -> Head:
        """Return the head that the model is loaded with."""
        return Head(self.head, self.labels, self.tensors, self.right, self.activation, self.scale, self.reads_words)

    def to_yaml(self) -> str:
        """Return the declaration as YAML, with only the fields that differ from family ``trl``."""
        fields = {name: value for name, value in asdict(self).items() if value != getattr(PRMSpec(), name)}
        return str(yaml.safe_dump(plain(fields), sort_keys=False, allow_unicode=True)) if fields else "{}\n"


def is_rising(points: tuple[tuple[float, float], ...]) -> bool:
    """Test if all points lie in [0, 1] and neither coordinate falls from one point to the next."""
    columns = list(zip(*points, strict=True)) if points else []
    return all(column[0] >= 0 and column[-1] <= 1 and list(column) == sorted(column) for column in columns)


def read_spec(text: str, families: Mapping[str, PRMSpec], name: str = "prm_spec") -> PRMSpec:
    """Parse a declaration in YAML; ``name`` is its file in error messages.

    Raises:
        UsageError: The text is not a YAML mapping within the limits of ``yaml_file``, or a field or value is not
            accepted; with the nearest field name.
    """
    data = parse(name, text).data
    if not isinstance(data, dict):
        raise UsageError(f"{name}: a PRM declaration is a mapping, such as 'separator: \"\\n\"'")
    family = data.pop("family", "trl")
    if not isinstance(family, str) or family not in families:
        raise UsageError(f"{name}: family {family!r:.60} is not one of {', '.join(families)}")
    try:
        return replace(families[family], **{str(key): accepted(str(key), value) for key, value in data.items()})
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from error


def accepted(name: str, value: Any) -> Any:
    """Convert a YAML value to the type of a ``PRMSpec`` field. Raises UsageError if it is not accepted."""
    kinds = get_type_hints(PRMSpec)
    if name not in kinds:
        near = difflib.get_close_matches(name[:60], kinds, 1)
        raise UsageError(
            f"{name!r:.60} is not a field of a PRM declaration" + (f"; did you mean {near[0]!r}?" if near else "")
        )
    choices = [word for word in get_args(kinds[name]) if isinstance(word, str)]
    default = getattr(PRMSpec(), name)
    if choices:
        valid = value in choices
    elif name == "isotonic":
        valid = isinstance(value, list) and all(numbers(point) and len(point) == 2 for point in value)
        value = tuple((float(x), float(y)) for x, y in value) if valid else value
    elif isinstance(default, tuple):
        kind = int if name == "right" else str
        value = [value] if isinstance(value, int | str) else value
        valid = isinstance(value, list) and all(isinstance(x, kind) and not isinstance(x, bool) for x in value)
        value = tuple(value) if valid else value
    elif isinstance(default, float):
        valid = numbers([value])
        value = float(value) if valid else value
    else:
        valid = isinstance(value, type(default))
    if not valid:
        expected = f"one of {', '.join(choices)}" if choices else f"of the kind of {plain(default)!r}"
        raise UsageError(f"{name}: {str(value)[:60]!r} is not {expected}")
    return value


def numbers(values: Any) -> bool:
    """Test if this is a list of finite numbers."""
    return isinstance(values, list) and all(
        isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) for x in values
    )


def plain(value: Any) -> Any:
    """Replace tuples by lists, at every depth."""
    if isinstance(value, dict):
        return {key: plain(x) for key, x in value.items()}
    return [plain(x) for x in value] if isinstance(value, tuple | list) else value
