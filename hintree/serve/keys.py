"""API keys: stored as SHA-256 digests only, and compared in constant time."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from pathlib import Path

from hintree.bounded_files import read_text
from hintree.errors import UsageError
from hintree.serve.errors import ApiError

VARIABLE = "HINTREE_SERVE_API_KEY"
"""Environment variable of the key."""
LONGEST = 1 << 20
"""Bytes of a file of keys."""


def read_keys(file: str | None, environment: Mapping[str, str]) -> list[str]:
    """Return the keys of a file, one per line, or the key of the environment; none if neither is given.

    Raises:
        UsageError: The file cannot be read or holds no key, or a key is not a valid header value.
    """
    if file is None:
        lines, source = environment.get(VARIABLE, "").split("\n"), VARIABLE
    else:
        try:
            lines, source = read_text(Path(file), LONGEST, pipe=True).split("\n"), f"--api-key-file {file}"
        except UnicodeDecodeError as error:  # its message would hold the text
            raise UsageError(f"--api-key-file {file}: cannot be read as UTF-8 text") from error
        except (OSError, ValueError) as error:
            raise UsageError(f"--api-key-file {file}: cannot be read: {error}") from error
    keys = [line.strip() for line in lines if line.strip()]
    if file is not None and not keys:
        raise UsageError(f"{source}: holds no key; write one a line")
    if not all(key.isascii() and key.isprintable() and " " not in key for key in keys):
        raise UsageError(f"{source}: a key holds a space or what is not printable ASCII; write one a line")
    return keys


class ApiKeys:
    """The set of accepted keys; an empty set accepts every caller."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.digests = [hashlib.sha256(key.encode()).digest() for key in keys]

    def owner(self, authorization: str | None) -> bytes:
        """Return the digest of the key in an Authorization header, b"" if no key is needed.

        Raises:
            ApiError: With status 401.
        """
        if not self.digests:
            return b""
        scheme, _, key = (authorization or "").partition(" ")
        digest = hashlib.sha256(key.strip().encode()).digest()
        known = [hmac.compare_digest(digest, accepted) for accepted in self.digests]
        if scheme.lower() != "bearer" or not any(known):
            what = "no valid API key; send the header Authorization: Bearer KEY"
            raise ApiError(401, what, "invalid_api_key", headers={"WWW-Authenticate": "Bearer"})
        return digest
