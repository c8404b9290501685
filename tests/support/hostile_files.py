"""Hostile files of every kind that hintree reads, each with the command that opens it; made from a seed.

None of them is accepted: each command ends with one line of error. What a file names elsewhere is in a folder
``outside``, and what it would run writes there.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support import hostile_data, hostile_models, hostile_texts_of_files

OUTSIDE = "outside"


class HostileFile(NamedTuple):
    """A hostile file.

    kind: What it claims to be.
    shape: How it is hostile.
    command: The command line that opens it.
    """

    kind: str
    shape: str
    command: list[str]


Maker = Callable[[Path, random.Random], list[str]]
"""Writes one hostile file into a folder and returns the command that opens it."""


def makers() -> dict[tuple[str, str], Maker]:
    """Return the makers of all shapes by kind and shape."""
    return {**hostile_texts_of_files.MAKERS, **hostile_data.MAKERS, **hostile_models.MAKERS}


def hostile_files(folder: Path, seed: int, count: int, shapes: Sequence[tuple[str, str]] = ()) -> Iterator[HostileFile]:
    """Write hostile files: every shape once in a random order, then shapes again with other random parts.

    Args:
        folder: Folder of the files; ``outside`` in it holds what they name elsewhere.
        seed: Of the order and of all random parts.
        count: Number of files.
        shapes: Kinds and shapes to use; by default all.
    """
    outside = folder / OUTSIDE
    outside.mkdir(exist_ok=True)
    for name in ("secret.txt", "secret.json", "secret.safetensors", "secret.bin", "SHA256SUMS"):
        (outside / name).write_text("[]")
    draw, known = random.Random(seed), makers()
    order = sorted(shapes or known)
    draw.shuffle(order)
    for i in range(count):
        kind, shape = order[i % len(order)]
        place = folder / f"{i:03d}"
        place.mkdir()
        yield HostileFile(kind, shape, known[kind, shape](place, draw))
