"""Defaults of options from a settings file and from the environment, and the command ``hintree config``.

An option takes its value from the command line, else from the variable ``HINTREE_NAME``, else from the settings file,
else its built-in default.
"""

import argparse
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hintree.bounded_files import read_text
from hintree.cli.folders import config_folder
from hintree.cli.options import add_json
from hintree.errors import UsageError

NAMES = (
    *("preset", "reasoner", "hinter", "teacher", "scorer", "retriever", "verifier", "prm_spec", "protocol", "language"),
    *("search", "set", "selection", "rewrite", "sampling", "hinting", "budget", "seed"),
    *("device", "dtype", "threads", "cache_bytes", "timeout", "engine_args"),
)
"""Options with defaults of the user: those of models and of the method."""
COMMANDS = ("solve", "eval", "show-prompt")
"""Commands that the defaults hold for."""
PLACE = "HINTREE_CONFIG"
"""Environment variable: path of the settings file, in place of the usual one."""
LONGEST = 1 << 16
"""Bytes of a settings file."""
EXAMPLES = """The file is TOML, one line per option of hintree solve, hintree eval and hintree show-prompt:
  reasoner = "Qwen/Qwen2.5-1.5B-Instruct"
  preset = "beam"
  threads = 4

examples:
  hintree config
  HINTREE_PRESET=greedy hintree config --json | jq .preset
"""


class Default(NamedTuple):
    """A user's default of an option: its value as text, and the variable or file that it comes from."""

    value: str
    source: str


def add_config(commands: Any) -> None:
    """Add the command ``hintree config``."""
    command = commands.add_parser(
        "config", help="show your defaults of options, and where each comes from", epilog=EXAMPLES
    )
    add_json(command)
    command.set_defaults(run=run_config)


def config_file() -> Path:
    """Return the path of the settings file; it need not exist."""
    return Path(os.environ.get(PLACE) or config_folder() / "config.toml")


def user_defaults() -> dict[str, Default]:
    """Return the user's defaults by option. Raises UsageError for a file or a key that is not accepted."""
    path = config_file()
    found = {name: Default(value, str(path)) for name, value in read_file(path).items()}
    for name in NAMES:
        if (value := os.environ.get(f"HINTREE_{name.upper()}")) is not None:
            found[name] = Default(value, f"HINTREE_{name.upper()}")
    return {name: found[name] for name in NAMES if name in found}


def read_file(path: Path) -> dict[str, str]:
    """Return the settings of a file, {} if there is none. Raises UsageError."""
    if not path.exists():
        if PLACE in os.environ:
            raise UsageError(f"{PLACE}={path}: no such file")
        return {}
    try:
        data = tomllib.loads(read_text(path, LONGEST))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: cannot be read as TOML: {' '.join(str(error).split())[:200]}") from error
    settings = {}
    for key, value in data.items():
        name = key.replace("-", "_")
        if name not in NAMES:
            raise UsageError(f"{path}: {key[:40]!r} is not one of {', '.join(NAMES)}")
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise UsageError(f"{path}: {key}={str(value)[:40]!r} is neither a text nor a number")
        settings[name] = str(value)
    return settings


def apply_defaults(commands: Mapping[str, argparse.ArgumentParser]) -> None:
    """Give the commands' options the user's defaults. Raises UsageError, as ``user_defaults`` does."""
    defaults = {name: default.value for name, default in user_defaults().items()}
    for name in COMMANDS if defaults else ():
        own = {action.dest for action in commands[name]._actions}
        commands[name].set_defaults(**{option: value for option, value in defaults.items() if option in own})


def run_config(args: argparse.Namespace) -> None:
    """Print every option with its value and the place that it comes from."""
    found, path = user_defaults(), config_file()
    if args.json:
        print(json.dumps({"file": str(path), **{name: default._asdict() for name, default in found.items()}}))
        return
    from rich.console import Console
    from rich.table import Table

    from hintree.view.text import one_line

    console = Console(highlight=False, soft_wrap=True)
    table = Table("option", "value", "from", box=None, padding=(0, 2, 0, 0))
    for name in NAMES:
        value, source = found.get(name, Default("", "built in"))
        table.add_row(name, one_line(value), one_line(source))
    console.print(table)
    state = "is read" if path.exists() else "does not exist"
    console.print(f"\n{path} {state}; HINTREE_NAME overrides it, and the command line overrides both", markup=False)
