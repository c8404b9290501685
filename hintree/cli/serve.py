"""The command ``hintree serve``: presets behind OpenAI's API."""

import argparse
import os
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from hintree.cli.options import add_budget, add_loading, add_models, add_protocol, add_seed, positive, protocol_of
from hintree.errors import UsageError
from hintree.search.core.budget import Budget
from hintree.search.core.ledger import ALL_ROLES

EPILOG = """The API key is read from the environment variable HINTREE_SERVE_API_KEY, or from a file with --api-key-file.
Without a key, everyone who reaches the address can use the server. More: docs/serve.md.

examples:
  hintree serve
  hintree serve --preset beam --preset greedy --port 8400
  hintree serve --preset greedy --reasoner Qwen/Qwen2.5-1.5B-Instruct --api-key-file keys.txt --host 0.0.0.0
  curl http://127.0.0.1:8399/v1/chat/completions -H 'Content-Type: application/json' -d '{"model": "hintree",
    "messages": [{"role": "user", "content": "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens
    does Ben have?"}]}'
"""


def add_serve(commands: Any) -> None:
    """Add the command ``hintree serve``."""
    serve = commands.add_parser(
        "serve",
        help="serve presets over HTTP, with OpenAI's API",
        epilog=EPILOG,
    )
    add = serve.add_argument
    add(
        "--preset",
        action="append",
        metavar="NAME",
        help="serve only this preset, of $presets; repeatable, the first is the default (default: all, hintree first)",
    )
    add("--host", default="127.0.0.1", help="address to bind on (default %(default)s: this machine only)")
    add("--port", type=int, default=8399, help="port, 0 for any free one (default %(default)s)")
    add(
        "--allow-host",
        action="append",
        metavar="NAME",
        help="accept requests under this host name too, such as that of a proxy; * for any "
        "(default: the names of this machine; any if --host is reachable from others)",
    )
    add(
        "--allow-origin",
        action="append",
        metavar="ORIGIN",
        help="let web pages of this origin use the server, such as http://localhost:3000; * for all (default: none)",
    )
    add("--api-key-file", metavar="FILE", help="accepted API keys, one per line")
    add_protocol(serve, "the protocol of a language, of $languages, for all questions, instead of --protocol")
    add_models(serve)
    add_loading(serve)
    add_seed(serve, "seed of requests without one")
    add_budget(serve)
    limits = serve.add_argument_group("limits; a request beyond them gets an error")
    add_request_limits(limits.add_argument)
    add_connection_limits(limits.add_argument)
    serve.set_defaults(run=run_serve)


def add_request_limits(add: Callable[..., Any]) -> None:
    """Add the limits of searches and requests by a parser's ``add_argument``."""
    add("--live", type=positive, default=64, help="concurrent searches, in one batch (default %(default)s)")
    add("--queue", type=int, default=256, help="searches waiting beside them (default %(default)s)")
    add("--seconds", type=float, default=300.0, help="deadline of a request, waiting included (default %(default)s)")
    add(
        "--body", type=positive, default=1_000_000, metavar="BYTES", help="size of a request body (default %(default)s)"
    )
    add(
        "--question",
        type=positive,
        default=20_000,
        metavar="CHARACTERS",
        help="length of a question (default %(default)s)",
    )
    add("--trees", type=int, default=200, help="latest trees kept for their links, 0 for none (default %(default)s)")
    add("--grace", type=float, default=10.0, help="seconds for running requests after a signal (default %(default)s)")


def add_connection_limits(add: Callable[..., Any]) -> None:
    """Add the limits of connections by a parser's ``add_argument``."""
    add("--connections", type=positive, default=800, help="open connections (default %(default)s)")
    add(
        "--client-connections",
        type=positive,
        default=400,
        metavar="N",
        help="open connections of one client address (default %(default)s)",
    )
    seconds: dict[str, Any] = {"type": float, "metavar": "SECONDS"}
    add("--header-seconds", default=10.0, help="time for a request's headers (default %(default)s)", **seconds)
    add("--body-seconds", default=60.0, help="time for a request's body (default %(default)s)", **seconds)
    add(
        "--pause-seconds",
        default=15.0,
        help="longest pause in a request's body, or in reading a response (default %(default)s)",
        **seconds,
    )
    add(
        "--keep-alive",
        type=positive,
        default=15,
        metavar="SECONDS",
        help="time that an idle connection is kept (default %(default)s)",
    )


def run_serve(args: argparse.Namespace) -> None:
    """Load the models and serve until a signal arrives. Raises UsageError."""
    try:
        from hintree.serve.access import EVERYWHERE, LOOPBACK, Access
        from hintree.serve.keys import read_keys
        from hintree.serve.run import bind, is_loopback, run, warn_if_unprotected
        from hintree.serve.service import ServerLimits, Service
        from hintree.serve.solvers import load_solvers
    except ModuleNotFoundError as error:
        raise UsageError(f'serving needs {error.name}: pip install "hintree[serve]"') from error
    from hintree.policies.language import AUTO
    from hintree.presets import PRESETS, preset

    for name in args.preset or ():
        preset(name)
    if args.language == AUTO:
        raise UsageError("--language auto reads one question, a server has many; name a language, or leave it out")
    protocol = protocol_of(args, "")
    names = dict.fromkeys(args.preset or ["hintree", *PRESETS])
    limits = ServerLimits(**{field.name: getattr(args, field.name) for field in fields(ServerLimits)})
    own = LOOPBACK | {args.host.lower()} if is_loopback(args.host) or args.allow_host else {EVERYWHERE}
    access = Access(frozenset({*own, *map(str.lower, args.allow_host or ())}), tuple(args.allow_origin or ()))
    keys = read_keys(args.api_key_file, os.environ)
    budget = Budget.parse(args.budget) if args.budget is not None else None
    models = {role: getattr(args, role) for role in ALL_ROLES}
    listener = bind(args.host, args.port)
    options = {"prm_spec": args.prm_spec, "device": args.device, "dtype": args.dtype, "seed": args.seed}
    options |= {"protocol": protocol, "engine_args": args.engine_args}
    solvers = load_solvers(list(names), models, budget=budget, **options)
    warn_if_unprotected(args.host, keys)
    run(Service(solvers, keys, limits, access), listener)
