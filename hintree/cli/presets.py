"""``hintree presets``: the methods by name, where each is from, and what differs."""

import argparse
import json
import textwrap
from typing import Any


class PresetsInHelp(argparse.RawDescriptionHelpFormatter):
    """Ends a help text with the names of the presets; only who asks for help waits until they are imported."""

    def format_help(self) -> str:
        """The help text."""
        from hintree.presets import PRESETS

        return super().format_help() + "\n" + textwrap.fill(f"presets: {', '.join(PRESETS)}", 80) + "\n"


def add_presets(commands: Any) -> None:
    """The options of ``hintree presets``."""
    presets = commands.add_parser("presets", help="list the methods: source, and what differs from it")
    presets.add_argument("name", nargs="?", metavar="NAME", help="only this one, with all of its settings")
    presets.add_argument("--json", action="store_true", help="print one JSON object, with the settings of all")
    presets.set_defaults(run=run_presets)


def run_presets(args: argparse.Namespace) -> None:
    """List the presets."""
    from hintree.presets import PRESETS, preset

    chosen = {args.name: preset(args.name)} if args.name else PRESETS
    if args.json:
        print(json.dumps({name: as_json(one) for name, one in chosen.items()}))
        return
    for name, one in chosen.items():
        print(f"{name}: {one.about}")
        for title, text in (("source", one.source), ("differs", one.differs)):
            if text:
                print(f"    {title}: {text}")
        if args.name:
            for title, settings in as_json(one)["settings"].items():
                print(f"    {title}: {settings_text(settings)}")


def as_json(one: Any) -> dict[str, Any]:
    """A preset for a program."""
    from hintree.presets import settings_of

    return {"about": one.about, "source": one.source, "differs": one.differs, "settings": settings_of(one)}


def settings_text(settings: Any) -> str:
    """The settings of one part as ``--set`` takes them."""
    if not isinstance(settings, dict):
        return value_text(settings)
    return ",".join(f"{key}={value_text(value)}" for key, value in settings.items()) or "none"


def value_text(value: Any) -> str:
    """A value as ``--set`` takes it."""
    return "+".join(map(str, value)) if isinstance(value, list | tuple) else str(value).lower()
