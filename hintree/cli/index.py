"""The command ``hintree index``."""

import argparse
from pathlib import Path
from typing import Any

from hintree.cli.options import add_json, positive
from hintree.cli.output import print_json
from hintree.errors import UsageError

EXAMPLES = """examples:
  hintree index notes/ --out notes.index
  hintree index facts.jsonl --text-field fact --out facts.index
  hintree index facts.jsonl --dense BAAI/bge-small-en-v1.5 --out facts.index
  hintree index solved-trees/ --steps --out steps.index
  hintree solve "QUESTION" --search retrieve --retriever facts.index
"""


def add_index(commands: Any) -> None:
    """Add the command ``hintree index``."""
    command = commands.add_parser(
        "index",
        help="make an index of passages, which actions look up (docs/retrieval.md)",
        epilog=EXAMPLES,
    )
    command.add_argument(
        "source",
        metavar="FOLDER|FILE",
        type=Path,
        help="texts (.txt, .md, .rst), or rows with a text (.jsonl, .json, .csv, .tsv, .parquet)",
    )
    command.add_argument("--out", metavar="INDEX", type=Path, required=True, help="folder of the index; must be new")
    command.add_argument(
        "--dense",
        metavar="MODEL",
        default="",
        help="embedding model, a folder or a hub id, to compare meanings; default: BM25, which compares words",
    )
    command.add_argument(
        "--text-field", metavar="NAME", default="", help="field of a row's text (default: the usual names)"
    )
    command.add_argument(
        "--id-field", metavar="NAME", default="", help="field of a row's id (default: the usual names)"
    )
    command.add_argument(
        "--size", metavar="N", type=positive, default=1000, help="characters of a text's passages (default %(default)s)"
    )
    command.add_argument(
        "--steps",
        action="store_true",
        help="the source holds solved trees (.json, .graphml, .gexf): make a graph of their problems, steps and "
        "errors, as KG-RAR does",
    )
    command.add_argument("--device", default="auto", help="device of the embedding model (default %(default)s)")
    command.add_argument("--dtype", default="auto", help="number format of the embedding model (default %(default)s)")
    add_json(command)
    command.set_defaults(run=run_index)


def run_index(args: argparse.Namespace) -> None:
    """Write the index and print what it holds. Raises UsageError or ModelError."""
    found = graph_of(args) if args.steps else index_of(args)
    if args.json:
        print_json({"index": str(args.out), **found})
        return
    nouns = {"passages": "passage", "problem": "problem", "step": "step", "error": "error"}
    counts = ", ".join(amount(found[name], noun) for name, noun in nouns.items() if name in found)
    counts += f", {found['cut']} cut" if "cut" in found else ""
    print(f"{args.out}: {found.get('kind', 'steps')}, {counts}")


def amount(count: int, noun: str) -> str:
    """Return a count with its noun, in the plural unless it is 1."""
    return f"{count} {noun}{'s' * (count != 1)}"


def index_of(args: argparse.Namespace) -> dict[str, Any]:
    """Write an index of passages, and return its manifest."""
    from hintree.retrieval import PassageSource, build_index

    if not args.source.exists():
        raise UsageError(f"{args.source}: no such file or folder")
    source = PassageSource(args.source, args.text_field, args.id_field, args.size)
    return build_index(source, args.out, dense=args.dense, device=args.device, dtype=args.dtype)


def graph_of(args: argparse.Namespace) -> dict[str, Any]:
    """Write a graph of solved steps, and return the counts of its levels."""
    from collections import Counter

    import networkx as nx

    from hintree.retrieval.step_graph import build_graph, save_graph, tree_files

    if args.dense or args.text_field or args.id_field:
        raise UsageError("--steps reads trees: leave out --dense, --text-field and --id-field")
    graph = build_graph(tree_files(args.source))
    save_graph(graph, args.out)
    return dict(Counter(nx.get_node_attributes(graph, "level").values()))
