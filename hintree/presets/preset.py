"""The type of a preset: a method as a configuration of search, rewrite rule, sampling, hints and models."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hintree.policies import Hinting, Protocol, Sampling
from hintree.search import Rewrite, Search, Selection, selection_of

DEFAULT_MODELS = {
    "reasoner": "embedded:student",
    "hinter": "embedded:hinter",
    "teacher": "embedded:teacher",
    "scorer": "embedded:prm",
}
"""Model of every role by default: the shipped ones."""
SELECTION_MODELS = {"verifier": "embedded:student-2"}
"""Model by default of the roles that only some selections ask."""


@dataclass(frozen=True)
class Preset:
    """Configuration of a method.

    Attributes:
        about: One line for users, under 120 characters.
        roles: Roles that the method needs besides the reasoner.
        search: Search algorithm and its settings.
        rewrite: Rewrite rule; None for no rewriting.
        sampling: Sampling settings of all writers.
        keep_hints: Show the hints of earlier steps in the prompts of later ones.
        hinting: Kind of hints, and treatment of hints that leak.
        source: Paper of the method; "" if there is none.
        differs: Known differences from the paper; "" if there are none.
        models: Model names by role, where they differ from ``DEFAULT_MODELS``.
        selection: How the answer is selected; None selects as the paper of ``search`` does.
        protocol: Form of all texts; None for the usual one of each model.
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
    protocol: Protocol | None = None

    def role_models(self) -> dict[str, str]:
        """Return the model name of every role that the method or its selection needs, by role."""
        usual = DEFAULT_MODELS | SELECTION_MODELS
        selection = self.selection or selection_of(self.search)
        return {
            role: self.models.get(role, usual[role])
            for role in usual
            if role in ("reasoner", *self.roles, *selection.roles)
        }
