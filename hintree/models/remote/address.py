"""The names of models on servers: ``http://host:8000/v1#model-name``.

The path may name the endpoint (``/v1/completions`` or ``/v1/chat/completions``), else the client chooses. A scorer that
reads the probabilities of two label tokens has ``?labels=WRONG,RIGHT`` after the model's name. The key is no part of
the name, so that no name, tree or store can hold it: it is read from an environment variable of that server alone.
"""

import os
import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from hintree.errors import UsageError

FORM = "http://host:8000/v1#model-name"
ENDPOINTS = ("chat/completions", "completions")


class Address(NamedTuple):
    """Where a model is.

    base: The server's URL up to and with its version, such as ``http://host:8000/v1``.
    model: Its name there; "" for the only one there is.
    endpoint: "completions" or "chat/completions" if it was named, else "".
    labels: The texts of a wrong and a right step's label, if they were named.
    """

    base: str
    model: str
    endpoint: str = ""
    labels: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.base)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def root(self) -> str:
        """The base without the version, where a server's own endpoints are."""
        return self.base.removesuffix("/v1")


def is_address(name: str) -> bool:
    """Whether a model's name is one of a server."""
    return name.lower().startswith(("http://", "https://"))


def parse_address(name: str) -> Address:
    """The parts of a name. Raises UsageError if it is not of an accepted form."""
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


def key_variable(base: str) -> str:
    """The environment variable that holds the key of a server, such as HINTREE_KEY_API_EXAMPLE_COM."""
    return "HINTREE_KEY_" + re.sub(r"[^A-Z0-9]", "_", urlsplit(base).netloc.upper())


def key_of(base: str) -> str:
    """The key of a server, "" if there is none. Raises UsageError if it cannot stand in a header."""
    key = os.environ.get(key_variable(base), "").strip()
    if not (key.isascii() and key.isprintable()):
        raise UsageError(f"the key in {key_variable(base)} holds characters that a key cannot have; set it again")
    return key
