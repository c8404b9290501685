"""The command ``hintree presets``: the methods by name, their papers, and the differences from them."""

import argparse
from typing import Any

from hintree.cli.options import add_json
from hintree.cli.output import print_json

EXAMPLES = """examples:
  hintree presets
  hintree presets show smart             # all settings of one method; "show" may be left out
  hintree presets --json | jq .smart.settings
"""


def add_presets(commands: Any) -> None:
    """Add the command ``hintree presets``."""
    presets = commands.add_parser("presets", help="list the methods: paper, and differences from it", epilog=EXAMPLES)
    presets.add_argument(
        "name", nargs="*", metavar="NAME", help="print only this one, with all of its settings: $presets"
    )
    add_json(presets, "print one JSON object, with the settings of all")
    presets.set_defaults(run=run_presets)


def run_presets(args: argparse.Namespace) -> None:
    """Print all presets, or one with its settings."""
    from hintree.presets import PRESETS, preset

    names = args.name[1:] if args.name[:1] == ["show"] else args.name
    chosen = {name: preset(name) for name in names} or PRESETS
    if args.json:
        print_json({name: as_json(one) for name, one in chosen.items()})
        return
    for name, one in chosen.items():
        print(f"{name}: {one.about}")
        for title, text in (("source", one.source), ("differs", one.differs)):
            if text:
                print(f"    {title}: {text}")
        if names:
            for title, settings in as_json(one)["settings"].items():
                print(f"    {title}: {settings_text(settings)}")


def as_json(one: Any) -> dict[str, Any]:
    """Return a preset as a JSON object."""
    from hintree.presets import settings_of

    return {"about": one.about, "source": one.source, "differs": one.differs, "settings": settings_of(one)}


def settings_text(settings: Any) -> str:
    """Return the settings of one part in the syntax of ``--set``."""
    if not isinstance(settings, dict):
        return value_text(settings)
    return ",".join(f"{key}={value_text(value)}" for key, value in settings.items()) or "none"


def value_text(value: Any) -> str:
    """Return a value in the syntax of ``--set``."""
    return "+".join(map(str, value)) if isinstance(value, list | tuple) else str(value).lower()
