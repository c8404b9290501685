import json
import math

import pytest
import torch
from safetensors.torch import load_file
from transformers import pipeline

from hintree.cli import main
from hintree.data import Case as Case
from hintree.scorers import FAMILIES, load_prm
from tests.support.prm_checkpoints import CHECKPOINTS

LAB = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"


RIGHT = ["(2) Ben gets 3 more pens than Ana. Ana has 4. 4 + 3 = 7. Ben has 7.", "The answer is 7."]


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
    printed = json.loads(capsys.readouterr().out)
    assert printed["loss"] < 0.6 < math.log(2) and printed["steps"] == 24
    prm = load_prm(str(out))
    assert prm.spec == FAMILIES["trl"]
    assert prm.score(good[0][0], [good[0][1]])[0] > prm.score(bad[0][0], [bad[0][1]])[0]
    predictions = pipeline("token-classification", str(out))(good[0][0] + good[0][1] + "\n")
    want = prm.score(good[0][0], [good[0][1]])[0]
    score = predictions[-1]["score"] if predictions[-1]["entity"] == "right" else 1 - predictions[-1]["score"]
    assert score == pytest.approx(want, abs=0.01)
    assert main([*command]) == 2 and "not empty" in capsys.readouterr().err


def test_the_untrained_prm_is_a_base_of_which_the_last_layer_is_trained(tmp_path, capsys):
    base, out, rows = tmp_path / "untrained", tmp_path / "prm", tmp_path / "rows.jsonl"
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
        printed = json.loads(capsys.readouterr().out)
        assert 0 <= printed["lab validation"]["auc"]["value"] <= 1
        scores = load_prm(str(out)).score(LAB, RIGHT)
        assert len(scores) == 2 and all(0 <= score <= 1 for score in scores)
        assert pipeline("token-classification", str(out))(LAB)


def test_adapters_and_head_are_trained_and_merged_into_the_saved_model(tmp_path, capsys):
    pytest.importorskip("peft")
    rows, out = tmp_path / "rows.jsonl", tmp_path / "prm"
    lines = [{"prompt": f"{i}?", "completions": ["yes" if i % 2 else "no"], "labels": [i % 2]} for i in range(8)]
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    torch.manual_seed(0)
    base = CHECKPOINTS["rlhflow"](tmp_path / "base")
    command = ["train", "prm", "--rows", str(rows), "--base", str(base), "--validate", "0", "--lora", "2"]
    assert main([*command, "--out", str(out), "--epochs", "1", "--rate", "0.01"]) == 0
    before, after = load_file(base / "model.safetensors"), load_file(out / "model.safetensors")
    changed = {name for name in after if name not in before or not torch.equal(before[name], after[name])}
    assert "score.weight" in changed and any("q_proj" in name for name in changed)
    assert not any("norm" in name or "embed" in name or "lora" in name for name in changed)
    assert 0 < load_prm(str(out)).score("1?", ["yes"])[0] < 1
    assert main([*command, "--layers", "1", "--out", str(tmp_path / "other")]) == 2
    assert "--layers and --lora" in capsys.readouterr().err
