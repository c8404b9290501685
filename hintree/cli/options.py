"""Option groups, types and checks that several commands share."""

import argparse
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from hintree.errors import UsageError
from hintree.search import ROLES

DTYPES = ("auto", "float64", "float32", "bfloat16", "float16", "int8")
"""Number formats, as ``hintree.models.local.load`` takes them; listed here because that module imports torch."""
MODEL = (
    "embedded:NAME, a folder, a hub id, FILE.gguf (or HUB-ID/FILE.gguf), URL#NAME for a server, ollama:NAME or "
    "lmstudio:NAME for a local one, vllm:NAME for vLLM in this process"
)

EXAMPLE_QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
"""The question of the examples in help texts; the shipped models solve it."""
PROTOCOL = (
    "prompt, step and answer form: $protocols, or a YAML file (docs/protocols.md); default: chosen from the model"
)
LANGUAGE = (
    "the protocol of a language, of $languages, instead of --protocol; auto takes that of the question's language, if "
    "it has one"
)


def add_protocol(parser: argparse._ActionsContainer, language: str = LANGUAGE) -> None:
    """Add ``--protocol`` and ``--language``; ``protocol_of`` reads them."""
    parser.add_argument("--protocol", metavar="NAME|FILE", help=PROTOCOL)
    parser.add_argument("--language", metavar="CODE", help=language)


def protocol_of(args: argparse.Namespace, question: str) -> str | None:
    """Return the name or file of the protocol that the options choose for a question; None if they choose none.

    Raises:
        UsageError: Both options are given, or the language has no protocol.
    """
    if args.language is None:
        return args.protocol if args.protocol is None else str(args.protocol)
    if args.protocol is not None:
        raise UsageError(f"both --protocol {args.protocol} and --language {args.language} are given; give one")
    from hintree.policies.language import protocol_for

    return protocol_for(args.language, question)


def add_models(parser: argparse.ArgumentParser) -> None:
    """Add an option per role that names its model, and ``--prm-spec``."""
    group = parser.add_argument_group("models; by default the preset's own")
    for role in ROLES[:-1]:
        group.add_argument(
            f"--{role}",
            metavar="MODEL",
            help=MODEL if role == "reasoner" else "as --reasoner, or none for no such role",
        )
    group.add_argument(
        "--scorer",
        metavar="MODEL",
        help="a PRM, named as --reasoner; or judge (the teacher's model), judge:reasoner, $scorers, or none; see "
        "`hintree scorers`",
    )
    add_prm_spec(group)
    add_retriever(group)
    group.add_argument(
        "--verifier",
        metavar="MODEL",
        help="completes cut solutions for --selection mutual, named as --reasoner (default: a second student, or the "
        "reasoner's own model if that is not shipped)",
    )
    group.add_argument(
        "--engine-args",
        metavar="SETTINGS",
        help="engine arguments of vllm:NAME models, e.g. max_model_len=4096,gpu_memory_utilization=0.5 (docs/vllm.md)",
    )
    add_timeout(group)


def add_retriever(parser: argparse._ActionsContainer) -> None:
    """Add ``--retriever``, which names where actions look passages up."""
    parser.add_argument(
        "--retriever",
        metavar="INDEX|URL",
        help="where actions look passages up: an index of `hintree index`, INDEX?reranker=MODEL, the URL of a search "
        "service, or none (docs/retrieval.md)",
    )


def add_prm_spec(parser: argparse._ActionsContainer) -> None:
    """Add ``--prm-spec``, which declares a PRM's input and output."""
    parser.add_argument(
        "--prm-spec", metavar="SPEC", help="format of the PRM: a YAML file (docs/scorers.md), or one of $prm_families"
    )


def add_loading(parser: argparse._ActionsContainer) -> None:
    """Add the device, number format, threads and cache size of models; ``limits_of`` applies the last two."""
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda or another torch device (default %(default)s)"
    )
    parser.add_argument(
        "--dtype",
        default="auto",
        help=f"number format: {', '.join(DTYPES)}; auto is float32 on a CPU, else bfloat16, and for a GGUF file "
        "its own formats on llama.cpp (default %(default)s)",
    )
    parser.add_argument(
        "--threads",
        metavar="N",
        help="threads of a local model on a CPU (default 1 for small models, else the processors that this process "
        "may use, or OMP_NUM_THREADS)",
    )
    parser.add_argument(
        "--cache-bytes",
        metavar="SIZE",
        help="memory of all caches together, such as 512M or 2GB, in equal parts for the local models in use "
        "(default a tenth of the memory, at most 4G)",
    )


def add_timeout(parser: argparse._ActionsContainer) -> None:
    """Add the deadline of requests to model servers; ``timeout_in_environment`` applies it."""
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        help="deadline of one request to a model server; all its tries together get 10/3 of it (default 180, or "
        "HINTREE_TIMEOUT)",
    )


@contextmanager
def timeout_in_environment(args: argparse.Namespace) -> Iterator[None]:
    """Set the environment variable of ``--timeout``, which worker processes inherit, while a command runs."""
    given = getattr(args, "timeout", None)
    if given is None:
        yield
        return
    from hintree.models.remote.address import TIMEOUT, parse_timeout

    before, os.environ[TIMEOUT] = os.environ.get(TIMEOUT), str(parse_timeout(given))
    try:
        yield
    finally:
        os.environ.pop(TIMEOUT)
        os.environ.update({} if before is None else {TIMEOUT: before})


def limits_of(args: argparse.Namespace) -> AbstractContextManager[None]:
    """Return the context in which ``--threads`` and ``--cache-bytes`` hold for models and for worker processes."""
    from hintree.models.resources import limits_in_environment

    return limits_in_environment(getattr(args, "threads", None), getattr(args, "cache_bytes", None))


def add_budget(parser: argparse._ActionsContainer) -> None:
    """Add the limits of one search."""
    parser.add_argument(
        "--budget",
        metavar="LIMITS",
        help="limits of each search, e.g. teacher_tokens=500,seconds=20; names: $budget (default: no limit)",
    )


def add_prices(parser: argparse._ActionsContainer) -> None:
    """Add ``--prices``, the file from which costs in money are computed."""
    parser.add_argument(
        "--prices",
        metavar="FILE",
        type=Path,
        help="YAML file of prices per million prompt and generated tokens, by model (docs/report.md); adds costs in "
        "money, with a dash where a price is missing",
    )


def add_abstain(parser: argparse._ActionsContainer) -> None:
    """Add ``--abstain``, the confidence below which answers are withheld."""
    parser.add_argument(
        "--abstain",
        metavar="P",
        type=confidence,
        help="withhold answers whose confidence is below P, from 0 to 1 (default: withhold none)",
    )


def confidence(text: str) -> float:
    """Parse a number from 0 to 1. Raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def add_seed(parser: argparse._ActionsContainer, what: str) -> None:
    """Add ``--seed``, with 0 as its default; ``what`` says which draws it determines."""
    parser.add_argument("--seed", type=int, default=0, help=f"{what} (default %(default)s)")


def add_json(parser: argparse._ActionsContainer, what: str = "print one JSON object instead of text") -> None:
    """Add the flag ``--json``."""
    parser.add_argument("--json", action="store_true", help=what)


def positive(text: str) -> int:
    """Parse a whole number of at least 1. Raises ArgumentTypeError."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def check_new(folder: Path) -> None:
    """Raise UsageError unless a model can be written into ``--out`` without another being lost."""
    if not folder.name or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise UsageError(f"--out {folder} has no name or is not empty; name a new folder, so that no model is lost")


def add_problem_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for reading rows of problems; ``hintree.data.settings.source_from_args`` reads them."""
    group = parser.add_argument_group("problem fields", "for data with other column names")
    group.add_argument("--question-field", metavar="NAME", default="", help="field of the question, or A+B for both")
    group.add_argument("--answer-field", metavar="NAME", default="", help="field of the answer; a.b is b inside a")
    group.add_argument("--choices-field", metavar="NAME", default="", help="field of the options, or columns as A+B+C")
    group.add_argument("--skip-bad", action="store_true", help="skip unreadable rows, with a warning")
