"""PRM declarations: where they are found, their YAML form, and errors."""

import pytest

from hintree.errors import UsageError
from hintree.scorers import FAMILIES, KNOWN, find_spec, read_spec


def test_known_models_have_a_declaration_and_a_folder_may_hold_its_own(tmp_path):
    assert set(KNOWN.values()) <= set(FAMILIES)
    assert find_spec("Qwen/Qwen2.5-Math-PRM-7B") is FAMILIES["qwen-math-prm"]
    assert find_spec("some/other") == FAMILIES["trl"]
    (tmp_path / "prm.yaml").write_text("family: math-shepherd\nseparator: ' <step>'\nlabels: [' good', ' bad']\n")
    own = find_spec(str(tmp_path))
    assert (own.separator, own.labels, own.prompt) == (" <step>", (" good", " bad"), "{question} ")
    assert find_spec(str(tmp_path), "skywork") is FAMILIES["skywork"]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_declaration_survives_its_file(family):
    assert read_spec(FAMILIES[family].to_yaml(), FAMILIES) == FAMILIES[family]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("separater: x", "did you mean 'separator'"),
        ("layout: chats", "is not one of text, solution, turns, user, judge"),
        ("prompt: hello", "prompt has no {question}"),
        ("family: qwen", "is not one of trl"),
        ("right: [x]", "is not of the kind of"),
        ("scale: .nan", "is not of the kind of"),
        ("temperature: 0", "above 0"),
        ("isotonic: [[0.5, 0.9], [0.4, 1.0]]", "must rise"),
        ("[1, 2]", "is a mapping"),
        ("x: !!python/object/apply:os.system [echo]", "is not accepted"),
        ("head: tokens", "at least two labels"),
    ],
)
def test_a_wrong_declaration_is_one_clear_error(text, message):
    with pytest.raises(UsageError) as caught:
        read_spec(text, FAMILIES, "my.yaml")
    assert message in str(caught.value) and str(caught.value).startswith(("my.yaml: ", "my.yaml, line 1: "))
