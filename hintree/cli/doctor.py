"""The command ``hintree doctor``: the capabilities of a model server as a table."""

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

from hintree.cli.options import add_json, add_timeout
from hintree.cli.output import print_json

if TYPE_CHECKING:
    from hintree.models.remote.capabilities import Capabilities

EPILOG = """Sends about 40 short requests, and a few longer ones to a model that thinks; compares the responses, and
names the fallback for each missing capability. A key is read from the environment variable HINTREE_KEY_ and the host,
such as HINTREE_KEY_API_EXAMPLE_COM; it is never shown. More on servers: docs/servers.md.

examples:
  hintree doctor http://localhost:8000/v1
  hintree doctor http://localhost:8000/v1/completions#my-model --json
"""
PREFILLS = {"last": "yes, as the last message", "flags": "yes, with continue_final_message", "": "no"}
SAMPLINGS = {
    "yes": ("draws", "temperature is sent"),
    "generation_config": ("ignored, unless generation_config says so", "generation_config is sent too"),
    "no": ("ignored", "none: all candidates of a step are equal, so use branch=1"),
}
STOPS = {
    "removed": "stop is sent",
    "kept": "stop is sent, and the text is cut by hintree",
    "ignored": "the whole text is generated, and cut by hintree",
    "refused": "the whole text is generated, and cut by hintree",
}
ENDINGS = {
    "field": ("yes, by stop_reason or matched_stop", "it is read"),
    "count": ("yes, by the number of log-probabilities", "they are counted"),
    "text": ("yes, by the text itself", "hintree looks for the stop text"),
    "no": ("no", "counts as stopped: a solution has to state its answer to be finished"),
}
SIBLINGS = {
    "together": ("yes, also when sent at once", "each is sent at once"),
    "n": ("by n", "one request for all"),
    "first": ("once it is computed", "a request for one token computes it first"),
    "": ("no", "none: each sibling computes its prompt"),
}
SEEDS = {True: "same seed, same tree", False: "none: different samples every time"}
COUNTS = {"right": "the server's", "wrong": "hintree's: its log-probabilities, else about one per word"}
COUNTS["missing"] = COUNTS["wrong"]
TEMPLATES = {
    "effective": ("yes", "chat_template_kwargs is sent"),
    "accepted": ("accepted, without a visible effect", "chat_template_kwargs is sent"),
    "refused": ("refused", "none: arguments of a protocol have no effect"),
    "": ("-", "not used: raw completions have no template"),
}
SHOWN = {"field": "apart from the text", "text": "in the text"}
TURNED_OFF = {
    "template": ("yes, by enable_thinking", "chat_template_kwargs is sent"),
    "none": ("yes, by reasoning_effort", '"none" is sent'),
    "low": ("no; shorter by reasoning_effort", '"low" is sent; thoughts are dropped and counted'),
    "": ("no", "thoughts are dropped and counted"),
}


class Finding(NamedTuple):
    """One row: a capability, the finding, and what hintree does about it."""

    what: str
    found: str
    used: str


def add_doctor(commands: Any) -> None:
    """Add the command ``hintree doctor``."""
    doctor = commands.add_parser(
        "doctor",
        help="probe a model server: its capabilities, and the fallbacks that hintree uses",
        epilog=EPILOG,
    )
    doctor.add_argument(
        "url",
        metavar="URL",
        help="address of a server, with #NAME if it has several models; or ollama:NAME, lmstudio:NAME",
    )
    add_timeout(doctor)
    add_json(doctor)
    doctor.set_defaults(run=run_doctor)


def run_doctor(args: argparse.Namespace) -> None:
    """Probe a server and print its capabilities."""
    import rich.table
    from rich.console import Console
    from rich.text import Text

    from hintree.models.remote.address import parse_address
    from hintree.models.remote.client import Server
    from hintree.models.remote.model import capabilities_of
    from hintree.view.text import one_line

    can = capabilities_of(Server(parse_address(args.url)))
    rows = findings(can)
    if args.json:
        print_json({"url": args.url, **asdict(can), "findings": [row._asdict() for row in rows]})
        return
    table = rich.table.Table("need", "found", "in use", box=None, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    console = Console(highlight=False)
    console.print(f"{one_line(args.url)}, model {one_line(can.model)}\n", markup=False)
    console.print(table)


def findings(can: "Capabilities") -> list[Finding]:
    """Return the rows of the table: capabilities for writers, then for scorers."""
    chat = can.endpoint == "chat/completions"
    if not can.endpoint:
        return [Finding("writing", "no", "none: usable as a scorer only"), *for_scorers(can)]
    continuation = "the assistant's turn is continued" if can.prefill else "earlier steps go into the user's turn"
    here = "used for the next step"
    return [
        Finding("raw completions", yes(can.completions), "not used" if chat else here),
        Finding("chat", yes(can.chat), here if chat else "not used"),
        Finding("prefix continuation in chat", PREFILLS[can.prefill], continuation if chat else "not used"),
        Finding("prefix echoed in chat", yes(can.echo), "it is cut off" if can.echo and chat else "-"),
        Finding("n", several(can), "siblings are one request" if can.siblings == "n" else "not used"),
        Finding("siblings share a prompt", *SIBLINGS[can.siblings]),
        *([Finding("computed by 4 siblings", cost_of_siblings(can), "-")] if can.siblings else []),
        Finding("temperature", *SAMPLINGS[can.sampling]),
        Finding("seed", yes(can.seed), SEEDS[can.seed] if can.sampling != "no" else "-"),
        Finding("top_k, min_p", yes(can.extras), "always sent" if can.extras else "sent only if set"),
        Finding("limit of tokens", can.limit, "it is sent"),
        Finding("template arguments", *TEMPLATES[can.template]),
        Finding("stop text", can.stop, STOPS[can.stop]),
        Finding("end of text told from stop text", *ENDINGS[can.ending]),
        Finding(
            "log-probabilities",
            f"yes, as {can.logprobs}" if can.logprobs else "no",
            "token confidence is available" if can.logprobs else "none: `--scorer confidence` is refused",
        ),
        Finding(
            "most probable tokens",
            f"{can.top} per token" if can.top else "no",
            "entropies are estimated from them" if can.top > 1 else "none: presets that need entropies are refused",
        ),
        Finding("usage", can.usage, COUNTS[can.usage]),
        *for_thoughts(can),
        *for_scorers(can),
    ]


def for_thoughts(can: "Capabilities") -> list[Finding]:
    """Return the rows about thoughts; a single one for a model that was not seen to think."""
    thoughts = can.thoughts
    if not thoughts.style:
        return [Finding("thinking", "not seen", "-")]
    grown = "a thought grows step by step" if thoughts.continued else "a thought and its answer are one step"
    opened = ", opened by the template" if thoughts.opened else ""
    forced = "a cut thought is closed" if thoughts.closed else "a cut thought has no answer"
    return [
        Finding("thinking", f"style {thoughts.style}, {SHOWN[thoughts.shown]}{opened}", "it is kept out of solutions"),
        Finding("thinking turned off", *TURNED_OFF[thoughts.off]),
        Finding("thought continued", yes(thoughts.continued), grown),
        Finding("finished thought kept", yes(thoughts.closed), forced),
        Finding("thinking_token_budget", yes(thoughts.budget), "it is sent" if thoughts.budget else "not sent"),
    ]


def for_scorers(can: "Capabilities") -> list[Finding]:
    """Return the rows about scoring: prompt log-probabilities and pooling."""
    return [
        Finding(
            "prompt log-probabilities",
            yes(can.prompt_logprobs),
            "`--scorer judge` of a base model reads them" if can.prompt_logprobs else "none: a base model cannot judge",
        ),
        Finding("pooling", yes(can.pooling), "--scorer URL#NAME" if can.pooling else "--scorer URL#NAME?labels=-,+"),
    ]


def several(can: "Capabilities") -> str:
    """Return the finding about several texts of one request."""
    if can.choices > 1:
        return f"yes, up to {can.choices}, text i with seed s + i"
    return yes(can.n)


def cost_of_siblings(can: "Capabilities") -> str:
    """Return the computed prompt tokens of four siblings against the tokens of their prompt."""
    computed, prompt = can.sibling_cost
    return f"{computed} prompt tokens of a prompt of {prompt}" if prompt else "not told by the server"


def yes(found: bool) -> str:
    """Return "yes" or "no" for a finding."""
    return "yes" if found else "no"
