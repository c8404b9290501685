import json
import math

import numpy as np
import pytest

from hintree.cli import main
from hintree.data import Case as Case
from hintree.data import read_cases
from hintree.models import load_model
from hintree.scorers import PRMSpec, calibrated, load_prm
from hintree.scorers.calibration import calibrate, fit_isotonic, fit_temperature
from hintree.statistics.calibration import calibration_error, reliability
from hintree.training.prm.rows import label, read_rows, sample_solutions, to_line


def draws(seed=0, n=4000, factor=3.0):
    """Scores whose log odds are ``factor`` times too large, and the labels drawn from the true probabilities."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 1.5, n)
    right = rng.random(n) < 1 / (1 + np.exp(-odds))
    return 1 / (1 + np.exp(-factor * odds)), right


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


def test_check_and_calibrate_on_the_command_line(tmp_path, capsys):
    assert main(["prm", "check", "embedded:prm", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["checks"][0]["name"] == "one score per step"
    rows, out = tmp_path / "rows.jsonl", tmp_path / "prm.yaml"
    cases = read_cases("lab:validation?steps=2-4&n=12&seed=3")
    solutions = label(sample_solutions(cases, load_model("embedded:student"), 2, seed=1), "exact")
    rows.write_text("".join(map(to_line, solutions)))
    assert read_rows(str(rows)) == solutions
    assert main(["prm", "calibrate", "embedded:prm", "--rows", str(rows), "--out", str(out), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert 0 <= printed["after"] <= 1 and printed["solutions"] == len(solutions)
    spec = load_prm("embedded:prm", str(out)).spec
    assert (spec.prompt, spec.temperature) == ("{question}\n", float(printed["summary"].split()[-1]))
    assert main(["scorers"]) == 0 and "qwen-math-prm" in capsys.readouterr().out
    assert main(["prm", "check", "embedded:prm", "--prm-spec", "nothing"]) == 2
