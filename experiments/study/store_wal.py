"""SQLite's write-ahead log of a store, which holds the latest transactions: whether its last write was cut off.

SQLite itself leaves out an incomplete transaction at the end of the log, without a word. The format is in
https://www.sqlite.org/fileformat2.html#walformat: a header of 32 bytes, then frames of 24 bytes and a page.
"""

import struct
from pathlib import Path

HEADER, FRAME = 32, 24
"""Bytes of the header of the log, and of that of a frame."""


def is_cut_off(path: Path) -> bool:
    """Return True if the log beside a store ends inside a transaction: power was lost, or the writer was killed.

    Frames of an earlier log, which a new one has not overwritten yet, do not count.
    """
    try:
        with path.with_name(f"{path.name}-wal").open("rb") as log:
            header = log.read(HEADER)
            size = log.seek(0, 2)
            if len(header) < HEADER:
                return bool(header)
            page, salts = int.from_bytes(header[8:12]), header[16:24]
            frames, rest = divmod(size - HEADER, FRAME + page)
            committed = True
            for number in range(frames):
                log.seek(HEADER + number * (FRAME + page))
                _, pages, found = struct.unpack(">II8s", log.read(16))
                if found != salts:
                    return not committed
                committed = pages > 0
            return not committed or rest > 0
    except (OSError, ValueError, struct.error):  # no log, or one that SQLite will not read either
        return False
