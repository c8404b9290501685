"""A worker process that may write no file of its study's store: an attempt raises PermissionError."""

import os
import sqlite3
import sys

from tests.support.light import Light

STORE_FOLDER = "HINTREE_TEST_STORE_FOLDER"
"""Environment variable with the folder of the store, which workers inherit."""


def refuse_the_store(event, args):
    """Raise PermissionError for a connection to SQLite, or a file of the store that is opened for writing."""
    if event == "sqlite3.connect":
        raise PermissionError(f"a worker connects to the database {args[0]!r}")
    if event == "open" and str(args[0]).startswith(os.environ[STORE_FOLDER]) and args[2] & (os.O_WRONLY | os.O_RDWR):
        raise PermissionError(f"a worker writes {args[0]!r}")


def watch():
    """Watch this process; it ends at once if the watch does not work."""
    sys.addaudithook(refuse_the_store)
    for attempt in (lambda: sqlite3.connect(":memory:"), open_a_file_of_the_store):
        try:
            attempt()
        except PermissionError:
            continue
        os._exit(9)


def open_a_file_of_the_store():
    with open(os.path.join(os.environ[STORE_FOLDER], "new"), "w"):
        pass


class WatchedLight(Light):
    """The study without models, watched from its first task on."""

    def __init__(self, study, cases):
        watch()
        super().__init__(study, cases)
