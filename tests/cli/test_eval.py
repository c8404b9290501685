"""The command ``hintree eval``: figures, an interrupted run, and its study."""

import json

import pytest
import yaml

from hintree.cli import build_parser, main
from hintree.cli.eval import study_of
from hintree.experiments.study.resolve import resolve
from hintree.experiments.study.store import Store
from hintree.presets import PRESETS
from hintree.presets.settings import preset_of
from hintree.search import ROLES
from hintree.yaml_file import parse

PROBLEMS = "lab:test?steps=2&seed=5"


def arm(*options):
    data = study_of(build_parser().parse_args(["eval", PROBLEMS, *options]))
    return resolve(parse("eval", yaml.safe_dump(json.loads(json.dumps(data))))).data["arms"]["eval"]


@pytest.mark.parametrize("name", ["hintree", "glimprouter", "specreason", "lorid"])
def test_the_arm_is_the_preset(name):
    found, one = arm("--preset", name), PRESETS[name]
    assert {role: found[role] for role in ROLES if found[role]} == one.role_models()
    again = preset_of(found)
    kept = ("search", "rewrite", "sampling", "hinting", "keep_hints")
    assert [getattr(again, part) for part in kept] == [getattr(one, part) for part in kept]


def test_options_change_the_arm():
    found = arm("--hinter", "none", "--scorer", "confidence", "--budget", "calls=9", "--selection", "majority")
    assert (found["hinter"], found["scorer"], found["budget"]) == (None, "confidence", {"calls": 9})
    assert found["rewrite"]["stages"] == ["teacher"] and found["selection"]["choice"] == "majority"
    assert arm("--search", "mcts", "--rewrite", "none")["search"]["name"] == "mcts"


@pytest.mark.slow
def test_figures_are_printed_and_a_run_goes_on_where_it_was_ended(tmp_path, capsys):
    out = tmp_path / "out"
    command = ["eval", PROBLEMS, "--preset", "greedy", "--out", str(out)]
    assert main([*command, "--n", "2", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert (first["n"], set(first["cost_per_problem"])) == (2, {"reasoner"})
    assert main([*command, "--n", "2"]) == 2 and "--resume" in capsys.readouterr().err
    assert main([*command, "--n", "3", "--resume"]) == 0  # the rest of a run that was ended after two problems
    shown = capsys.readouterr().out
    assert "right" in shown and "generated tokens" in shown and f"{out}/results.csv" in shown
    with Store.open(out) as store:
        results = list(store.results())
    assert [result.status for result in results] == ["done"] * 3
    assert sum(result.right for result in results[:2]) == first["right"]
