"""Random seeds derived from the place of a choice in the tree, independent of the order of execution."""

import hashlib
import random


def seed_of(*parts: object) -> int:
    """Return a 64-bit seed, the BLAKE2b hash of the parts' ``repr``."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest(), "big")


def generator(*parts: object) -> random.Random:
    """Return a random generator seeded with ``seed_of`` of the parts."""
    return random.Random(seed_of(*parts))
