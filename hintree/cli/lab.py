"""The command ``hintree lab``: its parts stand in lab_problems.py and lab_models.py."""

from typing import Any

from hintree.cli.lab_models import add_model_parts
from hintree.cli.lab_problems import add_problem_parts

EXAMPLES = """examples:
  hintree lab problems --steps 6 --n 1
  hintree lab problems --steps 1-3 --easy --n 100 > easy.jsonl
  hintree lab problems --n 1 | jq -r .question | hintree lab solve - --hints
  hintree lab problems --n 100 | hintree lab check -      # a verdict on every step of every solution
  hintree lab problems --n 20 | hintree lab perturb -     # counterfactuals: one quantity or relation changed
  hintree lab problems --hops 2-3 --n 5                    # numbers that stand only in the fact book
  hintree lab book --out book.jsonl                       # its 5,000 passages
  hintree lab card --split test --n 1000
  hintree lab train --out build/lab && hintree lab evaluate --models build/lab
"""


def add_lab(commands: Any) -> None:
    """Add ``hintree lab`` and its parts."""
    lab = commands.add_parser(
        "lab",
        help="generate and check word problems with exact solutions; train and evaluate the shipped models",
        epilog=EXAMPLES,
    )
    parts = lab.add_subparsers(dest="part", required=True, metavar="PART")
    add_problem_parts(parts)
    add_model_parts(parts)
