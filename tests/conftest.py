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
