"""No dependency prints a warning or loader message, and no deprecated interface of one is used."""

import json
import logging
import os
import subprocess
import sys

from torch import nn

from hintree.models.loader_logs import LOADER_LOGGERS, quiet_loaders
from hintree.models.local.adapter import cache_argument

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
STRICT = ("-W", "error::FutureWarning", "-W", "error::DeprecationWarning")


WATCH = """
import sys

def watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        with open(FILE, "a") as file:
            print(event, args, file=file)

sys.addaudithook(watch)
"""
"""Start of an interpreter that writes down every address that it looks up or speaks to."""


def run(tmp_path, command):
    """Run a command with an unset Hugging Face environment; return it and the addresses that it spoke to."""
    spoken = tmp_path / "spoken.txt"
    (tmp_path / "sitecustomize.py").write_text(f"FILE = {str(spoken)!r}" + WATCH)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))}
    environment = own | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    return done, spoken.read_text() if spoken.is_file() else ""


def test_a_solve_prints_nothing_but_its_result_and_speaks_to_nobody(tmp_path):
    done, spoken = run(
        tmp_path, [sys.executable, *STRICT, "-m", "hintree", "solve", QUESTION, "--preset", "beam", "--json"]
    )
    others = [line for line in done.stderr.splitlines() if not line.startswith("hintree: ")]
    assert (done.returncode, others) == (0, [])
    assert json.loads(done.stdout)["question"] == QUESTION
    assert spoken == ""


def test_a_connection_would_be_seen(tmp_path):
    _, spoken = run(tmp_path, [sys.executable, "-c", "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"])
    assert "127.0.0.1" in spoken


def test_the_cache_is_passed_by_the_name_that_the_module_takes():
    class Old(nn.Module):
        def forward(self, input_ids, past_key_values=None): ...

    class New(nn.Module):
        def forward(self, input_ids, cache=None): ...

    assert cache_argument(Old(), 1) == {"past_key_values": 1}
    assert cache_argument(New(), 1) == {"cache": 1}


def test_loader_loggers_are_quiet_unless_their_level_was_set(monkeypatch):
    first, second = (logging.getLogger(name) for name in LOADER_LOGGERS)
    monkeypatch.setattr(first, "level", logging.NOTSET)
    monkeypatch.setattr(second, "level", logging.INFO)
    quiet_loaders()
    assert (first.level, second.level) == (logging.ERROR, logging.INFO)
