import json
import re
import shutil

import pytest
import torch
from safetensors.torch import load_file

from hintree.models import load_model
from hintree.training import loop as train_module
from hintree.training.hinter.hint_data import (
    from_lab,
)
from hintree.training.hinter.tune import tune
from hintree.training.loop import TrainingSchedule
from hintree.training.shipped import pipeline, recipes

FEW = TrainingSchedule(steps=6, batch=2, muon=0.0, adam=1e-3, warmup=2, hold=0.3, seed=3)


class KilledError(Exception):
    pass


def killed_after(draw, rows):
    left = iter(range(rows))

    def until(rng):
        if next(left, None) is None:
            raise KilledError
        return draw(rng)

    return until


def weights(folder):
    return load_file(folder / "model.safetensors")


@pytest.mark.parametrize("lora", [0, 2])
def test_a_killed_training_ends_with_the_weights_of_an_uninterrupted_one(tmp_path, tiny, monkeypatch, lora):
    if lora:
        pytest.importorskip("peft")
    monkeypatch.setattr(train_module, "SAVE_EVERY", 2)
    _, draw = from_lab("lab:train?n=5&steps=2", 0.3)
    tune(draw, str(tiny), FEW, tmp_path / "whole", "h", lora=lora)
    with pytest.raises(KilledError):
        tune(killed_after(draw, 9), str(tiny), FEW, tmp_path / "broken", "h", lora=lora)
    assert (tmp_path / "broken" / "h.resume.pt").is_file()
    tune(draw, str(tiny), FEW, tmp_path / "broken", "h", lora=lora)
    whole, again = (weights(tmp_path / name / "h") for name in ("whole", "broken"))
    before = weights(tiny)
    assert whole.keys() == again.keys() == before.keys()
    assert all(torch.equal(whole[name], again[name]) for name in whole)
    assert any(not torch.equal(whole[name], before[name]) for name in whole)
    assert load_model(str(tmp_path / "whole" / "h")).parameters > 0


def test_the_shipped_hinter_starts_from_the_reader_and_learns_hints_alone(tmp_path, tiny, monkeypatch):
    shutil.copytree(tiny, tmp_path / "reader")
    (tmp_path / "reader" / "training.json").write_text('{"parameters": 1}')
    monkeypatch.setattr(recipes, "HINTER_SCHEDULE", TrainingSchedule(steps=2, batch=2, muon=0.012, adam=6e-4, warmup=1))
    learned: list[str] = []

    def watched(model, rows, pad, optims):
        learned.extend(tokenizer.decode([label for label in row.labels if label >= 0]) for row in rows)
        return one_step(model, rows, pad, optims)

    tokenizer, one_step = load_model(str(tiny)).tokenizer, train_module.one_step
    monkeypatch.setattr(train_module, "one_step", watched)
    pipeline.hinter(tmp_path, None)
    record = json.loads((tmp_path / "hinter" / "training.json").read_text())
    assert (record["schedule"]["muon"], record["earlier"]) == (0.012, {"parameters": 1})
    one, other = weights(tmp_path / "hinter"), weights(tiny)
    assert any(not torch.equal(one[name], other[name]) for name in one)
    assert len(learned) == 4
    assert all(re.match(r"(use|check|give|look)\b", text) for text in learned)
