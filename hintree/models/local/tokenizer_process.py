"""Open or run a tokenizer in a process of its own, under limits on CPU time and memory.

A tokenizer is built by a library in Rust, which ends its process where a file makes it panic or run out of memory.
``tokenizer_check.py`` runs this file with an isolated interpreter before the same file is opened in its own process:
it is given a file, and writes one JSON object, ``{}`` or ``{"error": ...}``. ``tokenizer_child.py`` runs it without a
file: it reads a tokenizer's JSON on the first line and a request on each further one, and writes an answer to each
line. It imports nothing of hintree.
"""

import json
import math
import os
import signal
import sys
from typing import Any

CPU_SECONDS = 20
"""Limit of CPU time to open a tokenizer; a vocabulary of 250,000 tokens takes about 1 s."""
REQUEST_SECONDS, SECONDS_PER_CHARACTER = 1.0, 1e-4
"""Limit of CPU time of a request, and more for each of its characters; a hundred times what tokenizers need.

A request may have a share of it only."""
MEMORY_BYTES, MEMORY_TIMES = 1 << 30, 32
"""Limit of the address space: this, and so many times the size of the tokenizer's file."""
MOST_PARTS, MOST_GROWTH = 64, 64
"""Parts of a pipeline, and characters that it may make of one."""
MOST_STATE = 8_000_000
"""Characters of the description of a pipeline, which may hold a table of characters."""
PROBES = ("a", "Hello, 12.5 + x\u00e4\u4e2d\U0001f600\n\n\t", " " * 3000, "a" * 3000, "\n" * 3000, "1" * 3000)
"""Texts that are encoded."""
MOST_TOKENS = 40
"""Tokens per character of a probe."""


def limit_resources(file_size: int) -> None:
    """Limit the CPU time and memory of this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's time-out remains
        return
    limits = {resource.RLIMIT_AS: MEMORY_BYTES + MEMORY_TIMES * file_size, resource.RLIMIT_CORE: 0}
    for kind, most in limits.items():
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, hard))
    limit_cpu(CPU_SECONDS)


def limit_cpu(seconds: float) -> None:
    """End this process by SIGPROF after so many more seconds of CPU time, where the system can; 0 ends the limit."""
    if hasattr(signal, "ITIMER_PROF"):  # not on Windows
        signal.setitimer(signal.ITIMER_PROF, seconds)


def parts(state: Any) -> list[dict[str, Any]]:
    """Return the steps of a pipeline, those inside others too."""
    if isinstance(state, list):
        return [part for item in state for part in parts(item)]
    if not isinstance(state, dict):
        return []
    return [state, *(part for value in state.values() for part in parts(value))]


def growth(step: dict[str, Any]) -> float:
    """Return how many characters a step of a pipeline may make of one."""
    if step.get("type") == "Prepend":
        return max(1.0, float(len(str(step.get("prepend", "")))))
    if step.get("type") != "Replace":
        return 1.0
    pattern = step.get("pattern") or {}
    written = len(str(step.get("content", "")))
    found = len(pattern["String"]) if isinstance(pattern, dict) and "String" in pattern else 1
    return max(1.0, written / max(1, found))


def check_pipeline(part: Any) -> None:
    """Raise ValueError for a pipeline of too many steps, or one that makes a text too long."""
    state = part.__getstate__() if part is not None else b""
    if len(state) > MOST_STATE:
        raise ValueError("a step of it holds a table that is too long")
    steps = [step for step in parts(json.loads(state or b"{}")) if "type" in step]
    if len(steps) > MOST_PARTS or math.prod(map(growth, steps)) > MOST_GROWTH:
        raise ValueError("it has too many steps, or makes a text too long")


def try_tokenizer(file: str) -> None:
    """Open a tokenizer's file and encode some texts. Raises ValueError, or what the library raises."""
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_file(file)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    for part in (tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder):
        check_pipeline(part)
    check_count(len(tokenizer.encode("a", "a", add_special_tokens=True)), 2)
    for probe in PROBES:
        for special in (False, True):
            found = tokenizer.encode(probe, add_special_tokens=special)
            check_count(len(found), len(probe))
        tokenizer.decode(found.ids)


def check_count(tokens: int, characters: int) -> None:
    """Raise ValueError for more tokens than a text of so many characters has."""
    if tokens > MOST_TOKENS * (characters + 10):
        raise ValueError(f"it makes {tokens} tokens of {characters} characters")


def main(file: str) -> dict[str, str]:
    """Return the answer about a file."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    limit_resources(os.path.getsize(file))
    try:
        try_tokenizer(file)
    except BaseException as error:  # a panic is no Exception
        return {"error": f"{type(error).__name__}: {error}"[:300]}
    return {}


def serve() -> None:
    """Answer the requests of standard input until it ends."""
    from tokenizers import Tokenizer

    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    for interruption in (signal.SIGINT, signal.SIGTERM):  # for the parent, which may still need answers
        signal.signal(interruption, signal.SIG_IGN)
    description = json.loads(sys.stdin.readline())
    limit_resources(len(description))
    tokenizer: Any = Tokenizer.from_str(description)
    tokenizer.no_padding()
    for line in sys.stdin:
        request = json.loads(line)
        limit_cpu((REQUEST_SECONDS + SECONDS_PER_CHARACTER * len(line)) * request["share"])
        try:
            answer = answer_to(tokenizer, request)
        except BaseException as error:  # a panic is no Exception
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        limit_cpu(0)  # what is left of it is not for the next request
        print(json.dumps(answer | {"number": request["number"]}), flush=True)


def answer_to(tokenizer: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Return the tokens of texts, or the texts of rows of tokens."""
    if "rows" in request:
        return {"texts": [tokenizer.decode(row, skip_special_tokens=request["skip"]) for row in request["rows"]]}
    tokenizer.encode_special_tokens = request["split"]
    if request["longest"] is None:
        tokenizer.no_truncation()
    else:
        tokenizer.enable_truncation(request["longest"], direction=request["side"])
    texts = [[text] if isinstance(text, str) else text for text in request["texts"]]
    found = [tokenizer.encode(*text, add_special_tokens=request["special"]) for text in texts]
    for text, one in zip(texts, found, strict=True):
        check_count(len(one), sum(map(len, text)))
    return {"ids": [one.ids for one in found], "offsets": [one.offsets for one in found]}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        json.dump(main(sys.argv[1]), sys.stdout)
    else:
        serve()
