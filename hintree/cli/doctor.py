"""The command ``hintree doctor``."""

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from hintree.models.remote.probe import Abilities

EPILOG = """It sends about 20 short requests, compares their answers, and says what is done about each finding. A key is
read from the environment variable HINTREE_KEY_ and the host, such as HINTREE_KEY_API_EXAMPLE_COM; it is never shown.
All about servers: docs/servers.md.

examples:
  hintree doctor http://localhost:8000/v1
  hintree doctor http://localhost:8000/v1/completions#my-model --json
"""
PREFILLS = {"last": "by giving it last", "flags": "by continue_final_message", "": "no"}
SAMPLINGS = {
    "yes": ("draws", "temperature is sent"),
    "generation_config": ("ignored, unless generation_config says so", "generation_config is sent too"),
    "no": ("ignored", "none: all drafts of a step are alike, so ask for one (branch=1)"),
}
STOPS = {
    "removed": "stop is sent",
    "kept": "stop is sent, and the text cut off here",
    "ignored": "the whole text is written, and cut off here",
    "refused": "the whole text is written, and cut off here",
}
ENDINGS = {
    "field": ("yes, by stop_reason or matched_stop", "it is read"),
    "count": ("yes, by the number of log-probabilities", "they are counted"),
    "text": ("yes, by the text itself", "the stop text is looked for"),
    "no": ("no", "counts as stopped: a solution has to state its answer to be finished"),
}
SEEDS = {True: "same seed, same tree", False: "none: other drafts every time"}
COUNTS = {"right": "the server's", "wrong": "ours: its log-probabilities, else about one a word"}
COUNTS["missing"] = COUNTS["wrong"]


class Finding(NamedTuple):
    """One row: what is needed, what was found, and what is done about it."""

    what: str
    found: str
    used: str


def add_doctor(commands: Any) -> None:
    """The options of ``hintree doctor``."""
    doctor = commands.add_parser(
        "doctor",
        help="what a model's server can do, and what is done where it cannot",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    doctor.add_argument("url", metavar="URL", help="a server, with #NAME if it has several models")
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    doctor.set_defaults(run=run_doctor)


def run_doctor(args: argparse.Namespace) -> None:
    """Ask a server what it can do."""
    import rich.table
    from rich.console import Console

    from hintree.models.remote.address import parse_address
    from hintree.models.remote.client import Server
    from hintree.models.remote.model import abilities_of
    from hintree.view.text import visible

    can = abilities_of(Server(parse_address(args.url)))
    rows = findings(can)
    if args.json:
        print(json.dumps({"url": args.url, **asdict(can), "findings": [row._asdict() for row in rows]}))
        return
    table = rich.table.Table("need", "found", "in use", box=None, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False)
    console.print(f"{visible(args.url)}, model {visible(can.model)}\n", markup=False)
    console.print(table)


def findings(can: "Abilities") -> list[Finding]:
    """The table's rows."""
    chat = can.endpoint == "chat/completions"
    if not can.endpoint:
        return [Finding("writing", "no", "none: it can only be a scorer"), *for_scorers(can)]
    begun = "the assistant's turn is continued" if can.prefill else "the steps so far are told in the user's turn"
    here = "what comes next is asked for here"
    return [
        Finding("raw completions", yes(can.completions), "not used" if chat else here),
        Finding("chat", yes(can.chat), here if chat else "not used"),
        Finding("prefix continuation in chat", PREFILLS[can.prefill], begun if chat else "not used"),
        Finding("prefix echoed in chat", yes(can.echo), "it is cut off" if can.echo and chat else "-"),
        Finding("n", yes(can.n), "one request per text, each with its own seed"),
        Finding("temperature", *SAMPLINGS[can.sampling]),
        Finding("seed", yes(can.seed), SEEDS[can.seed] if can.sampling != "no" else "-"),
        Finding("top_k, min_p", yes(can.extras), "always sent" if can.extras else "sent only if they are asked for"),
        Finding("stop text", can.stop, STOPS[can.stop]),
        Finding("an ended text known from a stopped one", *ENDINGS[can.ending]),
        Finding(
            "log-probabilities",
            f"yes, as {can.logprobs}" if can.logprobs else "no",
            "token confidence is known" if can.logprobs else "none: `--scorer confidence` is refused",
        ),
        Finding("usage", can.usage, COUNTS[can.usage]),
        *for_scorers(can),
    ]


def for_scorers(can: "Abilities") -> list[Finding]:
    """What is there for a scorer."""
    return [
        Finding("prompt log-probabilities", yes(can.prompt_logprobs), "not used: labels are read one request a step"),
        Finding("pooling", yes(can.pooling), "--scorer URL#NAME" if can.pooling else "--scorer URL#NAME?labels=-,+"),
    ]


def yes(found: bool) -> str:
    """The word for it."""
    return "yes" if found else "no"
