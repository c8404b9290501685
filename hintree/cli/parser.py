"""The argument parser: errors as UsageError, and help texts that are filled in from the registries.

A help text may hold ``$NAME`` for an entry of ``REGISTRIES``. The registry is imported when the help is printed and not
before, so that no command waits for it.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from string import Template
from typing import Any

from hintree.errors import UsageError


class Parser(argparse.ArgumentParser):
    """Parse arguments; raise UsageError for bad ones, so that every bad input ends in the same way.

    Attributes:
        commands: The parsers of its commands, by name.
    """

    def __init__(self, **options: Any) -> None:
        self.commands: Mapping[str, argparse.ArgumentParser] = {}
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**options)

    def error(self, message: str) -> Any:
        """Raise UsageError with argparse's message."""
        raise UsageError(f"{message} (see {self.prog} --help)")

    def format_help(self) -> str:
        """Return the help text with the names of the registries filled in."""
        for action in self._actions:
            if action.help:
                action.help = fill(action.help)
        return super().format_help()


def _presets() -> Iterable[str]:
    from hintree.presets import PRESETS

    return PRESETS


def _searches() -> Iterable[str]:
    from hintree.search.registry import SEARCHES

    return SEARCHES


def _scorers() -> Iterable[str]:
    from hintree.scorers import SCORERS

    return (info.usage for info in SCORERS.values())


def _prm_families() -> Iterable[str]:
    from hintree.scorers import FAMILIES

    return FAMILIES


def _budget() -> Iterable[str]:
    from hintree.search.core.budget import Budget

    return (field.name for field in fields(Budget))


def _rewrite() -> Iterable[str]:
    from hintree.search import Rewrite

    return (field.name for field in fields(Rewrite))


def _stages() -> Iterable[str]:
    from hintree.search.escalation import STAGES

    return STAGES


def _choices() -> Iterable[str]:
    from hintree.search.selection import CHOICES

    return CHOICES


def _aggregates() -> Iterable[str]:
    from hintree.search.selection import AGGREGATES

    return AGGREGATES


def _sampling() -> Iterable[str]:
    from hintree.policies import Sampling

    return (field.name for field in fields(Sampling))


def _protocols() -> Iterable[str]:
    from hintree.policies.protocol_file import protocol_names

    return protocol_names()


def _languages() -> Iterable[str]:
    from hintree.policies.language import LANGUAGES

    return LANGUAGES


def _lab_families() -> Iterable[str]:
    from hintree.lab.generate import FAMILIES

    return FAMILIES


def _lab_splits() -> Iterable[str]:
    from hintree.lab.generate import SPLITS

    return SPLITS


def _tree_formats() -> Iterable[str]:
    from hintree.export.files import WRITERS

    return WRITERS


def _row_forms() -> Iterable[str]:
    from hintree.export.rows import FORMS

    return FORMS


def _studies() -> Iterable[str]:
    from hintree.experiments import shipped_studies

    return shipped_studies()


REGISTRIES: Mapping[str, Callable[[], Iterable[str]]] = {
    "presets": _presets,
    "searches": _searches,
    "scorers": _scorers,
    "prm_families": _prm_families,
    "budget": _budget,
    "rewrite": _rewrite,
    "stages": _stages,
    "choices": _choices,
    "aggregates": _aggregates,
    "sampling": _sampling,
    "protocols": _protocols,
    "languages": _languages,
    "lab_families": _lab_families,
    "lab_splits": _lab_splits,
    "tree_formats": _tree_formats,
    "row_forms": _row_forms,
    "studies": _studies,
}
"""Registries whose names a help text may list, by the name that stands after ``$``."""


class _Lists(Mapping[str, str]):
    """Map the name of a registry to its entries, joined by commas; a registry is imported when it is looked up."""

    def __getitem__(self, name: str) -> str:
        return ", ".join(REGISTRIES[name]())

    def __iter__(self) -> Iterator[str]:
        return iter(REGISTRIES)

    def __len__(self) -> int:
        return len(REGISTRIES)


def fill(text: str) -> str:
    """Replace every ``$NAME`` by the entries of that registry. Raises KeyError for a name without a registry."""
    return Template(text).substitute(_Lists())
