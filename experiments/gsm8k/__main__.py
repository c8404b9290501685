"""Write the page of the GSM8K studies from their stores and the text in experiments/studies/gsm8k/page.md.

    python -m hintree.experiments.gsm8k --runs runs/gsm8k --out docs/gsm8k.md

The page is made twice, and nothing is written unless both have the same bytes.
"""

import argparse
import sys
from pathlib import Path

from hintree.errors import HintreeError, UsageError
from hintree.experiments import STUDIES
from hintree.experiments.gsm8k.page import make
from hintree.whole_files import write_whole


def main() -> None:
    """Write the page and its pictures. Raises HintreeError."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--runs", type=Path, default=Path("runs/gsm8k"), help="folder of the studies (default %(default)s)"
    )
    parser.add_argument(
        "--page", type=Path, default=STUDIES / "gsm8k" / "page.md", help="text (default: the shipped one)"
    )
    parser.add_argument("--out", type=Path, default=Path("docs/gsm8k.md"), help="file to write (default %(default)s)")
    args = parser.parse_args()
    texts = make(args.runs, args.page, args.out.name)
    if make(args.runs, args.page, args.out.name) != texts:
        raise UsageError(f"--runs {args.runs}: two pages differ; do not write to the stores while the page is made")
    try:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            write_whole(args.out.parent / name, text)
    except OSError as error:
        raise UsageError(f"--out {args.out}: cannot be written: {error.strerror}") from error
    print(f"{args.out} and {len(texts) - 1} pictures beside it")


if __name__ == "__main__":
    try:
        main()
    except HintreeError as error:
        sys.exit(f"hintree: error: {error}")
