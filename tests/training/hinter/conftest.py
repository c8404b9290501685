import pytest

from hintree.training.shipped.initialisation import ModelSize, new_model
from hintree.training.shipped.vocabulary import build_tokenizer


@pytest.fixture(scope="module")
def lab_tokenizer():
    return build_tokenizer()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory, lab_tokenizer):
    """Save an untrained tiny model with the lab's vocabulary and return its folder."""
    folder = tmp_path_factory.mktemp("models") / "teacher"
    new_model(lab_tokenizer, ModelSize(32, 1), seed=1).save_pretrained(folder)
    lab_tokenizer.save_pretrained(folder)
    return folder
