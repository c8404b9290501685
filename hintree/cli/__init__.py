"""Command-line interface: parse the arguments, run one command, report its errors.

Each command has a file of its own in this package. A command imports torch and the engine only when it runs, so that
``hintree --help`` returns at once.
"""

import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress

import hintree
from hintree.cli.bench import add_bench
from hintree.cli.calibrate import add_calibrate
from hintree.cli.completion import add_completion
from hintree.cli.config import add_config, apply_defaults
from hintree.cli.demo import add_demo
from hintree.cli.doctor import add_doctor
from hintree.cli.eval import add_eval
from hintree.cli.grade import add_grade
from hintree.cli.hint_audit import add_audit_hints
from hintree.cli.index import add_index
from hintree.cli.lab import add_lab
from hintree.cli.options import EXAMPLE_QUESTION, limits_of, timeout_in_environment
from hintree.cli.output import print_message, show_log
from hintree.cli.parser import Parser
from hintree.cli.presets import add_presets
from hintree.cli.replicas import add_replicas
from hintree.cli.report import add_report
from hintree.cli.scorers import add_scorers
from hintree.cli.searches import add_searches
from hintree.cli.serve import add_serve
from hintree.cli.show_prompt import add_show_prompt
from hintree.cli.solve import add_solve
from hintree.cli.study import add_study
from hintree.cli.train import add_train
from hintree.cli.view import add_view
from hintree.errors import HintreeError
from hintree.grade import GraderError
from hintree.models.loader_logs import quiet_loaders
from hintree.models.resources import brief_spins
from hintree.whole_files import DISK_ERRORS, disk_error_line

COMMANDS = (
    add_solve,
    add_eval,
    add_show_prompt,
    add_view,
    add_presets,
    add_searches,
    add_scorers,
    add_train,
    add_calibrate,
    add_index,
    add_demo,
    add_serve,
    add_study,
    add_replicas,
    add_lab,
    add_bench,
    add_report,
    add_audit_hints,
    add_grade,
    add_doctor,
    add_config,
    add_completion,
)
"""Functions that add one or more commands to the parser, in the order of ``hintree --help``."""
EXAMPLES = f"""examples:
  hintree solve "{EXAMPLE_QUESTION}"
  hintree demo
  hintree COMMAND --help
"""


def build_parser() -> Parser:
    """Return the parser of the whole command line."""
    about = "Search-based test-time reasoning for small language models."
    parser = Parser(prog="hintree", description=about, epilog=EXAMPLES)
    parser.add_argument("--version", action="version", version=f"hintree {hintree.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in COMMANDS:
        add(commands)
    parser.commands = commands.choices
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 is success, 1 a search whose paths have all failed, 2 an error, 130 an interruption.
    """
    warnings.showwarning = lambda message, *_args, **_kw: print_message("warning", message)
    try:
        parser = build_parser()
        apply_defaults(parser.commands)
        args = parser.parse_args(argv)
        quiet_loaders()
        show_log()
        slow_bars()
        with timeout_in_environment(args), limits_of(args), brief_spins():
            code: int = args.run(args) or 0  # of commands that tell more by it than by an error
        sys.stdout.flush()
    except (HintreeError, GraderError) as error:
        print_message("error", error)
        return 2
    except OSError as error:
        if isinstance(error, BrokenPipeError) and output_is_closed():
            forget_unwritten_output()
            return 0
        if error.errno not in DISK_ERRORS:
            raise
        print(f"hintree: error: {disk_error_line(error)}", file=sys.stderr)
        forget_unwritten_output()
        return 2
    except KeyboardInterrupt:
        print("hintree: interrupted", file=sys.stderr)
        return 130
    return code


def slow_bars() -> None:
    """Let progress bars write every ten seconds only where standard error is a file or a pipe, unless the user says."""
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_MININTERVAL", "10")  # read when tqdm is imported


def output_is_closed() -> bool:
    """Tell whether the reader of standard output has gone, as ``head`` does; pipes to other processes may break too."""
    try:
        print(flush=True)  # an output that is open gets an empty line before the traceback
    except BrokenPipeError:
        return True
    return False


def forget_unwritten_output() -> None:
    """Let what standard output still holds go nowhere, which Python writes at its end and could not."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
