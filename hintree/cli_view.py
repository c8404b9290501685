"""The commands that show trees: ``hintree export`` and ``hintree view``, and the tree file of ``hintree solve``."""

import argparse
import os
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hintree.search.errors import UsageError

if TYPE_CHECKING:
    from hintree.experiments.export import Solved

EXAMPLES = """examples:
  hintree solve --file question.txt --tree tree.json
  hintree view tree.json                          # explore it in a browser
  hintree view beam.json mcts.json                # two trees of the same question side by side
  hintree export tree.json --to tree.svg          # a picture for a paper
  hintree export tree.json --to steps.jsonl --form prm
"""


def add_view(commands: Any) -> None:
    """The options of ``hintree export`` and ``hintree view``."""
    look: dict[str, Any] = {"epilog": EXAMPLES, "formatter_class": argparse.RawDescriptionHelpFormatter}
    export = commands.add_parser("export", help="write a tree, or all trees of a run, for other tools", **look)
    export.add_argument("source", metavar="TREE|RUN", help="a tree (.json, .graphml, .gexf) or the folder of a run")
    export.add_argument(
        "--to",
        required=True,
        metavar="FILE",
        help="ending in .json, .graphml, .gexf, .dot, .mmd, .svg, .png, .md or .html; or .jsonl for training rows",
    )
    export.add_argument(
        "--form", choices=("prm", "sft", "dpo"), help="training rows in TRL's formats (default: the name of the file)"
    )
    export.set_defaults(run=run_export)
    view = commands.add_parser("view", help="explore a tree or a run in a browser, offline", **look)
    view.add_argument(
        "sources", nargs="+", metavar="FILE|RUN", help="trees of one question, to be compared, or the folder of a run"
    )
    view.add_argument("--to", metavar="FILE", help="where to write the page (default: a new temporary folder)")
    view.set_defaults(run=run_view)


def run_export(args: argparse.Namespace) -> None:
    """Write a tree or a run in another form."""
    from hintree.experiments.export import read

    target, source = check_target(args.to, "--to"), Path(args.source)
    if target.suffix == ".jsonl":
        form = args.form or target.stem
        write_rows(form, [read(source)], target)
    elif args.form:
        raise UsageError(f"--form {args.form} makes training rows; let --to end in .jsonl")
    else:
        write_tree(read(source), target)


def write_rows(form: str, trees: "list[Solved]", target: Path) -> None:
    """Write the training rows of trees."""
    from hintree.experiments.export.rows import FORMS, to_lines

    if form not in FORMS:
        raise UsageError(f"--to {target}: give --form {', '.join(FORMS)}, or name the file so, as in prm.jsonl")
    rows = list(to_lines(form, trees))
    save("".join(rows).encode(), target)
    print(f"{target}: {len(rows)} {form} rows")


def write_tree(solved: "Solved", target: Path) -> None:
    """Write a tree by the file's ending."""
    from hintree.experiments.export import render

    save(render(solved, target.suffix), target)


def save(content: bytes, target: Path) -> None:
    """Write a file. Raises UsageError if that fails."""
    try:
        target.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror}; give another file") from error


def check_target(name: str, option: str) -> Path:
    """A file that can be written, looked at before any work is done."""
    path = Path(name)
    folder = path.absolute().parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"{option} {name}: cannot write there; give a file in a folder that exists")
    return path


def check_tree_file(name: str) -> Path:
    """The file for the tree of ``hintree solve``, looked at before any work is done."""
    from hintree.experiments.export.files import WRITERS

    path = check_target(name, "--tree")
    if path.suffix not in WRITERS:
        raise UsageError(f"--tree {name}: no tree has this ending; take {', '.join(WRITERS)}")
    return path


def run_view(args: argparse.Namespace) -> None:
    """Make a page and open it."""
    from hintree.experiments.export import read
    from hintree.experiments.view import page

    sources = [Path(name) for name in args.sources]
    content = page([read(path) for path in sources])
    target = check_target(args.to, "--to") if args.to else Path(tempfile.mkdtemp(prefix="hintree-")) / "tree.html"
    save(content.encode(), target)
    show_page(target)


def show_page(path: Path) -> None:
    """Say where a page is, and open it in the user's browser where a person sits at a terminal."""
    print(path)
    if sys.stdout.isatty():
        webbrowser.open(path.absolute().as_uri())
