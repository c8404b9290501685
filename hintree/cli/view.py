"""The commands ``hintree export`` and ``hintree view``, and the tree file of ``hintree solve``."""

import argparse
import os
import sys
import tempfile
import time
import webbrowser
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hintree.errors import UsageError
from hintree.whole_files import write_whole

if TYPE_CHECKING:
    from hintree.experiments.study.pages import RunPages
    from hintree.export import ShownTree

EVERY = 5
"""Seconds between two writings of the pages of a run, and between two readings by the browser."""
SHARE = 10
"""Pages that took long are followed by the next after so many times as long."""

EXAMPLES = """examples:
  hintree solve --file question.txt --tree tree.json
  hintree view tree.json                          # opens in a browser
  hintree view beam.json mcts.json                # two trees of the same question side by side
  hintree view tree.json --reference 7            # and says if the answer is right
  hintree view tree.json --text --all             # the whole tree in the terminal
  hintree view runs/hints                         # arms, problems and trees of a run
  hintree view runs/hints --follow                # the same while it runs
  hintree export tree.json --to tree.svg          # a picture for a paper
  hintree export tree.json --to steps.jsonl --form prm
"""


NO_ROWS = {
    "prm": "which need a score at every step of a path",
    "sft": "which need a finished solution, in a run one with the right answer",
    "dpo": "which need a rewritten step with another score, where the kept version has the higher one",
}
"""Why trees may have no rows of a form."""


def add_view(commands: Any) -> None:
    """Add ``hintree export`` and ``hintree view``."""
    export = commands.add_parser("export", help="convert a tree, or all trees of a run", epilog=EXAMPLES)
    export.add_argument("source", metavar="TREE|RUN", help="a tree (.json, .graphml, .gexf) or the folder of a run")
    export.add_argument(
        "--to",
        required=True,
        metavar="FILE",
        help="file in the format of its ending: $tree_formats; or .jsonl for training rows",
    )
    export.add_argument(
        "--form", metavar="FORM", help="training rows for TRL: $row_forms (default: the name of the file)"
    )
    export.set_defaults(run=run_export)
    view = commands.add_parser("view", help="open a tree or a run in a browser, offline", epilog=EXAMPLES)
    view.add_argument(
        "sources",
        nargs="+",
        metavar="FILE|RUN",
        help="trees of one question, shown side by side, or the folder of a run",
    )
    view.add_argument(
        "--to",
        metavar="FILE",
        help="file of the page, or folder of a run's pages (default: a temporary folder, or RUN/view)",
    )
    view.add_argument("--text", action="store_true", help="print the tree of a file here: the steps still in play")
    view.add_argument("--all", action="store_true", help="with --text, the pruned, rejected and failed steps too")
    view.add_argument(
        "--follow",
        action="store_true",
        help="write the pages of a run again as its results come, until it is complete or Ctrl-C",
    )
    for command in (export, view):
        command.add_argument(
            "--reference", metavar="ANSWER", help="the right answer: pages and files then say if the tree's is right"
        )
    view.set_defaults(run=run_view)


def run_export(args: argparse.Namespace) -> None:
    """Write a tree in another format, or training rows of a tree or a run. Raises UsageError."""
    from hintree.export import read
    from hintree.export.rows import FORMS, to_lines

    target, source = check_target(args.to, "--to"), Path(args.source)
    if target.suffix != ".jsonl":
        if args.form:
            raise UsageError(f"--form {args.form} makes training rows; let --to end in .jsonl")
        if source.is_dir():
            raise UsageError(
                f"--to {target}: a run is exported as training rows (.jsonl); `hintree view {source}` shows it"
            )
        write_tree(with_reference(read(source), args.reference), target)
        return
    form = args.form or target.stem
    if form not in FORMS:
        raise UsageError(f"--to {target}: give --form {', '.join(FORMS)}, or name the file so, as in prm.jsonl")
    trees = trees_of_run(source, form) if source.is_dir() else [read(source)]
    rows = list(to_lines(form, trees))
    if not rows:
        raise UsageError(f"--form {form}: {source} has no such rows, {NO_ROWS[form]}; nothing is written")
    save("".join(rows).encode(), target)
    print(f"{target}: {len(rows)} {form} rows")


def trees_of_run(folder: Path, form: str) -> "Iterator[ShownTree]":
    """Yield the trees of a run; for SFT only those with a correct answer, graded after the search."""
    from tqdm import tqdm

    from hintree.experiments.study.store import Store
    from hintree.experiments.study.trees import solved_tree

    with Store.open(folder) as store:
        for result in tqdm(store.results(), desc="reading trees", unit="tree", delay=2):
            if (form != "sft" or result.right) and (solved := solved_tree(store, result)) is not None:
                yield solved


def with_reference(solved: "ShownTree", reference: str | None) -> "ShownTree":
    """Return the tree with the reference answer that the user gave, and the grader's verdict; as it is for None."""
    if reference is None:
        return solved
    from hintree.view.story import Story

    story = solved.story or Story(answer=solved.chosen.step.answer)
    return solved._replace(story=story.graded(reference))


def write_tree(solved: "ShownTree", target: Path) -> None:
    """Write a tree in the format of the file's ending; say so where it takes several files."""
    from hintree.export.files import write

    files = write(solved, target)
    if len(files) > 1:
        print(f"{target}: too large for one diagram; {len(files)} files, up to {files[-1].name}", file=sys.stderr)


def save(content: bytes, target: Path) -> None:
    """Write a file. Raises UsageError if it cannot be written."""
    try:
        write_whole(target, content)
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror}; give another file") from error


def check_target(name: str, option: str) -> Path:
    """Return the path of a file that can be written. Raises UsageError, before any work is done."""
    path = Path(name)
    folder = path.absolute().parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"{option} {name}: cannot write there; give a file in a folder that exists")
    return path


def check_tree_file(name: str, option: str = "--tree", endings: Collection[str] = ()) -> Path:
    """Return a tree file of ``hintree solve``, by default of any format. Raises UsageError, before any work is done."""
    from hintree.export.files import WRITERS

    path = check_target(name, option)
    if path.suffix not in (endings or WRITERS):
        raise UsageError(f"{option} {name}: no tree has this ending; take {', '.join(endings or WRITERS)}")
    return path


def run_view(args: argparse.Namespace) -> None:
    """Write the page of trees, or the pages of a run, and open it; with ``--text`` print a tree."""
    sources = [Path(name) for name in args.sources]
    is_run = sources[0].is_dir() and len(sources) == 1
    if (args.text and (is_run or args.to)) or (args.all and not args.text) or (args.follow and not is_run):
        raise UsageError(
            "--text is for trees in files and without --to, --all needs --text, --follow needs a run's folder"
        )
    if is_run:
        view_run(sources[0], args.to, follow=args.follow)
        return
    if args.text:
        print_trees(sources, everything=args.all)
        return
    from hintree.export import read
    from hintree.view import page

    content = page([with_reference(read(path), args.reference) for path in sources])
    target = check_target(args.to, "--to") if args.to else Path(tempfile.mkdtemp(prefix="hintree-")) / "tree.html"
    save(content.encode(), target)
    show_page(target)


def print_trees(files: Sequence[Path], *, everything: bool) -> None:
    """Print the trees of files as indented lines. Raises UsageError."""
    from rich.console import Console

    from hintree.cli.show import tree_lines
    from hintree.export import read
    from hintree.view.text import visible

    console = Console(highlight=False)
    for solved in map(read, files):
        console.print(visible(solved.tree.problem.question), style="bold", markup=False)
        for line in tree_lines(solved.tree, solved.chosen, everything=everything):
            console.print(line, soft_wrap=True)


def view_run(folder: Path, to: str | None, *, follow: bool) -> None:
    """Write the pages of a run into ``to``, by default ``RUN/view``, and open the index. Raises UsageError."""
    from hintree.experiments.study.pages import RunPages
    from hintree.experiments.study.store import Store

    target = Path(to) if to is not None else folder / "view"
    try:
        with Store.open(folder) as store:
            pages = RunPages(store, target)
            show_page(pages.write(live=EVERY if follow else 0))
            if follow:
                follow_run(pages)
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror}; give another folder with --to") from error


def follow_run(pages: "RunPages") -> None:
    """Write the pages of a run again and again, until all results are there or Ctrl-C, and then once for good."""
    pause = float(EVERY)
    with suppress(KeyboardInterrupt):
        while not pages.complete:
            time.sleep(pause)
            begun = time.monotonic()
            pages.write(live=EVERY)
            pause = max(EVERY, SHARE * (time.monotonic() - begun))
    pages.write()


def show_page(path: Path) -> None:
    """Print the path of a page and open it."""
    print(path)
    open_page(path)


def open_page(path: Path) -> None:
    """Open a page in the user's browser if standard output is a terminal."""
    if sys.stdout.isatty():
        webbrowser.open(path.absolute().as_uri())
