"""Presets: named configurations of the same parts."""

from dataclasses import dataclass, field

from hintree.policies import Sampling
from hintree.search import Beam, Rewrite, Search, UsageError

EMBEDDED = {
    "reasoner": "embedded:student",
    "hinter": "embedded:hinter",
    "teacher": "embedded:teacher",
    "scorer": "embedded:prm",
}
"""The shipped model of every role."""


@dataclass(frozen=True)
class Preset:
    """A configuration.

    Attributes:
        about: One line for users.
        roles: Who takes part beside the reasoner.
        search: How the tree grows.
        rewrite: The rewrite rule, None for no rewriting.
        sampling: How texts are drawn.
        keep_hints: Show the hints of earlier steps in the prompts of later ones.
    """

    about: str
    roles: tuple[str, ...]
    search: Search
    rewrite: Rewrite | None = None
    sampling: Sampling = field(default_factory=Sampling)
    keep_hints: bool = False


PRESETS = {
    "greedy": Preset("the reasoner alone, one chain, always the most probable token", (), Beam(1, 1)),
    "hinted": Preset("one chain, every step under a hint (HintMR)", ("hinter",), Beam(1, 1)),
    "beam": Preset(
        "step beam search ranked by the PRM, no hints", ("scorer",), Beam(2, 3), sampling=Sampling(temperature=0.8)
    ),
    "hintree": Preset(
        "hints, PRM beam search, and the rewrite ladder: a low step gets a new hint, then the teacher",
        ("hinter", "scorer", "teacher"),
        Beam(1, 2, unhinted=1),
        Rewrite(threshold=0.5),
        Sampling(temperature=0.8),
    ),
}
"""All presets by name; ``hintree`` is the default."""


def preset(name: str) -> Preset:
    """A preset by name. Raises UsageError for an unknown one."""
    if name not in PRESETS:
        raise UsageError(f"preset {name!r} is not one of {', '.join(PRESETS)}")
    return PRESETS[name]
