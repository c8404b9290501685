"""The command line of trainers: ``hintree train KIND``; each kind stands in a file of its own."""

import argparse
from typing import Any

from hintree.cli.train_hinter import add_hinter
from hintree.cli.train_prm import add_ppm, add_prm

EXAMPLES = """examples:
  hintree train hinter "lab:train?n=2000" --out my-hinter              # from exact hints of the lab
  hintree train prm --out my-prm                                       # on the lab: exact labels, the shipped teacher
  hintree train prm --labels soft --out my-prm                         # the same problems, Monte-Carlo labels
  hintree train prm --rows labelled.jsonl --base Qwen/Qwen2.5-0.5B --out my-prm
  hintree train ppm --distance 1 --out my-ppm                          # from pairs of steps
"""


def add_train(commands: Any) -> None:
    """The commands of ``hintree train``."""
    train = commands.add_parser(
        "train",
        help="train a model of one's own: hinter, prm, ppm",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kinds = train.add_subparsers(dest="kind", required=True, metavar="KIND")
    add_hinter(kinds)
    add_prm(kinds)
    add_ppm(kinds)
