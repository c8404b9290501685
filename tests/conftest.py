from pathlib import Path

import pytest
import torch

from tests.checkpoints import save_chat_model, save_prm

torch.set_num_threads(1)  # the models of the tests are so small that a second thread only waits


@pytest.fixture(scope="session")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_chat_model(tmp_path_factory.mktemp("chat"))


@pytest.fixture(scope="session")
def tiny_prm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_prm(tmp_path_factory.mktemp("prm"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if any("NO BROWSER TESTS" in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])):
        from tests.browser import LOUD

        terminalreporter.write_line(f"!!! {LOUD} !!!", red=True, bold=True)
