"""No dependency prints a warning or loader message, and no deprecated interface of one is used."""

import json
import logging
import subprocess
import sys

from torch import nn

from hintree.models.loader_logs import LOADER_LOGGERS, quiet_loaders
from hintree.models.local.adapter import cache_argument

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
STRICT = ("-W", "error::FutureWarning", "-W", "error::DeprecationWarning")


def test_a_solve_prints_nothing_but_its_result():
    command = [sys.executable, *STRICT, "-m", "hintree", "solve", QUESTION, "--preset", "beam", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["question"] == QUESTION


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
