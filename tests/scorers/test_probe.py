"""Probes as scorers: a step that the reasoner has written costs no token, and a probe of another model is refused."""

import json
import shutil

import pytest
from safetensors.torch import load_file, save_file

from hintree.errors import CheckpointError, ModelError, UnknownModelError, UsageError
from hintree.models import load_model
from hintree.models.local.manifest import write_manifest
from hintree.policies import Sampling
from hintree.scorers.probe import open_probe
from hintree.search import Beam, ScoreRequest
from hintree.solver import Solver
from tests.support.probes import save_random_probe
from tests.support.scores import QUESTION, RIGHT_STEPS

LONGER = (
    "(1) Ben has 29 shells. (2) Omar gets 19 more shells than Ben. (3) Finn gets 37 more shells than Omar. (4) Dora "
    "gets 10 fewer shells than Finn. How many shells does Dora have?"
)


@pytest.fixture(scope="module")
def student():
    return load_model("embedded:student")


@pytest.fixture(scope="module")
def probe(tmp_path_factory, student):
    return save_random_probe(tmp_path_factory.mktemp("probes") / "probe", student, statistics=True)


def rescored(solution, probe, model):
    """Return the scores of all scored nodes by states that are computed anew."""
    model.forget()
    scorer = open_probe(f"probe:{probe}", model, None)
    nodes = [node for node in solution.tree if node.score is not None]
    model.forget()
    return nodes, scorer([ScoreRequest(solution.tree, node) for node in nodes])


def test_a_step_that_the_reasoner_wrote_costs_no_token(probe, student):
    sampling = Sampling(1.5, greedy_first=False)
    solution = Solver("hintmr", scorer=f"probe:{probe}", search=Beam(2, 3), sampling=sampling).solve(LONGER)
    account = solution.ledger["scorer"]
    assert account.calls > 2 and (account.prompt_tokens, account.forwarded_tokens, account.flops) == (0, 0, 0)
    nodes, again = rescored(solution, probe, student)
    assert len(nodes) == account.calls and sum(one.usage.forwarded_tokens for one in again) > 0
    assert [one.value for one in again] == pytest.approx([node.score for node in nodes], abs=1e-4)
    assert len({node.score for node in nodes}) > 1


def test_steps_of_another_model_are_computed_and_counted(probe):
    other = Solver("beam", reasoner="embedded:teacher", scorer=f"probe:{probe}?model=embedded:student")
    account = other.solve(QUESTION).ledger["scorer"]
    assert account.calls > 1 and account.forwarded_tokens > 0
    parameters = load_model("embedded:student").parameters
    assert account.flops == 2 * parameters * account.forwarded_tokens


def test_texts_are_scored_without_statistics_only(probe, student, tmp_path):
    plain = open_probe(f"probe:{save_random_probe(tmp_path / 'plain', student)}", student, None)
    scores = plain.score(QUESTION, [*RIGHT_STEPS, "The answer is 7."])
    assert all(0 < score < 1 for score in scores) and len(scores) == len(RIGHT_STEPS) + 1
    with pytest.raises(ModelError, match="no token probabilities"):
        open_probe(f"probe:{probe}", student, None).score(QUESTION, RIGHT_STEPS)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"reasoner": "embedded:teacher"}, CheckpointError, "made for embedded:student.*another config"),
        ({"reasoner": "embedded:student-2"}, CheckpointError, "has other weights"),
        ({"scorer": "0.5*probe:{}+0.5*confidence"}, UsageError, "name it alone"),
        ({"scorer": "probe:"}, UsageError, "name the folder"),
        ({"scorer": "probe:{}/none"}, UnknownModelError, "no folder with probe.json and SHA256SUMS"),
    ],
)
def test_a_probe_of_another_model_is_refused(probe, arguments, error, message):
    arguments = {"scorer": "probe:{}", **arguments}
    arguments["scorer"] = arguments["scorer"].format(probe)
    with pytest.raises(error, match=message):
        Solver("beam", **arguments).solve(QUESTION)


def changed_spec(folder, **changes):
    spec = json.loads((folder / "probe.json").read_text())
    (folder / "probe.json").write_text(json.dumps({**spec, **changes}))


def changed_weights(folder, change):
    tensors = load_file(folder / "probe.safetensors")
    change(tensors)
    save_file(tensors, folder / "probe.safetensors")


DAMAGE = {
    "field": (lambda folder: changed_spec(folder, layer="3"), "should hold"),
    "layer": (lambda folder: changed_spec(folder, layer=99), "layer 99"),
    "json": (lambda folder: (folder / "probe.json").write_text("[" * 9999), "cannot be read"),
    "tensors": (lambda folder: (folder / "probe.safetensors").write_bytes(b"x" * 99), "cannot be read"),
    "shape": (
        lambda folder: changed_weights(folder, lambda t: t.update({"head.0.weight": t["head.0.bias"].clone()})),
        "layers",
    ),
    "name": (lambda folder: changed_weights(folder, lambda t: t.pop("head.0.weight")), "linear layer"),
    "reference": (lambda folder: changed_weights(folder, lambda t: t.pop("reference")), "hidden states differ"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_probe_is_one_clear_error(probe, student, tmp_path, kind):
    folder = shutil.copytree(probe, tmp_path / "probe")
    damage, message = DAMAGE[kind]
    damage(folder)
    with pytest.raises(CheckpointError, match="is damaged or missing"):
        open_probe(f"probe:{folder}", student, None)
    write_manifest(folder)
    with pytest.raises((CheckpointError, UsageError), match=message):
        open_probe(f"probe:{folder}", student, None)
