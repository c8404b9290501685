"""The command ``hintree train``: its kinds are in train_hinter.py, train_prm.py, train_probe.py and train_data.py."""

from typing import Any

from hintree.cli.train_data import add_data
from hintree.cli.train_hinter import add_hinter
from hintree.cli.train_prm import add_ppm, add_prm
from hintree.cli.train_probe import add_labels, add_probe

EXAMPLES = """examples:
  hintree train hinter "lab:train?n=2000" --out my-hinter              # from exact hints of the lab
  hintree train prm --out my-prm                                       # on the lab, with exact labels
  hintree train prm --labels soft --out my-prm                         # the same problems, with Monte-Carlo labels
  hintree train prm --rows labelled.jsonl --base Qwen/Qwen2.5-0.5B --out my-prm
  hintree train ppm --distance 1 --out my-ppm                          # from pairs of steps
  hintree train labels gsm8k.jsonl --writer ./my-model --out labelled.jsonl
  hintree train probe --rows labelled.jsonl --model ./my-model --out my-probe
  hintree train data runs/hints --kind correction --out rows.jsonl     # rows of corrected steps, for TRL
"""


def add_train(commands: Any) -> None:
    """Add ``hintree train`` and its kinds."""
    train = commands.add_parser(
        "train",
        help="train a hinter, a PRM, a PPM or a probe of your own; make training rows",
        epilog=EXAMPLES,
    )
    kinds = train.add_subparsers(dest="kind", required=True, metavar="KIND")
    add_hinter(kinds)
    add_prm(kinds)
    add_ppm(kinds)
    add_labels(kinds)
    add_probe(kinds)
    add_data(kinds)
