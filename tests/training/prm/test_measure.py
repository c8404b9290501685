import json

from hintree.cli import main
from hintree.data import Case as Case
from hintree.scorers import FAMILIES
from hintree.training.prm.train import Recipe, new_model, save


def test_prms_are_measured_on_the_same_drafts(tmp_path, capsys, monkeypatch):
    save(new_model("embedded:student", FAMILIES["lab"], 2, Recipe()), tmp_path)
    command = ["prm", "measure", "embedded:prm", str(tmp_path), "--problems", "lab:validation?steps=3-5&n=24&seed=3"]
    assert main([*command, "--json"]) == 0
    shipped, untrained = json.loads(capsys.readouterr().out)["models"].values()
    assert [shipped[x] for x in ("solutions", "steps", "wrong")] == [
        untrained[x] for x in ("solutions", "steps", "wrong")
    ]
    assert shipped["auc"]["value"] > 0.8 > untrained["auc"]["value"]
    figures = iter((shipped, untrained))
    monkeypatch.setattr("hintree.training.prm.measure.labelled_drafts", lambda problems: [])
    monkeypatch.setattr("hintree.training.prm.measure.measure", lambda prm, rows: next(figures))
    assert main(command) == 0 and f"| {tmp_path} | {untrained['auc']['value']:.3f} [" in capsys.readouterr().out
