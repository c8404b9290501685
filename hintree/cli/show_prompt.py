"""The command ``hintree show-prompt``: what each role will read."""

import argparse
from typing import Any

from hintree.cli.options import add_json, add_loading, add_models
from hintree.cli.output import print_json
from hintree.cli.solve import add_method, add_preset, chosen_preset, read_question
from hintree.search.core.ledger import ALL_ROLES

EXAMPLES = """Control tokens are shown between \u27e6 and \u27e7. For a server, the request's body is printed.

examples:
  hintree show-prompt "What is 12 * 7?" --preset greedy --reasoner Qwen/Qwen2.5-1.5B-Instruct
  hintree show-prompt "What is 12 * 7?" --preset greedy --reasoner model.gguf --protocol boxed
"""


def add_show_prompt(commands: Any) -> None:
    """Add the command ``hintree show-prompt``."""
    show = commands.add_parser("show-prompt", help="print exactly what each model will read", epilog=EXAMPLES)
    show.add_argument("question", nargs="?", metavar="QUESTION", help="the question; - reads it from standard input")
    show.add_argument("--file", metavar="FILE", help="read the question from a file")
    add_preset(show)
    add_method(show)
    add_models(show)
    add_loading(show)
    add_json(show, "print one JSON object per prompt")
    show.set_defaults(run=run_show_prompt)


def run_show_prompt(args: argparse.Namespace) -> None:
    """Print the prompts of all roles. Raises HintreeError as ``hintree solve``."""
    from rich.console import Console
    from rich.text import Text

    from hintree.export import visible
    from hintree.solver import Solver, check_question
    from hintree.solver.prompts import role_prompts
    from hintree.solver.questions import checked_problem

    question = read_question(args)
    check_question(question)
    models = {role: getattr(args, role) for role in ALL_ROLES}
    solver = Solver(
        chosen_preset(args, question),
        **models,
        prm_spec=args.prm_spec,
        device=args.device,
        dtype=args.dtype,
        engine_args=args.engine_args,
    )
    console = Console(highlight=False, soft_wrap=True)
    for prompt in role_prompts(solver, checked_problem(question)):
        if args.json:
            print_json(prompt._asdict())
        else:
            console.print(Text(f"{prompt.role}: {prompt.use}", style="bold"))
            console.print(Text("\n".join(map(visible, prompt.text.split("\n")))))
            console.print()
