import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from tests.support.browser import Browser

hypothesis.settings.register_profile("untimed", deadline=None)  # how fast this machine is at the moment proves nothing
hypothesis.settings.load_profile("untimed")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # without bytecode, every process of a test compiles the package anew
sys.dont_write_bytecode = False
os.environ["OMP_NUM_THREADS"] = "1"  # the models of the tests are so small that a second thread only waits


@pytest.fixture(scope="session")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.support.checkpoints import save_chat_model  # it imports torch, which not every process needs

    return save_chat_model(tmp_path_factory.mktemp("chat"))


@pytest.fixture(scope="session")
def tiny_prm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.support.checkpoints import save_prm

    return save_prm(tmp_path_factory.mktemp("prm"))


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Browser]":
    """One Chromium for all tests: it takes longer to start than most of them. Who opens a page finds no other."""
    from tests.support.browser import Browser

    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.driver.quit()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if any("NO BROWSER TESTS" in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])):
        from tests.support.browser import LOUD

        terminalreporter.write_line(f"!!! {LOUD} !!!", red=True, bold=True)
