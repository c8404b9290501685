"""Help texts: an example in each, lists from the registries, and no import of torch."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from hintree.cli import build_parser, main
from hintree.cli.bench import SIZES
from hintree.cli.lab_models import STAGES
from hintree.cli.options import DTYPES
from hintree.cli.parser import REGISTRIES
from hintree.search.registry import SEARCHES

ROOT = Path(__file__).parents[2]


def parsers(parser=None, name="hintree"):
    """Yield (name, parser) of every command and part of a command."""
    parser = parser or build_parser()
    yield name, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for part, child in action.choices.items():
                yield from parsers(child, f"{name} {part}")


ALL = dict(parsers())


@pytest.mark.parametrize("name", ALL)
def test_every_help_has_an_example_and_explains_every_option(name):
    text = ALL[name].format_help()
    assert "example" in text and "$" not in text.partition("example")[0]
    options = [a for a in ALL[name]._actions if not isinstance(a, argparse._SubParsersAction)]
    assert options and not [action.dest for action in options if not action.help]


def test_every_registry_is_listed_in_some_help():
    texts = " ".join(parser.format_help() for parser in ALL.values())
    words = texts.replace("-\n", "-").split()
    listed = "".join(words)
    missing = [entry for names in REGISTRIES.values() for entry in names() if entry not in listed]
    assert len(REGISTRIES) >= 10 and not missing


def test_an_option_with_a_default_names_it():
    options = [
        (name, action.dest)
        for name, parser in ALL.items()
        for action in parser._actions
        if action.option_strings and action.default not in (None, False, "", argparse.SUPPRESS, [])
    ]
    assert len(options) > 30
    silent = [
        (name, dest)
        for name, dest in options
        if "default" not in next(action.help for action in ALL[name]._actions if action.dest == dest)
    ]
    assert not silent


def test_lists_of_modules_that_import_torch_are_the_registries():
    from hintree.experiments.bench import shapes
    from hintree.models.local import load
    from hintree.training.shipped import pipeline

    assert tuple(shapes.SIZES) == SIZES
    assert tuple(load.DTYPES) == DTYPES
    assert tuple(pipeline.STAGES) == STAGES


@pytest.mark.parametrize("words", ["--help", "solve --help", "serve --help", "prm check --help", "run --help"])
def test_help_does_not_wait_for_torch(words):
    call = f"try: main({words.split()})\nfinally: assert 'torch' not in sys.modules"
    code = f"import sys\nfrom hintree.cli import main\n{call}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True)
    assert done.returncode == 0 and b"usage: hintree" in done.stdout


def test_help_and_version_of_a_process_name_the_commands():
    run = [sys.executable, "-m", "hintree"]
    done = subprocess.run([*run, "--help"], capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0 and b"solve" in done.stdout and b"lab" in done.stdout
    done = subprocess.run([*run, "--version"], capture_output=True, cwd=ROOT, check=False)
    assert done.stdout.startswith(b"hintree ")


def test_a_closed_pipe_is_no_error():
    import json

    command = f"{sys.executable} -m hintree lab problems --n 5000 | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, cwd=ROOT, check=False)
    assert done.stderr == b"" and json.loads(done.stdout)


def test_a_broken_pipe_to_another_process_is_not_taken_for_a_closed_output(monkeypatch, capsys):
    def broken(_):
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("hintree.cli.searches.run_searches", broken)
    with pytest.raises(BrokenPipeError):
        main(["searches"])


def test_every_search_is_listed_with_its_settings(capsys):
    assert main(["searches"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[::2]] == list(SEARCHES)
    assert "simulations=32" in lines[2 * list(SEARCHES).index("mcts") + 1]
    assert not [line for line in lines if "``" in line]
