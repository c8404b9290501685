"""The command ``hintree completion``: a script that completes commands and options in a shell."""

import argparse
from importlib import import_module
from typing import Any

from hintree.errors import UsageError

SHELLS = ("bash", "zsh", "tcsh")
EXAMPLES = """examples:
  hintree completion bash > ~/.local/share/bash-completion/completions/hintree
  hintree completion zsh > ~/.zfunc/_hintree        (a folder of $fpath)
"""


def add_completion(commands: Any) -> None:
    """Add the command ``hintree completion``."""
    command = commands.add_parser(
        "completion", help="print a script that completes commands and options in your shell", epilog=EXAMPLES
    )
    command.add_argument("shell", choices=SHELLS, help="the shell")
    command.set_defaults(run=run_completion)


def run_completion(args: argparse.Namespace) -> None:
    """Print the script. Raises UsageError without shtab, which writes it."""
    try:
        shtab: Any = import_module("shtab")
    except ModuleNotFoundError as error:
        raise UsageError('`hintree completion` needs shtab: pip install "hintree[completion]"') from error
    from hintree.cli import build_parser

    parser = build_parser()
    fill_helps(parser)
    print(shtab.complete(parser, shell=args.shell))


def fill_helps(parser: argparse.ArgumentParser) -> None:
    """Fill in the names of the registries in the help texts of a parser and of its commands."""
    parser.format_help()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                fill_helps(command)
