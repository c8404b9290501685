"""The command ``hintree serve``."""

import argparse
import os
from typing import Any

from hintree.cli.options import positive
from hintree.errors import UsageError
from hintree.search.core.budget import Budget

EPILOG = """The key is read from the environment variable HINTREE_SERVE_API_KEY, or from a file with --api-key-file.
Without one, everyone who reaches the address may ask. All about it: docs/serve.md.

examples:
  hintree serve
  hintree serve --preset beam --preset greedy --port 8400
  hintree serve --preset greedy --reasoner Qwen/Qwen2.5-1.5B-Instruct --api-key-file keys.txt --host 0.0.0.0
  curl http://127.0.0.1:8399/v1/chat/completions -H 'Content-Type: application/json' -d '{"model": "hintree",
    "messages": [{"role": "user", "content": "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens
    does Ben have?"}]}'
"""


def add_serve(commands: Any) -> None:
    """The options of ``hintree serve``."""
    serve = commands.add_parser(
        "serve",
        help="answer questions over HTTP, as OpenAI's API does",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = serve.add_argument
    add(
        "--preset",
        action="append",
        metavar="NAME",
        help="serve only this one; may be repeated, the first is the default (default: all, hintree first)",
    )
    add("--host", default="127.0.0.1", help="address to listen on (default %(default)s: this machine only)")
    add("--port", type=int, default=8399, help="port, 0 for any free one (default %(default)s)")
    add("--api-key-file", metavar="FILE", help="accepted API keys, one a line")
    for role in ("reasoner", "hinter", "teacher", "scorer"):
        extra = ", or confidence" if role == "scorer" else ""
        add(f"--{role}", metavar="MODEL", help=f"embedded:NAME, a folder or a hub id{extra}")
    add("--device", default="auto", help="auto, cpu, cuda, ... (default %(default)s)")
    add("--dtype", default="auto", help="as for `hintree solve` (default %(default)s)")
    add("--seed", type=int, default=0, help="seed of requests that give none (default %(default)s)")
    add("--budget", metavar="LIMITS", help="of every search, e.g. teacher_tokens=500,tokens=4000 (default: no limit)")
    limits = serve.add_argument_group("limits; what is beyond them is refused")
    add = limits.add_argument
    add("--live", type=positive, default=64, help="searches worked on at once, in one batch (default %(default)s)")
    add("--queue", type=int, default=256, help="searches that may wait beside them (default %(default)s)")
    add("--seconds", type=float, default=300.0, help="for a request, waiting included (default %(default)s)")
    add("--body", type=positive, default=1_000_000, metavar="BYTES", help="of a request (default %(default)s)")
    add("--question", type=positive, default=20_000, metavar="CHARACTERS", help="of a question (default %(default)s)")
    add("--trees", type=int, default=200, help="latest trees kept for their links, 0 for none (default %(default)s)")
    add("--grace", type=float, default=10.0, help="seconds to finish in when stopped (default %(default)s)")
    serve.set_defaults(run=run_serve)


def run_serve(args: argparse.Namespace) -> None:
    """Serve until a signal comes."""
    try:
        from hintree.serve.keys import read_keys
        from hintree.serve.run import listen, run, warn_if_open
        from hintree.serve.service import Limits, Service
        from hintree.serve.solvers import load_solvers
    except ModuleNotFoundError as error:
        raise UsageError(f'serving needs {error.name}: pip install "hintree[serve]"') from error
    from hintree.presets import PRESETS, preset

    for name in args.preset or ():
        preset(name)
    names = dict.fromkeys(args.preset or ["hintree", *PRESETS])
    limits = Limits(args.live, args.queue, args.seconds, args.body, args.question, args.trees, args.grace)
    keys = read_keys(args.api_key_file, os.environ)
    budget = Budget.parse(args.budget) if args.budget is not None else None
    models = {role: getattr(args, role) for role in ("reasoner", "hinter", "teacher", "scorer")}
    listener = listen(args.host, args.port)
    solvers = load_solvers(list(names), models, device=args.device, dtype=args.dtype, seed=args.seed, budget=budget)
    warn_if_open(args.host, keys)
    run(Service(solvers, keys, limits), listener)
