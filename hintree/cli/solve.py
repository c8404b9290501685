"""The command ``hintree solve``."""

import argparse
import re
import sys
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hintree.bounded_files import read_text
from hintree.cli.options import (
    EXAMPLE_QUESTION,
    add_abstain,
    add_budget,
    add_json,
    add_loading,
    add_models,
    add_protocol,
    add_seed,
    protocol_of,
)
from hintree.cli.output import print_json
from hintree.cli.status import Status
from hintree.cli.view import check_tree_file, open_page, with_reference, write_tree
from hintree.errors import HintreeError, UsageError
from hintree.search.core.budget import Budget
from hintree.search.core.ledger import ALL_ROLES, MODEL_ROLES

if TYPE_CHECKING:
    from hintree.solver import Solution, Solver
    from hintree.view.shown_tree import ShownTree

LONGEST_QUESTION = 1 << 24
"""Bytes of a question that are read; check_question refuses far shorter ones."""
EXAMPLES = f"""examples:
  hintree solve "{EXAMPLE_QUESTION}"
  hintree lab problems --split test --steps 6 --n 1 | jq -r .question | hintree solve -
  hintree solve --file question.txt --preset beam --json
  hintree solve "{EXAMPLE_QUESTION}" --search mcts --set simulations=64,c=1.4 --rewrite threshold=0.4,stages=teacher
  hintree solve "Wie viele Teiler hat 196?" --preset greedy --reasoner Qwen/Qwen2.5-1.5B-Instruct --language auto
  hintree solve "How many positive divisors does 196 have?" --preset greedy --reasoner Qwen/Qwen2.5-1.5B-Instruct
  hintree solve "{EXAMPLE_QUESTION}" --page page.html --reference 7

exit codes: 0 the search ended, with an answer or by its budget; 1 every path failed; 2 an error; 130 interrupted
"""
FAILED = 1
"""Exit code of a search whose paths have all failed."""


def add_solve(commands: Any) -> None:
    """Add the command ``hintree solve``."""
    solve = commands.add_parser("solve", help="solve one question and print the steps and their cost", epilog=EXAMPLES)
    solve.add_argument("question", nargs="?", metavar="QUESTION", help="the question; - reads it from standard input")
    solve.add_argument("--file", metavar="FILE", help="read the question from a file")
    add_preset(solve)
    add_method(solve)
    add_models(solve)
    add_loading(solve)
    add_budget(solve)
    add_abstain(solve)
    add_seed(solve, "seed of all draws: the same seed grows the same tree")
    solve.add_argument("--record", metavar="FILE", help="record every model output; a killed run resumes from the file")
    solve.add_argument(
        "--tree", metavar="FILE", help="write the whole tree, in the format of the file's ending: $tree_formats"
    )
    solve.add_argument("--watch", action="store_true", help="show the tree while it grows, on standard error")
    solve.add_argument(
        "--page", metavar="FILE", help="write the page of the growing tree every 2 s, which reads itself again"
    )
    solve.add_argument("--all", action="store_true", help="print the whole tree: pruned and rejected steps too")
    solve.add_argument(
        "--reference",
        metavar="ANSWER",
        help="the right answer: tells after the search if the solution is right; no model sees it",
    )
    solve.add_argument("-v", "--verbose", action="store_true", help="print each step as it comes, on standard error")
    add_json(solve)
    solve.set_defaults(run=run_solve)


def add_preset(parser: argparse.ArgumentParser) -> None:
    """Add ``--preset``; ``chosen_preset`` reads it."""
    parser.add_argument(
        "--preset",
        help="the method, one of $presets (default: hintree; greedy if --reasoner names a model that is not shipped)",
    )


def add_method(solve: argparse.ArgumentParser) -> None:
    """Add the options that replace parts of the preset."""
    group = solve.add_argument_group("parts of the method; by default the preset's own")
    group.add_argument("--search", metavar="NAME", help="search algorithm: $searches; see `hintree searches`")
    group.add_argument("--set", metavar="SETTINGS", help="settings of the search, e.g. simulations=64,c=1.4")
    group.add_argument(
        "--selection",
        metavar="SETTINGS",
        help="selection of the answer, e.g. majority; choice=$choices; aggregate of the step scores: $aggregates",
    )
    group.add_argument(
        "--rewrite",
        metavar="SETTINGS",
        help="rewrite rule, e.g. threshold=0.7,stages=hint+teacher, or none; settings: $rewrite; stages: $stages",
    )
    group.add_argument(
        "--sampling", metavar="SETTINGS", help="sampling, e.g. temperature=0.8,top_p=0.95; settings: $sampling"
    )
    group.add_argument(
        "--hinting",
        metavar="SETTINGS",
        help="when hints are generated (when=each, first or plan), and the treatment of hints that leak "
        "(leaks=drop, mask or keep)",
    )
    add_protocol(group)
    group.add_argument("--keep-hints", action="store_true", help="keep the hints of earlier steps in later prompts")


def read_question(args: argparse.Namespace) -> str:
    """Return the question from the argument, the file or standard input. Raises UsageError unless it is exactly one."""
    if args.file and args.question is not None:
        raise UsageError("both a question and --file are given; give one")
    if args.file:
        try:
            return read_text(Path(args.file), LONGEST_QUESTION, pipe=True)
        except (OSError, ValueError) as error:
            raise UsageError(f"--file {args.file}: cannot be read as UTF-8 text: {error}") from error
    if args.question is not None and args.question != "-":
        return str(args.question)
    if args.question is None and sys.stdin.isatty():
        raise UsageError("no question: give it as an argument, with --file, or on standard input with -")
    return sys.stdin.buffer.read(LONGEST_QUESTION).decode("utf-8", "surrogateescape")


def run_solve(args: argparse.Namespace) -> int:
    """Solve one question, print the solution, and return the exit code. Raises HintreeError if the search failed."""
    question = read_question(args)
    Budget.parse(args.budget or "")
    with Status() as status:
        return solve_question(args, question, status)


def solve_question(args: argparse.Namespace, question: str, status: Status) -> int:
    """Load the models, solve the question, print the solution, and return the exit code. Raises HintreeError."""
    from hintree.cli.live_page import LivePage
    from hintree.solver import Solver, check_question
    from hintree.solver.solution import solved

    check_question(question)
    preset = chosen_preset(args, question)
    tree_file = check_tree_file(args.tree) if args.tree is not None else None
    page = check_tree_file(args.page, "--page", (".html",)) if args.page is not None else None
    if args.engine_args and not any("vllm:" in (getattr(args, role) or "") for role in MODEL_ROLES):
        raise UsageError("--engine-args are for models named vllm:NAME, and no role names one (docs/vllm.md)")
    solver = Solver(
        preset,
        **{role: getattr(args, role) for role in ALL_ROLES},
        prm_spec=args.prm_spec,
        budget=args.budget,
        seed=args.seed,
        recording=args.record,
        device=args.device,
        dtype=args.dtype,
        engine_args=args.engine_args,
        abstain=args.abstain or 0.0,
    )
    with LivePage(page, {"preset": args.preset}, open_page) if page else nullcontext() as live:
        if live is not None:
            solver.handlers = live.wrap(solver.handlers)
        solution = grow(args, solver, question, status)
    status.end()
    shown = with_reference(solved(solution, args.preset), None if solution.abstained else args.reference)
    for file in (tree_file, page):
        if file is not None:
            write_tree(shown, file)
    if tree_file is not None and tree_file.suffix == ".html":
        open_page(tree_file)
    print_solution(args, solver, solution, shown)
    if solution.stop_reason.failed:
        raise HintreeError(str(solution.stop_reason))
    return FAILED if solution.status == "failed" else 0


def grow(args: argparse.Namespace, solver: "Solver", question: str, status: Status) -> "Solution":
    """Return the solution of a question, whose search is shown as the options say."""
    from hintree.cli.watch import watched
    from hintree.solver.progress import StepLines

    if args.watch:
        status.end()  # the tree says more, in the same place
        return watched(solver, question)
    status.lines = StepLines(status.write_line) if args.verbose else None
    return solver.solve(question, on_event=status.on_event)


def print_solution(args: argparse.Namespace, solver: "Solver", solution: "Solution", shown: "ShownTree") -> None:
    """Print a solution as text or JSON, and with ``--all`` its whole tree."""
    from rich.console import Console

    from hintree.cli.show import show, to_json

    if args.json:
        print_json(to_json(solution, solver, args.preset, shown.story))
    else:
        show(solution, Console(highlight=False), shown.story, everything=args.all)


def chosen_preset(args: argparse.Namespace, question: str = "") -> Any:
    """Return the preset for a question, with the parts that the options replace. Raises UsageError."""
    from dataclasses import replace

    from hintree.policies import find_protocol
    from hintree.presets import preset
    from hintree.search import Selection
    from hintree.search.registry import SEARCHES, changed, make_rewrite, make_search, make_selection
    from hintree.solver.role_choice import usual_preset

    if args.preset is None:
        args.preset = usual_preset(args.reasoner)
    chosen = preset(args.preset)
    kind = SEARCHES.get(args.search, type(chosen.search))
    search_settings, selection_settings = split_settings(args.set or "", kind)
    if args.search is not None:
        chosen = replace(chosen, search=make_search(args.search, search_settings), selection=None)
    elif args.set is not None:
        chosen = replace(chosen, search=changed("--set", chosen.search, search_settings))
    if args.selection is not None or selection_settings:
        base = chosen.selection or getattr(chosen.search, "selection", Selection())
        chosen = replace(chosen, selection=make_selection(args.selection or selection_settings, base))
    if args.rewrite is not None:
        settings = re.sub(r"(?<!\w)rungs(?=\s*=)", "stages", args.rewrite)  # the name before 0.1.0
        chosen = replace(chosen, rewrite=make_rewrite(settings, chosen.rewrite))
    if args.sampling is not None:
        chosen = replace(chosen, sampling=changed("--sampling", chosen.sampling, args.sampling))
    if args.hinting is not None:
        chosen = replace(chosen, hinting=changed("--hinting", chosen.hinting, args.hinting))
    if (protocol := protocol_of(args, question)) is not None:
        chosen = replace(chosen, protocol=find_protocol(protocol))
    return replace(chosen, keep_hints=chosen.keep_hints or args.keep_hints)


def split_settings(text: str, kind: type[Any]) -> tuple[str, str]:
    """Split ``--set`` into settings of the search and of the selection, which every search had before 0.1.0.

    Args:
        text: The option's value, NAME=VALUE,...
        kind: Class of the search; a setting that it has itself stays its own.

    Warns:
        UserWarning: Names the option that settings of the selection belong to.
    """
    from dataclasses import fields

    from hintree.search import Selection

    moved = {field.name for field in fields(Selection)} - {field.name for field in fields(kind)}
    parts = [part for part in text.split(",") if part.strip()]
    selection = [part.strip() for part in parts if part.partition("=")[0].strip() in moved]
    if selection:
        given = ",".join(selection)
        warnings.warn(f"--set {given}: read as --selection {given}, the option for these settings", stacklevel=2)
    return ",".join(part for part in parts if part.strip() not in selection), ",".join(selection)
