"""What a preset is: a paper's method as a configuration of the same parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hintree.policies import Hinting, Sampling
from hintree.search import Rewrite, Search, Selection

DEFAULT_MODELS = {
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
        hinting: When hints are written, and what becomes of those that say too much.
        source: The paper it is from; "" where there is none.
        differs: What differs from the paper; "" where nothing does that is known.
        models: Who plays a role, where it is not the role's shipped model.
        selection: How the answer is selected; None selects as the paper of ``search`` does.
    """

    about: str
    roles: tuple[str, ...]
    search: Search
    rewrite: Rewrite | None = None
    sampling: Sampling = field(default_factory=Sampling)
    keep_hints: bool = False
    hinting: Hinting = field(default_factory=Hinting)
    source: str = ""
    differs: str = ""
    models: Mapping[str, str] = field(default_factory=dict)
    selection: Selection | None = None

    def role_models(self) -> dict[str, str]:
        """The model of every role that takes part, by role."""
        taking_part = [role for role in DEFAULT_MODELS if role in ("reasoner", *self.roles)]
        return {role: self.models.get(role, DEFAULT_MODELS[role]) for role in taking_part}
