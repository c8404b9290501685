"""Defaults from the settings file and from the environment, and the command ``hintree config``."""

import json
import sys

import pytest

from hintree.cli import build_parser, main
from hintree.cli.config import apply_defaults


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """The user's settings file, which does not exist yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "hintree").mkdir()
    return tmp_path / "hintree" / "config.toml"


def parsed(*words):
    parser = build_parser()
    apply_defaults(parser.commands)
    return parser.parse_args(words)


def test_the_command_line_is_before_the_environment_and_that_before_the_file(settings, monkeypatch, capsys):
    settings.write_text('preset = "beam"\nseed = 3\nreasoner = "embedded:teacher"\ncache-bytes = "1G"\n')
    monkeypatch.setenv("HINTREE_PRESET", "greedy")
    args = parsed("solve", "q", "--reasoner", "embedded:student-2")
    assert (args.preset, args.seed, args.reasoner, args.cache_bytes) == ("greedy", 3, "embedded:student-2", "1G")
    assert main(["config", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["preset"] == {"value": "greedy", "source": "HINTREE_PRESET"}
    assert shown["seed"] == {"value": "3", "source": str(settings)} and "hinter" not in shown
    assert main(["config"]) == 0
    text = capsys.readouterr().out
    assert f"{settings} is read" in text and "built in" in text


def test_without_settings_everything_is_built_in(settings):
    assert parsed("solve", "q").preset is None
    assert parsed("eval", "lab:test").seed == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("preset = ", "cannot be read as TOML"),
        ('presett = "beam"', "'presett' is not one of preset, reasoner"),
        ("seed = true", "seed='True' is neither a text nor a number"),
        ('preset = ["beam"]', "neither a text nor a number"),
        ('seed = "x"', "argument --seed: invalid int value: 'x'"),
    ],
)
def test_bad_settings_are_one_line(text, words, settings, capsys):
    settings.write_text(text)
    assert main(["solve", "q"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("hintree: error: ") and words in line


def test_a_named_settings_file_must_exist(monkeypatch, capsys):
    monkeypatch.setenv("HINTREE_CONFIG", "/nonexistent/config.toml")
    assert main(["solve", "q"]) == 2
    assert "HINTREE_CONFIG=/nonexistent/config.toml: no such file" in capsys.readouterr().err


def test_a_shell_completes_commands_and_options(capsys, monkeypatch):
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    assert "(solve eval show-prompt " in script and " --reasoner --hinter " in script
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "zsh"]) == 2
    assert "needs shtab: pip install" in capsys.readouterr().err
