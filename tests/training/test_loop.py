import itertools
import json
import random

import pytest
import torch

from hintree.training import loop as module
from hintree.training.loop import TrainingSchedule, batches, collate, one_step, optimizers, save_point, train
from hintree.training.shipped.initialisation import ModelSize, new_model
from hintree.training.shipped.rows import IGNORED, TrainingRow, drill
from hintree.training.shipped.vocabulary import build_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer()


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tiny(tokenizer, seed=1):
    return new_model(tokenizer, ModelSize(32, 1), seed=seed)


def sums(tokenizer):
    return lambda rng, step: drill(rng, tokenizer, rng.randint(1, 3))


def logged(folder):
    return [json.loads(line)["step"] for line in (folder / "x.jsonl").read_text().splitlines()]


def same_weights(one, other):
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(name == also and torch.equal(a, b) for (name, a), (also, b) in pairs)


def test_the_rate_warms_up_holds_and_falls_to_more_than_zero():
    schedule = TrainingSchedule(steps=1000, warmup=50, hold=0.6)
    rates = [schedule.rate(step) for step in range(1000)]
    assert rates[:50] == pytest.approx([(i + 1) / 50 for i in range(50)])
    assert rates[50:601] == [1.0] * 551
    falls = [a - b for a, b in itertools.pairwise(rates[600:])]
    assert falls == pytest.approx([1 / 400] * 399)
    assert rates[-1] == pytest.approx(1 / 400)


@pytest.mark.parametrize("steps", [1, 2, 10, 60, 333])
@pytest.mark.parametrize("hold", [0.0, 0.3, 0.55, 1.0])
def test_the_rate_of_any_schedule_lies_within_0_and_1(steps, hold):
    schedule = TrainingSchedule(steps=steps, hold=hold)
    assert all(0 < schedule.rate(step) <= 1 for step in range(steps))


def test_rows_depend_on_seed_and_step_alone(tokenizer):
    schedule, draw = TrainingSchedule(steps=6, batch=3, seed=5), sums(tokenizer)
    whole = list(batches(draw, schedule, 0))
    assert len(whole) == 6
    assert list(batches(draw, schedule, 4)) == whole[4:]
    assert list(batches(draw, TrainingSchedule(steps=6, batch=3, seed=6), 0)) != whole
    assert whole[0] != whole[1]


def test_rows_are_drawn_for_their_step():
    seen = []

    def draw(rng, step):
        seen.append(step)
        return TrainingRow([2, 3], [IGNORED, 3])

    list(batches(draw, TrainingSchedule(steps=4, batch=1), 1))
    assert seen == [1, 2, 3]


def test_padding_is_neither_seen_nor_learned():
    batch = collate([TrainingRow([2, 5], [IGNORED, 5]), TrainingRow([2, 6, 7], [IGNORED, 6, 7])], pad=0)
    assert batch["input_ids"].tolist() == [[2, 5, 0], [2, 6, 7]]
    assert batch["labels"].tolist() == [[IGNORED, 5, IGNORED], [IGNORED, 6, 7]]
    assert batch["attention_mask"].tolist() == [[1, 1, 0], [1, 1, 1]]


def test_a_row_of_twice_the_weight_counts_twice(tokenizer):
    model, rows = tiny(tokenizer), [drill(random.Random(i), tokenizer)._replace(weight=1.0) for i in range(2)]
    alone = [float(module.loss_sum(model, collate([row], 0)).detach()) for row in rows]
    both = float(module.loss_sum(model, collate([rows[0], rows[1]._replace(weight=2.0)], 0)).detach())
    assert both == pytest.approx(alone[0] + 2 * alone[1], rel=1e-3)


@pytest.mark.skipif(module.DEVICE != "cpu", reason="bfloat16 on a GPU")
def test_training_computes_in_float32_on_every_cpu(tokenizer, monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    model, formats = tiny(tokenizer), []
    layer = next(part for part in model.modules() if isinstance(part, torch.nn.Linear))
    layer.register_forward_hook(lambda part, given, made: formats.append(made.dtype))
    one_step(model, [drill(random.Random(i), tokenizer) for i in range(2)], tokenizer.pad_token_id, [])
    assert set(formats) == {torch.float32}


def test_the_same_seed_gives_the_same_model_and_every_weight_is_moved_by_one_optimizer(tokenizer):
    model = tiny(tokenizer)
    assert same_weights(model, tiny(tokenizer))
    assert not same_weights(model, tiny(tokenizer, seed=2))
    moved = [id(p) for optim in optimizers(model, TrainingSchedule(1)) for p in optim.param_groups[0]["params"]]
    assert sorted(moved) == sorted(id(p) for p in model.parameters())


def test_training_lowers_the_loss_and_writes_the_log(tokenizer, tmp_path):
    model, schedule = tiny(tokenizer), TrainingSchedule(steps=200, batch=4)
    seconds = train(model, tokenizer, sums(tokenizer), schedule, tmp_path / "new", "x")
    log = [json.loads(line) for line in (tmp_path / "new" / "x.jsonl").read_text().splitlines()]
    assert [row["step"] for row in log] == [100, 200]
    assert log[1]["loss"] < log[0]["loss"] < 6
    assert 0 < log[0]["cpu_seconds"] < log[1]["cpu_seconds"] <= round(seconds, 1)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["x.jsonl"]


def by_hand(model, tokenizer, schedule, until, point):
    """The first steps of a run, and the resume point that it leaves behind."""
    model.train().set_attn_implementation(module.ATTENTION)
    optims = optimizers(model, schedule)
    stream = batches(sums(tokenizer), schedule, 0)
    for step in range(until):
        for optim, peak in zip(optims, (schedule.muon, schedule.adam), strict=True):
            optim.param_groups[0]["lr"] = peak * schedule.rate(step)
        one_step(model, next(stream), tokenizer.pad_token_id, optims)
    save_point(point, model, optims, until, 100.0)


def test_a_run_that_starts_from_a_resume_point_ends_with_the_weights_of_an_unbroken_one(tokenizer, tmp_path):
    schedule = TrainingSchedule(steps=12, batch=4, warmup=3)
    whole, broken, fresh = (tiny(tokenizer) for _ in range(3))
    train(whole, tokenizer, sums(tokenizer), schedule, tmp_path / "whole", "x")
    (tmp_path / "broken").mkdir()
    by_hand(broken, tokenizer, schedule, 7, tmp_path / "broken" / "x.resume.pt")
    assert not same_weights(broken, whole)
    seconds = train(fresh, tokenizer, sums(tokenizer), schedule, tmp_path / "broken", "x")
    assert same_weights(fresh, whole)
    assert seconds > 100
    assert not list((tmp_path / "broken").glob("x.resume*"))


def test_the_log_of_a_resumed_run_holds_every_step_once(tokenizer, tmp_path):
    schedule = TrainingSchedule(steps=100, batch=2)
    by_hand(tiny(tokenizer), tokenizer, schedule, 2, tmp_path / "x.resume.pt")
    (tmp_path / "x.jsonl").write_text('{"step": 100, "loss": 5.0, "cpu_seconds": 1.0}\n')  # killed at step 100
    train(tiny(tokenizer), tokenizer, sums(tokenizer), schedule, tmp_path, "x")
    assert logged(tmp_path) == [100]


class KilledError(Exception):
    pass


def killed_after(draw, last):
    def until(rng, step):
        if step >= last:
            raise KilledError
        return draw(rng, step)

    return until


@pytest.mark.slow
def test_a_killed_run_goes_on_from_its_last_resume_point(tokenizer, tmp_path):
    schedule = TrainingSchedule(steps=610, batch=2)
    whole, killed, fresh = (tiny(tokenizer) for _ in range(3))
    train(whole, tokenizer, sums(tokenizer), schedule, tmp_path / "whole", "x")
    with pytest.raises(KilledError):
        train(killed, tokenizer, killed_after(sums(tokenizer), 605), schedule, tmp_path / "broken", "x")
    assert (tmp_path / "broken" / "x.resume.pt").exists()
    train(fresh, tokenizer, sums(tokenizer), schedule, tmp_path / "broken", "x")
    assert same_weights(fresh, whole)
    assert logged(tmp_path / "whole") == logged(tmp_path / "broken") == [100, 200, 300, 400, 500, 600]


def test_a_batch_of_one_row_trains(tokenizer, tmp_path):
    model = tiny(tokenizer)
    train(model, tokenizer, sums(tokenizer), TrainingSchedule(steps=2, batch=1), tmp_path, "x")
    assert not same_weights(model, tiny(tokenizer))


def gradient(model):
    return torch.cat([p.grad.flatten() for p in model.parameters()])


def test_the_two_halves_of_a_batch_move_the_model_together(tokenizer):
    rows = [drill(random.Random(i), tokenizer, i + 1)._replace(weight=i + 1.0) for i in range(4)]
    halves, joint = tiny(tokenizer), tiny(tokenizer)
    loss = one_step(halves, rows, tokenizer.pad_token_id, [])
    count = sum(row.weight for row in rows for label in row.labels if label != IGNORED)
    whole = module.loss_sum(joint, collate(rows, tokenizer.pad_token_id)) / count
    whole.backward()
    assert loss == pytest.approx(float(whole.detach()), rel=1e-2)
    assert torch.cosine_similarity(gradient(halves), gradient(joint), dim=0) > 0.99
    assert gradient(halves).norm() < 1.01
