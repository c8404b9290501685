"""The mass of labels: in responses, trees, recordings, `solve --json`, reports and `prm labels`."""

import json

import pytest

import hintree
from hintree.cli import main
from hintree.errors import LabelError, ModelError
from hintree.experiments.report.extract import extract_record
from hintree.experiments.report.label_mass import label_mass_table
from hintree.experiments.report.results import ProblemFacts, StudyResults
from hintree.models import LabelReading, Usage, load_model
from hintree.scorers import FAMILIES, PRM, Constant, Debate, Ensemble, GenerativeVerifier
from hintree.scorers.generative import VERIFIERS
from hintree.search import Selection, Tree, to_dict
from tests.support.scores import request_with

pytestmark = pytest.mark.filterwarnings("ignore:.*seldom answers with")
QUESTION = "What is 1 + 1?"


class Answering:
    """A model with the same probabilities of its labels after every prompt."""

    name, chat, thinking = "answering", True, None

    def __init__(self, *probabilities):
        self.probabilities = probabilities

    def read_labels(self, prompts, labels, *, groups=()):
        return [LabelReading(self.probabilities, "Well", Usage(1, 5, 5, 0)) for _ in prompts]


def test_a_score_is_the_share_of_the_labels_and_tells_their_mass():
    judge = PRM(Answering(0.6, 0.2), FAMILIES["yes-no"])
    (found,) = judge([request_with((0.5,))])
    assert found.value == pytest.approx(0.75) and found.mass == pytest.approx(0.8)
    assert judge.score(QUESTION, ["a", "b"]) == pytest.approx([0.75, 0.75])
    digits = PRM(Answering(*[0.0] * 8, 0.3, 0.1), FAMILIES["digits"])
    assert digits.score(QUESTION, ["a"]) == pytest.approx([(0.75 * 8 + 0.25 * 9) / 9])
    mean = Ensemble([judge, digits, Constant(0.5)], [1, 1, 1])
    assert mean([request_with((0.5,))])[0].mass == pytest.approx(0.4)


def test_labels_without_probability_are_an_error_for_their_step_that_says_what_the_model_wants():
    judge = PRM(Answering(0.0002, 0.0001), FAMILIES["yes-no"])
    (found,) = judge([request_with((0.5,))])
    assert isinstance(found, LabelError) and "'Well'" in str(found)
    with pytest.raises(ModelError, match="does not answer with Yes, No"):
        judge.score(QUESTION, ["a"])


def test_verifiers_and_debates_tell_the_mean_mass_of_their_verdicts(chat_model):
    model = load_model(str(chat_model))
    for scorer in (
        GenerativeVerifier(model, model, VERIFIERS["think"]._replace(tokens=4), chains=2),
        Debate(model, model, tokens=4, rounds=1),
    ):
        (found,) = scorer([request_with((0.5,))])
        assert 0 < found.mass < 0.1


def test_trees_and_recordings_keep_the_mass_and_solve_and_reports_sum_it_up(chat_model, tmp_path):
    settings = {"reasoner": str(chat_model), "scorer": f"yes-no:{chat_model}", "search": hintree.Beam(1, 2, depth=2)}
    recording = tmp_path / "run.jsonl"
    solution = hintree.Solver("beam", **settings, recording=recording).solve(QUESTION)
    masses = [node.label_mass for node in solution.tree if node.label_mass is not None]
    assert masses and all(0 < mass < 0.1 for mass in masses)
    assert [node.label_mass for node in Tree.from_json(solution.tree.to_json())] == [
        node.label_mass for node in solution.tree
    ]
    again = hintree.Solver("beam", **settings, recording=recording).solve(QUESTION)
    assert to_dict(again.tree) == to_dict(solution.tree)
    record = extract_record(solution.tree, solution.ledger, None, False, "2", Selection(aggregate="min"), None)
    assert list(record.label_masses) == masses
    attempts = {"judge": {(0, 0): record}, "none": {}}
    results = StudyResults(
        "s", {arm: {} for arm in attempts}, "none", None, [ProblemFacts("p", "", None)], [0], attempts
    )
    ((arm, steps, mean, low, below),) = label_mass_table(results).rows
    assert (arm, steps, below) == ("judge", len(masses), 100) and low <= mean == pytest.approx(sum(masses) / steps)


def test_solve_and_prm_labels_print_the_mass(chat_model, tmp_path, capsys):
    solve = ["solve", QUESTION, "--preset", "beam", "--reasoner", str(chat_model), "--scorer", f"digits:{chat_model}"]
    main([*solve, "--search", "beam", "--set", "width=1,branch=2,depth=1", "--json"])
    found = json.loads(capsys.readouterr().out)["label_mass"]
    assert 0 < found["least"] <= found["mean"] < 0.2 and found["steps"] == 1
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps(labelled(i)) + "\n" for i in range(4)))
    command = ["prm", "labels", str(chat_model), "--rows", str(rows), "--tokens", "4"]
    assert main([*command, "--json"]) == 0
    formats = json.loads(capsys.readouterr().out)["formats"]
    assert [x["name"] for x in formats] == ["digits", "yes-no", "judge", *VERIFIERS, "maj"]
    assert all(0 < x["low"] <= x["mean"] < 0.2 and x["steps"] == 4 and 0 <= x["auc"] <= 1 for x in formats)
    assert main([*command, "--formats", "yes-no", "--n", "2"]) == 0
    assert "| yes-no | 2 | 0.0" in capsys.readouterr().out
    assert main([*command, "--formats", "maybe"]) == 2
    assert "--formats 'maybe' is not one of digits, yes-no" in capsys.readouterr().err


def labelled(i):
    """A labelled solution whose last step is right in every other row."""
    return {"prompt": f"What is 1 + {i}?", "completions": ["So.", f"It is {i + 1}."], "labels": [1.0, float(i % 2)]}
