"""Parse the names of models on servers: ``http://host:8000/v1#model-name``, ``ollama:NAME``, ``lmstudio:NAME``.

The path may name the endpoint (``/v1/completions`` or ``/v1/chat/completions``); otherwise the client chooses. A scorer
that reads the probabilities of two label tokens has ``?labels=WRONG,RIGHT`` after the model's name. The API key is not
part of the name, so that it is never stored in a tree or a study: each server's key has an environment variable.
"""

import os
import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from hintree.errors import UsageError

FORM = "http://host:8000/v1#model-name"
ENDPOINTS = ("chat/completions", "completions")
OLLAMA_PORT, LMSTUDIO_PORT = 11434, 1234
ANY_HOST = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}
"""Addresses that a server listens on and no client can connect to, with those to use instead."""
TIMEOUT = "HINTREE_TIMEOUT"
"""Environment variable with the deadline of one try in seconds; ``--timeout`` sets it, also for worker processes."""
START = {
    "ollama": "start it with `ollama serve` and fetch the model with `ollama pull NAME`, or set OLLAMA_HOST",
    "lmstudio": "start it with `lms server start`, and load the model with `lms load NAME`",
}
"""Short names of local servers, and how to start each."""
REPLICAS = "HINTREE_REPLICAS_"
"""Beginning of the variables with the addresses of a model's replicas; `hintree replicas` prints them."""
WORKER = "HINTREE_WORKER"
"""Variable with the number of a study's worker process, from 0 on; absent elsewhere."""
SHORT = (*(f"{name}:" for name in START), "replicas:")


class Address(NamedTuple):
    """Parsed name of a model on a server.

    base: URL of the API up to and including its version, such as ``http://host:8000/v1``.
    model: Name of the model on the server; "" for the only model there.
    endpoint: "completions" or "chat/completions" if the name gives it, else "".
    labels: Label texts of a wrong and a right step, in this order; () if the name gives none.
    start: How to start the server, for one with a short name; else "".
    """

    base: str
    model: str
    endpoint: str = ""
    labels: tuple[str, ...] = ()
    start: str = ""

    @property
    def origin(self) -> str:
        """Return scheme, host and port."""
        parts = urlsplit(self.base)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def root(self) -> str:
        """Return the base without its version: the root of the server's own endpoints, such as ``/pooling``."""
        return self.base.removesuffix("/v1")


def is_address(name: str) -> bool:
    """Return true if a model's name is a server's URL or short name."""
    return name.lower().startswith(("http://", "https://")) or name.startswith(SHORT)


def parse_address(name: str) -> Address:
    """Parse the name of a model on a server.

    Raises:
        UsageError: The name is no short name and not a URL of an accepted form, or holds a user, password or query.
    """
    if name.startswith(SHORT):
        return parse_short_name(*name.split(":", 1))
    shown = re.sub(r"//[^/@]*@", "//...@", name)
    try:
        parts = urlsplit(name)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"model {shown!r} is not a URL ({error}); give {FORM}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"model {shown!r} is not the URL of a server; give {FORM}")
    if parts.username is not None or parts.password is not None or parts.query:
        raise UsageError(
            f"model {shown.partition('?')[0]!r}: a user, password or query in a URL would be stored with the results; "
            f"give {FORM} and the key in the environment variable {key_variable(parts.scheme + '://' + host)}"
        )
    path, endpoint = parts.path.rstrip("/") or "/v1", ""
    for known in ENDPOINTS:
        if path.endswith(f"/{known}"):
            path, endpoint = path.removesuffix(f"/{known}"), known
            break
    model, _, rest = parts.fragment.partition("?")
    labels = tuple(rest.removeprefix("labels=").split(",")) if rest else ()
    if rest and (not rest.startswith("labels=") or len(labels) != 2 or not all(map(str.strip, labels))):
        raise UsageError(f"model {shown!r}: after its name may stand ?labels=WRONG,RIGHT and nothing else")
    return Address(f"{parts.scheme}://{parts.netloc}{path}", unquote(model), endpoint, labels)


def parse_short_name(short: str, model: str) -> Address:
    """Parse the two parts of a name such as ``ollama:qwen2.5:0.5b``.

    Raises:
        UsageError: No model is named, OLLAMA_HOST is no address, or no replicas are known.
    """
    if not model:
        raise UsageError(f"model '{short}:': name a model after the colon, as in {short}:qwen2.5:0.5b")
    if short == "replicas":
        return parse_replica(model)
    base = ollama_base() if short == "ollama" else f"http://127.0.0.1:{LMSTUDIO_PORT}/v1"
    return parse_address(f"{base}#{model}")._replace(start=START[short])


def parse_replica(name: str) -> Address:
    """Parse the address of the replica that this process uses, of the part after ``replicas:``.

    Workers are distributed over the replicas in turn. Each uses one, where requests about a problem find its KV cache.

    Raises:
        UsageError: No replicas of that name are known, or an address is no URL.
    """
    name, mark, labels = name.partition("?")
    variable = REPLICAS + re.sub(r"[^A-Z0-9]", "_", name.upper())
    known = [address.strip() for address in os.environ.get(variable, "").split(",") if address.strip()]
    if not known or any(address.startswith(SHORT) for address in known):
        raise UsageError(
            f"model 'replicas:{name}': {variable} holds no URLs of servers; start them with `hintree replicas {name}`, "
            "which prints the variable to set"
        )
    return parse_address(known[int(os.environ.get(WORKER, "0")) % len(known)] + mark + labels)


def ollama_base() -> str:
    """Return the URL of Ollama's API from OLLAMA_HOST, in the forms that Ollama accepts: host, host:port or URL.

    Raises:
        UsageError: OLLAMA_HOST is none of these.
    """
    given = os.environ.get("OLLAMA_HOST", "").strip().strip("\"'")
    scheme, _, rest = given.rpartition("://")
    ports = {"": OLLAMA_PORT, "http": 80, "https": 443}
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname or "", parts.port or ports[scheme]
        if "@" in given:
            raise ValueError("a user or password")
    except (ValueError, KeyError) as error:
        shown = re.sub(r"[^/]*@", "...@", given)
        raise UsageError(
            f"OLLAMA_HOST={shown!r} is not a host, host:port or URL, as in 127.0.0.1:{OLLAMA_PORT}"
        ) from error
    host = ANY_HOST.get(host, f"[{host}]" if ":" in host else host)
    return f"{scheme or 'http'}://{host}:{port}{parts.path.rstrip('/')}/v1"


def parse_timeout(text: str) -> float:
    """Parse a number of seconds above 0. Raises UsageError."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 1e6:
        raise UsageError(f"timeout {text!r} is not a number of seconds above 0 and at most 1e6; give one, as in 600")
    return seconds


def key_variable(base: str) -> str:
    """Return the name of the environment variable of a server's API key, such as HINTREE_KEY_API_EXAMPLE_COM."""
    return "HINTREE_KEY_" + re.sub(r"[^A-Z0-9]", "_", urlsplit(base).netloc.upper())


def key_of(base: str) -> str:
    """Read the API key of a server from its environment variable; "" if it is not set.

    Raises:
        UsageError: The key holds characters that an HTTP header cannot have.
    """
    key = os.environ.get(key_variable(base), "").strip()
    if not (key.isascii() and key.isprintable()):
        raise UsageError(f"the key in {key_variable(base)} holds characters that a key cannot have; set it again")
    return key
