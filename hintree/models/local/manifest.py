"""The manifest of a model's folder: SHA256SUMS, in the format of ``sha256sum``."""

import hashlib
from pathlib import Path

from hintree.bounded_files import read_text
from hintree.errors import CheckpointError

MANIFEST = "SHA256SUMS"
LONGEST = 1_000_000
"""Bytes of a manifest."""


def check_manifest(folder: Path, name: str, *, required: bool) -> None:
    """Compare every file in the folder's SHA256SUMS with its hash; files outside the folder are not opened.

    Raises:
        CheckpointError: A file differs or is not in the folder, or the manifest is none.
    """
    path = folder / MANIFEST
    if not path.is_file():
        if required:
            raise CheckpointError(f"model {name}: {path} is missing; install the package again")
        return
    try:
        lines = read_text(path, LONGEST).splitlines()
    except (OSError, ValueError) as error:
        raise CheckpointError(f"model {name}: {MANIFEST} cannot be read ({error}); fetch the model again") from error
    for line in lines:
        want, _, file = line.partition("  ")
        if not is_inside(folder, file) or digest_of(folder / file) != want:
            raise CheckpointError(
                f"model {name}: {file[:60]} is damaged or missing (its SHA-256 differs from {MANIFEST}); "
                "install the package, or build the model, again"
            )


def is_inside(folder: Path, file: str) -> bool:
    """Return True for the name of a regular file in a folder, or in a folder of it."""
    try:
        found = (folder / file).resolve()
        return found.is_relative_to(folder.resolve()) and found.is_file()
    except (OSError, ValueError, RuntimeError):  # a name with NUL, too long a name, or links in a circle
        return False


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def write_manifest(folder: Path) -> None:
    """Write SHA256SUMS over all other files of a folder, in the format of ``sha256sum -c``."""
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.name != MANIFEST)
    rows = [f"{digest_of(f)}  {f.relative_to(folder).as_posix()}\n" for f in files]
    (folder / MANIFEST).write_text("".join(rows), encoding="utf-8")
