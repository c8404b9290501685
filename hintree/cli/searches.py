"""The command ``hintree searches``."""

import argparse
from typing import Any

from hintree.cli.options import EXAMPLE_QUESTION, add_json
from hintree.cli.output import print_json

EXAMPLES = f"""examples:
  hintree searches
  hintree searches --json | jq .mcts.settings
  hintree solve "{EXAMPLE_QUESTION}" --search mcts --set simulations=64
"""


def add_searches(commands: Any) -> None:
    """Add the command ``hintree searches``."""
    searches = commands.add_parser(
        "searches", help="list the search algorithms and their settings with defaults", epilog=EXAMPLES
    )
    add_json(searches)
    searches.set_defaults(run=run_searches)


def run_searches(args: argparse.Namespace) -> None:
    """Print every search with the defaults of its settings."""
    from hintree.search.registry import SEARCHES, describe

    found = {name: describe(name) for name in SEARCHES}
    if args.json:
        print_json({name: {"about": about, "settings": dict(s)} for name, (about, s) in found.items()})
        return
    for name, (about, settings) in found.items():
        print(f"{name}: {about}")
        print("    " + ", ".join(f"{key}={value}" for key, value in settings.items()))
