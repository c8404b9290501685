"""Presets by name: settings, arms of a study, the listing, the docs, and the absence of reference answers."""

import ast
import json
from dataclasses import fields
from pathlib import Path

import pytest

from hintree.cli import main
from hintree.errors import UsageError
from hintree.experiments.study.resolve import resolve
from hintree.presets import PRESETS, preset, settings_of
from hintree.presets.escalation import ESCALATION
from hintree.presets.settings import preset_of
from hintree.search import Problem, Selection, selection_of
from hintree.yaml_file import parse

ROOT = Path(__file__).parents[2]


def test_no_decision_can_reach_a_reference_answer():
    assert [field.name for field in fields(Problem)] == ["question", "id", "choices", "system", "turns"]
    with pytest.raises((AttributeError, TypeError)):
        Problem("q").reference = "7"
    modules = [path for folder in ("search", "policies", "scorers") for path in (ROOT / folder).rglob("*.py")]
    for path in [*modules, *(ROOT / "hintree" / "presets").glob("*.py"), *(ROOT / "hintree" / "solver").glob("*.py")]:
        words = {
            getattr(node, key, "") for node in ast.walk(ast.parse(path.read_text())) for key in ("id", "attr", "arg")
        }
        assert not words & {"reference", "gold", "solution_text", "Case"}, path


@pytest.mark.parametrize("name", ESCALATION)
def test_a_preset_survives_the_round_trip_through_a_study(name):
    one = ESCALATION[name]
    again = preset_of(json.loads(json.dumps(settings_of(one))))
    assert (again.search, again.rewrite, again.sampling) == (one.search, one.rewrite, one.sampling)
    assert one.source and one.differs and len(one.about) < 120


def test_every_preset_is_an_arm_whose_switches_can_be_set():
    text = "problems: lab:test?n=1&steps=2\narms:\n" + "".join(f"  {name}: {name}\n" for name in PRESETS)
    text += "  bon: {preset: smart, search.m: 1, rewrite.accept: better}\n"
    text += "  glimpse: {preset: glimprouter, grid: {search.threshold: [0.1, 0.2]}}\n"
    text += "  tlc: {preset: smart, scorer: confidence}\n"
    arms = resolve(parse("s.yaml", text)).data["arms"]
    assert (arms["bon"]["search"]["name"], arms["bon"]["search"]["n"], arms["bon"]["search"]["m"]) == ("smart", 16, 1)
    assert (arms["bon"]["rewrite"]["threshold"], arms["bon"]["rewrite"]["accept"]) == (0.9, "better")
    assert arms["glimpse / threshold=0.2"]["search"]["threshold"] == 0.2
    assert arms["specreason"]["scorer"] == "judge" and arms["specreason"]["hinter"] is None


def test_the_trim_study_sweeps_21_thresholds():
    text = (ROOT / "experiments" / "studies" / "trim_threshold.yaml").read_text().replace("n=200", "n=1")
    arms = resolve(parse("trim_threshold.yaml", text)).data["arms"]
    found = [arm["rewrite"]["threshold"] for name, arm in arms.items() if name.startswith("trim")]
    assert found == [round(0.05 * i, 2) for i in range(21)]


def test_unknown_names_get_the_nearest_one():
    with pytest.raises(UsageError, match="did you mean 'glimprouter'"):
        preset("glimpruter")


def test_the_command_line_lists_them_with_source_and_differences(capsys):
    assert main(["presets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines if not line.startswith(" ")] == list(PRESETS)
    assert sum("source: " in line for line in lines) >= len(ESCALATION)
    assert main(["presets", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    settings = found["smart"]["settings"]
    limits = {"path_tokens": 4096, "repeats": 3}
    assert settings["search"] == {"name": "smart", "n": 16, "m": 4, "depth": 40, "aggregate": "last", **limits}
    assert settings["selection"] == {} and selection_of(preset("smart").search) == Selection("best", "last")
    assert set(found["rsd"]) == {"about", "source", "differs", "settings"}
    assert main(["presets", "smart"]) == 0
    assert "rewrite: threshold=0.9," in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["solve", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "the method, one of " + ", ".join(PRESETS) in shown


def test_every_preset_has_its_section_in_the_docs():
    text = (ROOT / "docs" / "presets.md").read_text()
    for name, one in ESCALATION.items():
        section = text.split(f"\n## `{name}`", 1)[1].split("\n## ", 1)[0]
        assert one.source.split("arXiv ")[1] in section
