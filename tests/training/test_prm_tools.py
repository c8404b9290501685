"""``hintree prm check | measure | calibrate`` and ``hintree train prm | ppm``."""

import json
import math

import numpy as np
import pytest
import torch
from transformers import pipeline

from hintree.cli import main
from hintree.data.sources import Case as Case
from hintree.data.sources import read_cases
from hintree.errors import UsageError
from hintree.models import load_model
from hintree.scorers import FAMILIES, PRMSpec, calibrated, load_prm
from hintree.scorers.calibration import calibrate, fit_isotonic, fit_temperature
from hintree.search import Problem
from hintree.statistics.calibration import calibration_error, reliability
from hintree.training.prm.check import check, lab_pairs, plain_pairs
from hintree.training.prm.pairs import edits, preference_sides
from hintree.training.prm.rows import SampledSolution, exact_labels, label, read_rows, sample_solutions, to_line
from hintree.training.prm.train import Recipe, new_model, save
from tests.support.prm_checkpoints import CHECKPOINTS

LAB = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
RIGHT = ["(2) Ben gets 3 more pens than Ana. Ana has 4. 4 + 3 = 7. Ben has 7.", "The answer is 7."]


def draws(seed=0, n=4000, heat=3.0):
    """Scores whose log odds are ``heat`` times too large, and the labels drawn from the true probabilities."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 1.5, n)
    right = rng.random(n) < 1 / (1 + np.exp(-odds))
    return 1 / (1 + np.exp(-heat * odds)), right


def test_a_temperature_is_found_again_and_lowers_the_calibration_error():
    temperature = fit_temperature(*draws())
    assert temperature == pytest.approx(3.0, rel=0.1)
    scores, right = draws(seed=1)
    spec = PRMSpec(temperature=temperature)
    after = np.array([calibrate(spec, score) for score in scores])
    assert calibration_error(reliability(after, right)) < 0.03 < calibration_error(reliability(scores, right))
    assert (np.diff(after[np.argsort(scores)]) >= 0).all()


def test_isotonic_regression_is_that_of_scikit_learn():
    from sklearn.isotonic import IsotonicRegression

    scores, right = draws(n=300)
    mine = PRMSpec(isotonic=fit_isotonic(scores, right))
    theirs = IsotonicRegression(out_of_bounds="clip").fit(scores, right)
    places = np.linspace(scores.min(), scores.max(), 57)
    assert [calibrate(mine, x) for x in places] == pytest.approx(list(theirs.predict(places)), abs=1e-3)


def test_saturated_scores_and_nan_survive_calibration():
    spec = PRMSpec(temperature=2.0)
    assert 0 < calibrate(spec, 0.0) < 0.01 and 0.99 < calibrate(spec, 1.0) < 1
    assert math.isnan(calibrate(PRMSpec(isotonic=((0.0, 0.1), (1.0, 0.9))), math.nan))
    assert calibrated(spec).temperature == 1.0


def test_the_shipped_prm_passes_its_check_and_a_wrong_declaration_does_not(tmp_path):
    findings = {finding.name: finding for finding in check(load_prm("embedded:prm"))}
    assert {finding.state for finding in findings.values()} <= {"ok", "warn"}
    assert findings["right above wrong"].state == "ok"
    upside_down = check(load_prm("embedded:prm", PRMSpec(prompt="{question}\n", right=(0,))))
    assert {f.name for f in upside_down if f.state == "fail"} == {"right above wrong"}
    torch.manual_seed(0)
    folder = CHECKPOINTS["skywork"](tmp_path)
    spec = PRMSpec(separator="<extra_0>", head="tensors", tensors="v_head", activation="sigmoid")
    found = {finding.name: finding for finding in check(load_prm(str(folder), spec))}
    assert found["separator is one token"].state == "fail" and "--prm-spec" in found["separator is one token"].todo


def test_pairs_differ_in_the_last_step_only():
    assert len(plain_pairs()) == len(lab_pairs()) == 24
    for pair in [*plain_pairs(), *lab_pairs()]:
        assert pair.right != pair.wrong
    for pair in lab_pairs():
        draft = SampledSolution(Case(Problem(pair.question), ""), [*pair.steps, pair.right])
        assert exact_labels(draft) == [1.0] * len(draft.steps)
        assert exact_labels(draft._replace(steps=[*pair.steps, pair.wrong]))[-1] == 0.0


def test_check_and_calibrate_on_the_command_line(tmp_path, capsys):
    assert main(["prm", "check", "embedded:prm", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["checks"][0]["name"] == "one score per step"
    rows, out = tmp_path / "rows.jsonl", tmp_path / "prm.yaml"
    cases = read_cases("lab:validation?steps=2-4&n=24&seed=3")
    solutions = label(sample_solutions(cases, load_model("embedded:student"), 2, seed=1), "exact")
    rows.write_text("".join(map(to_line, solutions)))
    assert read_rows(str(rows)) == solutions
    assert main(["prm", "calibrate", "embedded:prm", "--rows", str(rows), "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert 0 <= said["after"] <= 1 and said["solutions"] == len(solutions)
    spec = load_prm("embedded:prm", str(out)).spec
    assert (spec.prompt, spec.temperature) == ("{question}\n", float(said["said"].split()[-1]))
    assert main(["scorers"]) == 0 and "qwen-math-prm" in capsys.readouterr().out
    assert main(["prm", "check", "embedded:prm", "--prm-spec", "nothing"]) == 2


def test_prms_are_measured_on_the_same_drafts(tmp_path, capsys):
    save(new_model("embedded:student", FAMILIES["lab"], 2, Recipe()), tmp_path)
    command = ["prm", "measure", "embedded:prm", str(tmp_path), "--problems", "lab:validation?steps=3-5&n=24&seed=3"]
    assert main([*command, "--json"]) == 0
    shipped, untrained = json.loads(capsys.readouterr().out)["models"].values()
    assert [shipped[x] for x in ("solutions", "steps", "wrong")] == [
        untrained[x] for x in ("solutions", "steps", "wrong")
    ]
    assert shipped["auc"]["value"] > 0.8 > untrained["auc"]["value"]
    assert main(command) == 0 and f"| {tmp_path} | {untrained['auc']['value']:.3f} [" in capsys.readouterr().out


@pytest.mark.parametrize(
    "line",
    [
        "{",
        '{"prompt": "q", "completions": [], "labels": []}',
        '{"prompt": "q", "completions": ["a"], "labels": [2]}',
        '{"prompt": "q", "completions": ["a"], "labels": [0, 1]}',
        '{"prompt": "q", "completions": [1], "labels": [1]}',
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path, line):
    file = tmp_path / "rows.jsonl"
    file.write_text(f'{{"prompt": "q", "completions": ["a"], "labels": [true]}}\n{line}\n')
    with pytest.raises(UsageError, match="line 2"):
        read_rows(str(file))


def test_monte_carlo_labels_count_right_completions():
    teacher = load_model("embedded:teacher")
    wrong = RIGHT[0].replace("= 7", "= 8").replace("has 7", "has 8")
    drafts = [
        SampledSolution(Case(Problem(LAB, "lab"), "7"), RIGHT),
        SampledSolution(Case(Problem(LAB, "lab"), "no"), [wrong]),
    ]
    soft, hard = (label(drafts, how, teacher, 4) for how in ("soft", "hard"))
    assert all(0 <= x <= 1 and (4 * x).is_integer() for row in soft for x in row.labels)
    assert [row.labels for row in hard] == [[float(x > 0) for x in row.labels] for row in soft]
    assert soft[1].labels == [0.0]
    assert [row.labels[-1] for row in soft] == [1.0, 0.0] and len(soft[0].labels) == 2  # a finished solution is judged
    said = [SampledSolution(Case(Problem(LAB, "lab"), "7"), [RIGHT[0], "The answer is 8."])]
    assert label(said, "soft", teacher, 4)[0].labels[-1] == 0.0


def test_sides_of_a_pair_are_apart_in_q_and_text():
    values = {"aaaa": 1.0, "bbbb": 0.75, "cccc": 0.25, "dddd": 0.0, "eeee": 0.0}
    assert preference_sides(values, 0.5, 1) == (["aaaa", "bbbb"], ["eeee", "dddd"])
    assert preference_sides({"aaaa": 1.0, "aaab": 0.0}, 0.5, 2) == ([], [])
    assert preference_sides({"aaaa": 0.6, "bbbb": 0.2}, 0.5, 1) == ([], [])
    assert len(preference_sides({x * 4: float(x > "d") for x in "abcde"}, 0.5, 1)[1]) == 4
    assert preference_sides({}, 0.5, 1) == ([], [])
    assert (edits("kitten", "sitting"), edits("", "abc"), edits("abc", "abc")) == (3, 3, 0)


def test_a_trained_prm_learns_loads_and_runs_in_the_pipeline(tmp_path, capsys):
    rows, out = tmp_path / "rows.jsonl", tmp_path / "prm"
    good = [(f"What is {i} + 1?", f"{i} + 1 = {i + 1} yes", True) for i in range(12)]
    bad = [(q, step.replace("yes", "no"), False) for q, step, _ in good]
    lines = [{"prompt": q, "completions": [step], "labels": [right]} for q, step, right in [*good, *bad]]
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    torch.manual_seed(0)
    base = CHECKPOINTS["rlhflow"](tmp_path / "base")
    command = ["train", "prm", "--rows", str(rows), "--base", str(base), "--out", str(out), "--validate", "0", "--json"]
    assert main([*command, "--epochs", "12", "--rate", "0.003", "--batch", "8"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["loss"] < 0.6 < math.log(2) and told["steps"] == 24
    prm = load_prm(str(out))
    assert prm.spec == FAMILIES["trl"]
    assert prm.score(good[0][0], [good[0][1]])[0] > prm.score(bad[0][0], [bad[0][1]])[0]
    said = pipeline("token-classification", str(out))(good[0][0] + good[0][1] + "\n")
    want = prm.score(good[0][0], [good[0][1]])[0]
    score = said[-1]["score"] if said[-1]["entity"] == "right" else 1 - said[-1]["score"]
    assert score == pytest.approx(want, abs=0.01)
    assert main([*command]) == 2 and "not empty" in capsys.readouterr().err


def test_the_untrained_judge_is_a_base_of_which_the_last_layer_is_trained(tmp_path, capsys):
    base, out, rows = tmp_path / "judge", tmp_path / "prm", tmp_path / "rows.jsonl"
    assert main(["lab", "judge", "--out", str(base)]) == 0
    assert main(["lab", "judge", "--out", str(base)]) == 2 and "not empty" in capsys.readouterr().err
    wrong = [RIGHT[0].replace("= 7", "= 8"), RIGHT[1]]
    lines = [{"prompt": LAB, "completions": steps, "labels": [steps == RIGHT] * 2} for steps in (RIGHT, wrong)]
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    command = ["train", "prm", "--rows", str(rows), "--base", str(base), "--prm-spec", "lab", "--validate", "0"]
    command += ["--out", str(out), "--rate", "0.01", "--epochs", "10"]
    assert main([*command, "--layers", "99"]) == 2 and "layers here" in capsys.readouterr().err
    assert main([*command, "--layers", "1"]) == 0
    before, after = (dict(load_prm(str(folder)).model.model.named_parameters()) for folder in (base, out))
    changed = {name for name, weight in after.items() if not torch.equal(weight, before[name])}
    last = max(int(name.split(".")[2]) for name in before if name.startswith("model.layers."))
    assert {"score.weight", "model.norm.weight", f"model.layers.{last}.mlp.gate_proj.weight"} <= changed
    assert all(name.startswith((f"model.layers.{last}.", "model.norm.", "score.")) for name in changed)


@pytest.mark.slow
def test_a_prm_and_a_ppm_are_trained_on_the_lab(tmp_path, capsys):
    problems = "lab:train?steps=2-3&n=8&seed=1"
    for kind, more in (("prm", ["--labels", "soft"]), ("ppm", ["--distance", "1", "--branch", "3"])):
        out = tmp_path / kind
        command = ["train", kind, "--problems", problems, "--rollouts", "2", "--epochs", "1", "--validate", "8"]
        assert main([*command, "--out", str(out), "--json", *more]) == 0
        told = json.loads(capsys.readouterr().out)
        assert 0 <= told["lab validation"]["auc"]["value"] <= 1
        scores = load_prm(str(out)).score(LAB, RIGHT)
        assert len(scores) == 2 and all(0 <= score <= 1 for score in scores)
        assert pipeline("token-classification", str(out))(LAB)
