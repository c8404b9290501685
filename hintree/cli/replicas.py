"""The command ``hintree replicas``."""

import argparse
import threading
from typing import Any

from hintree.cli.options import positive

EXAMPLES = """examples:
  hintree replicas qwen --count 4 --gpus 1 -- vllm serve Qwen/Qwen3-0.6B --host {host} --port {port}
  hintree replicas smol --count 2 --ray local -- llama-server -m smol.gguf --host {host} --port {port}
"""


def add_replicas(commands: Any) -> None:
    """Add the command ``hintree replicas``."""
    parser = commands.add_parser(
        "replicas", help="run replicas of a model server on a Ray cluster until Ctrl-C", epilog=EXAMPLES
    )
    add = parser.add_argument
    add("name", metavar="NAME", help="name of the model; studies call it replicas:NAME")
    add("--count", type=positive, default=1, metavar="N", help="number of replicas (default %(default)s)")
    add("--cpus", type=float, default=1.0, metavar="N", help="processors of each (default %(default)s)")
    add("--gpus", type=float, default=0.0, metavar="N", help="GPUs of each (default %(default)s)")
    add("--seconds", type=float, default=600.0, help="time in which each must answer (default %(default)s)")
    add("--ray", default="auto", metavar="ADDRESS", help="the cluster; local starts one here (default %(default)s)")
    add(
        "server",
        nargs="+",
        metavar="COMMAND",
        help="command line of the server, after --; {host} and {port} in it stand for the address to listen on",
    )
    parser.set_defaults(run=run_replicas)


def run_replicas(args: argparse.Namespace) -> None:
    """Start the replicas, print the variable with their addresses, and wait for Ctrl-C. Raises HintreeError."""
    from hintree.experiments.study.replicas import ReplicaGroup, ReplicaPlan

    plan = ReplicaPlan(args.name, args.server, args.count, args.cpus, args.gpus, args.seconds)
    with ReplicaGroup(plan, args.ray) as group:
        print(f"export {group.variable}='{','.join(group.addresses)}'", flush=True)
        threading.Event().wait()
