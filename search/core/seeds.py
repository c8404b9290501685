"""Seeds and uniform numbers made from what a choice is about, never from when it is made."""

import hashlib
import random


def seed_of(*parts: object) -> int:
    """A 64-bit seed made from any printable parts."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest(), "big")


def generator(*parts: object) -> random.Random:
    """A random source made from any printable parts."""
    return random.Random(seed_of(*parts))
