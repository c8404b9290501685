"""Variables in study files: folders of models and data, and nothing else of the environment."""

import pytest

from hintree.errors import UsageError
from hintree.experiments.study.variables import with_folders
from hintree.yaml_file import parse

STUDY = """problems: $HINTREE_DATA/test.jsonl
arms:
  greedy: {preset: greedy, grid: {reasoner: ["${HINTREE_MODELS}/a.gguf", "digits:$HINTREE_MODELS/b", costs $5]}}
"""


def test_folders_are_put_in_wherever_a_text_names_them(monkeypatch):
    monkeypatch.setenv("HINTREE_DATA", "/data")
    monkeypatch.setenv("HINTREE_MODELS", "/models")
    data = with_folders(parse("study.yaml", STUDY)).data
    assert data["problems"] == "/data/test.jsonl"
    assert data["arms"]["greedy"]["grid"]["reasoner"] == ["/models/a.gguf", "digits:/models/b", "costs $5"]


def test_a_variable_that_is_not_set_is_named_with_its_line(monkeypatch):
    monkeypatch.setenv("HINTREE_DATA", "/data")
    monkeypatch.delenv("HINTREE_MODELS", raising=False)
    with pytest.raises(UsageError, match=r"study.yaml, line 3: .*: set HINTREE_MODELS to the folder of your models"):
        with_folders(parse("study.yaml", STUDY))


@pytest.mark.parametrize("text", ["$HINTREE_API_KEY", "${HOME}/models", "$PATH"])
def test_no_other_variable_is_read(text):
    with pytest.raises(UsageError, match=r"study files may use .HINTREE_MODELS and .HINTREE_DATA only"):
        with_folders(parse("study.yaml", f"problems: {text}\n"))
