"""Read files that strangers may have made: regular files of limited size, and JSON of limited extent."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEBIBYTE = 1 << 20
MOST_DEPTH = 64
"""Objects and lists of JSON inside one another."""
MOST_VALUES = 2_000_000
"""Values of one JSON text; an empty list takes 60 bytes of memory and 3 of the text."""
MOST_DIGITS = 40
"""Digits of a whole number in JSON."""


def read_bytes(path: Path, most: int, *, pipe: bool = False) -> bytes:
    """Return the content of a file.

    Args:
        path: The file. A named pipe or a device without ``pipe`` is not waited for.
        most: Largest number of bytes.
        pipe: Accept pipes and devices too, such as standard input.

    Raises:
        OSError: It cannot be read.
        ValueError: It is longer, or no regular file.
    """
    waits = 0 if pipe else getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, os.O_RDONLY | waits | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not pipe and not stat.S_ISREG(status.st_mode):
            raise ValueError("it is no regular file")
        if status.st_size > most:
            raise too_long(most)
        parts, size = [], 0
        while block := file.read(MEBIBYTE):  # in parts, since one call for all takes the memory of ``most``
            parts.append(block)
            size += len(block)
            if size > most:
                raise too_long(most)
    return b"".join(parts)


def too_long(most: int) -> ValueError:
    """Return the error for a file of more than ``most`` bytes."""
    return ValueError(f"it has more than {most // MEBIBYTE} MiB" if most >= MEBIBYTE else f"it has over {most} bytes")


def read_text(path: Path, most: int, *, pipe: bool = False) -> str:
    """Return the text of a file in UTF-8, with or without a byte order mark.

    Raises:
        OSError, ValueError: As for ``read_bytes``; also if it is not UTF-8.
    """
    return read_bytes(path, most, pipe=pipe).decode("utf-8-sig")


def read_json(path: Path, most: int) -> Any:
    """Return the value of a JSON file. Raises OSError or ValueError, as ``read_bytes`` and ``parse_json`` do."""
    return parse_json(read_bytes(path, most))


def parse_json(
    text: str | bytes,
    *,
    digits: int = MOST_DIGITS,
    values: int = MOST_VALUES,
    constant: Callable[[str], Any] | None = None,
) -> Any:
    """Return the value of a JSON text.

    Args:
        text: The text; bytes are in UTF-8.
        digits: Most digits of a whole number.
        values: Most values; commas and brackets inside texts count too.
        constant: Called for NaN and infinities, which are no JSON; None reads them.

    Raises:
        ValueError: It is no JSON, has a longer number or more values, or nests deeper than ``MOST_DEPTH``.
    """
    if isinstance(text, str):
        found = text.count(",") + text.count("[") + text.count("{")
    else:
        found = text.count(b",") + text.count(b"[") + text.count(b"{")
    if found > values:
        raise ValueError(f"it holds more than {values:,} values")

    def whole(number: str) -> int:
        if len(number) > digits:
            raise ValueError(f"it holds a whole number of {len(number)} digits")
        return int(number)

    try:
        value = json.loads(text, parse_int=whole, parse_constant=constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not nests_within(value, MOST_DEPTH):
        raise ValueError(f"nested too deeply: over {MOST_DEPTH} levels")
    return value


def nests_within(value: Any, most: int) -> bool:
    """Return True if objects and lists nest at most ``most`` levels deep."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(most):
        children = (part.values() if isinstance(part, dict) else part for part in level)
        level = [child for part in children for child in part if isinstance(child, dict | list)]
        if not level:
            return True
    return False
