"""``hintree train labels`` and ``hintree train probe``, from problems to a scorer."""

import json

import pytest
import torch

from hintree.cli import main
from hintree.errors import UsageError
from hintree.models import load_model
from hintree.models.local.probe_folder import score_state
from hintree.policies.formats import format_for
from hintree.scorers.probe import open_probe, statistics_of
from hintree.solver.recorded_values import unpack_step
from hintree.training.prm.rows import LabelledSolution, read_rows
from hintree.training.probe import LabelledState, ProbeRecipe, fit, has_statistics, read_states, split, train_probe

PROBLEMS = "lab:train?steps=2&n=12&seed=3"


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    command = ["train", "labels", PROBLEMS, "--writer", "embedded:student", "--rollouts", "2", "--limit", "5"]
    for name in ("first", "again"):
        assert main([*command, "--record", str(folder / "recorded"), "--out", str(folder / f"{name}.jsonl")]) == 0
    return folder


def test_labels_are_resumed_from_a_recording_and_keep_how_steps_were_written(labelled, capsys):
    first, again = (labelled / f"{name}.jsonl" for name in ("first", "again"))
    assert first.read_bytes() == again.read_bytes() and not list(labelled.glob("*.unfinished"))
    (recording,) = (labelled / "recorded").glob("reasoner-*.jsonl")
    keys = [json.loads(line).get("key") for line in recording.read_text().splitlines()]
    assert len(keys) == len(set(keys)) + 1 > 10  # the lines of the format and of the model have none
    rows = read_rows(str(first))
    assert len(rows) == 5 and {label for row in rows for label in row.labels} <= {0.0, 0.5, 1.0}
    for row in rows:
        assert [unpack_step(step).text for step in row.written] == row.steps
        assert all(unpack_step(step).token_ids for step in row.written)
    assert has_statistics(rows) and not has_statistics([*rows, rows[0]._replace(written=[])])
    assert main(["train", "labels", PROBLEMS, "--writer", "embedded:student", "--out", str(first)]) == 2
    assert "a new file" in capsys.readouterr().err
    damaged = json.loads(first.read_text().splitlines()[0])
    damaged["written"][0][0] += "!"
    (labelled / "damaged.jsonl").write_text(json.dumps(damaged))
    with pytest.raises(UsageError, match=r"line 1.*not the completions"):
        read_rows(str(labelled / "damaged.jsonl"))


def test_a_probe_is_trained_saved_and_scores_as_it_did_in_training(labelled, tmp_path, capsys):
    rows, out = labelled / "first.jsonl", tmp_path / "probe"
    command = ["train", "probe", "--rows", str(rows), "--model", "embedded:student", "--out", str(out)]
    command += ["--epochs", "3", "--hidden", "4"]
    assert main([*command, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    model = load_model("embedded:student")
    width = model.model.config.hidden_size
    assert printed["inputs"] == "states, token statistics" and printed["weights"] == 4 * (width + 6 + 1) + 5
    assert printed["held-out problems"]["solutions"] == 1 and "AUC of confidence:min" in printed
    assert json.loads((out / "training.json").read_text()) == printed
    layers, report = train_probe(
        model, format_for(model), read_rows(str(rows)), ProbeRecipe(4, 3), layer=3, statistics=True
    )
    assert report == {key: value for key, value in printed.items() if key in report}
    probe = open_probe(f"probe:{out}", model, None)
    row = read_rows(str(rows))[0]
    states = [one.state for one in read_states(probe, row)]
    again = [score_state(layers, state, ()) for state in states]
    written = [unpack_step(step) for step in row.written]
    saved = [probe.head(state[:width], statistics_of(step)) for state, step in zip(states, written, strict=True)]
    assert saved == pytest.approx(again, abs=1e-6) and len(saved) == len(row.steps)
    assert main([*command]) == 2 and "not empty" in capsys.readouterr().err
    assert main([*command[:-5], str(tmp_path / "other"), "--hidden", "99999"]) == 2
    assert "give up to" in capsys.readouterr().err


@pytest.mark.parametrize("hidden", [0, 16])
def test_a_head_learns_a_direction_and_states_of_any_scale(hidden):
    generator = torch.Generator().manual_seed(0)
    states = 1000 * torch.randn(300, 8, generator=generator) + 5000
    steps = [LabelledState(state, float(state[3] > 5000)) for state in states]
    layers, losses = fit(steps[:200], steps[200:], ProbeRecipe(hidden, 40, 32, 0.01))
    assert len(losses) == 40 and losses[-1] < 0.4 < losses[0]
    right = [(score_state(layers, one.state, ()) > 0.5) == (one.label > 0.5) for one in steps[200:]]
    assert sum(right) > 85


def test_no_problem_is_in_two_parts():
    rows = [LabelledSolution(f"What is {i % 10} + 1?", [f"{i}"], [1.0]) for i in range(40)]
    parts = split(rows, 0)
    questions = [{row.question for row in part} for part in parts]
    assert [len(part) for part in questions] == [6, 2, 2] and len(set().union(*questions)) == 10
    assert sum(map(len, parts)) == 40
    with pytest.raises(UsageError, match="about 2 problems"):
        split(rows[:2], 0)
