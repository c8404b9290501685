"""Who may ask: API keys, kept as digests only and compared in constant time."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from pathlib import Path

from hintree.errors import UsageError
from hintree.serve.errors import RefusalError

VARIABLE = "HINTREE_SERVE_API_KEY"
"""The environment variable that may hold the key."""


def read_keys(file: str | None, environment: Mapping[str, str]) -> list[str]:
    """The keys of a file, one a line, or else the one of the environment; none if neither is given.

    Raises:
        UsageError: The file cannot be read or holds no key, or a key cannot stand in a header.
    """
    if file is None:
        lines, source = environment.get(VARIABLE, "").split("\n"), VARIABLE
    else:
        try:
            lines, source = Path(file).read_text(encoding="utf-8").split("\n"), f"--api-key-file {file}"
        except (OSError, ValueError) as error:
            raise UsageError(f"--api-key-file {file}: cannot be read as UTF-8 text ({type(error).__name__})") from error
    keys = [line.strip() for line in lines if line.strip()]
    if file is not None and not keys:
        raise UsageError(f"{source}: holds no key; write one a line")
    if not all(key.isascii() and key.isprintable() and " " not in key for key in keys):
        raise UsageError(f"{source}: a key holds a space or what is not printable ASCII; write one a line")
    return keys


class Keys:
    """The accepted keys; no key at all lets everyone in."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.digests = [hashlib.sha256(key.encode()).digest() for key in keys]

    def owner(self, authorization: str | None) -> bytes:
        """Who sends this header: the digest of its key, b"" where no key is needed.

        Raises:
            RefusalError: With status 401.
        """
        if not self.digests:
            return b""
        scheme, _, key = (authorization or "").partition(" ")
        digest = hashlib.sha256(key.strip().encode()).digest()
        known = [hmac.compare_digest(digest, accepted) for accepted in self.digests]
        if scheme.lower() != "bearer" or not any(known):
            what = "no valid API key; send the header Authorization: Bearer KEY"
            raise RefusalError(401, what, "invalid_api_key", headers={"WWW-Authenticate": "Bearer"})
        return digest
