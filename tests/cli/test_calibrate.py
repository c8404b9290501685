"""The command ``hintree calibrate`` on the shipped models."""

import json

import pytest

from hintree.cli import main


@pytest.mark.slow
def test_calibrate_prints_settings_that_the_preset_takes(capsys, tmp_path):
    problems = ["lab:train?steps=2-3", "--n", "3", "--record", str(tmp_path / "outputs")]
    assert main(["calibrate", *problems, "--preset", "glimprouter", "--share", "0.5"]) == 0
    head, setting, option = capsys.readouterr().out.splitlines()
    assert head == "glimprouter: 3 problems, share 0.5"
    assert setting.partition(": ")[2] == option.removeprefix("--set threshold=")
    assert main(["calibrate", *problems, "--preset", "first_tokens", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["search.neighbours"]
    assert len(rows) == 3 * 3 and set(rows[2::3]) <= {0.0, 1.0}
    assert [file.name.partition("-")[0] for file in (tmp_path / "outputs").iterdir()] == ["reasoner"]


@pytest.mark.parametrize(("more", "why"), [(["--preset", "greedy"], "no gate"), (["--share", "2"], "--share 2")])
def test_calibrate_refuses_what_has_no_gate(capsys, more, why):
    assert main(["calibrate", "lab:train", "--n", "1", *more]) == 2
    assert why in capsys.readouterr().err
