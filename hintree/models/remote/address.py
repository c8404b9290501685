"""Parse the names of models on servers: ``http://host:8000/v1#model-name``.

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


class Address(NamedTuple):
    """Parsed name of a model on a server.

    base: URL of the API up to and including its version, such as ``http://host:8000/v1``.
    model: Name of the model on the server; "" for the only model there.
    endpoint: "completions" or "chat/completions" if the name gives it, else "".
    labels: Label texts of a wrong and a right step, in this order; () if the name gives none.
    """

    base: str
    model: str
    endpoint: str = ""
    labels: tuple[str, ...] = ()

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
    """Return true if a model's name is a server's URL."""
    return name.lower().startswith(("http://", "https://"))


def parse_address(name: str) -> Address:
    """Parse the name of a model on a server.

    Raises:
        UsageError: The name is not a URL of an accepted form, or holds a user, password or query.
    """
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
