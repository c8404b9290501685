"""``hintree train hinter``: what is taught, what the loss counts, what is held out, and what comes out."""

import json
import random
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from hintree.cli import main
from hintree.cli.lab_problems import as_row
from hintree.data.sources import read_cases
from hintree.errors import UsageError
from hintree.lab import problems
from hintree.lab.oracle import next_hint
from hintree.models import Completion, load_model
from hintree.models.local.load import MANIFEST
from hintree.models.local.text import encode
from hintree.policies import CHAT, PLAIN
from hintree.policies.formats import path_of
from hintree.policies.leaks import leaks
from hintree.search import Usage
from hintree.training import loop as train_module
from hintree.training.hinter import rows as rows_module
from hintree.training.hinter import run as run_module
from hintree.training.hinter.annotate import annotate
from hintree.training.hinter.hint_data import (
    CHECK_HINT,
    HintedSolution,
    draw_from,
    from_lab,
    hinted_lab_solution,
    insert_wrong_step,
    read_solutions,
)
from hintree.training.hinter.rows import chat_row, draw_hint_rows, plain_text_row
from hintree.training.hinter.run import HinterOptions, train_hinter
from hintree.training.hinter.splits import as_cases, check_disjoint, held_out, problem_key
from hintree.training.hinter.tune import tune
from hintree.training.loop import TrainingSchedule
from hintree.training.shipped import pipeline, recipes
from hintree.training.shipped.initialisation import new_model
from hintree.training.shipped.rows import IGNORED
from hintree.training.shipped.vocabulary import build_tokenizer
from tests.support.checkpoints import byte_tokenizer

FEW = TrainingSchedule(steps=6, batch=2, muon=0.0, adam=1e-3, warmup=2, hold=0.3, seed=3)
SHOP = "A pen costs 3 and a book costs 12. Ann buys 2 pens and a book. What does she pay?"
STEPS = ["2 pens cost 2 * 3 = 6.", "Together that is 6 + 12 = 18.", "The answer is 18."]
HINTS = ["multiply 2 by the price of a pen.", "add the price of the book.", "give the answer."]
LESSON = HintedSolution("shop", SHOP, "18", tuple(STEPS), tuple(HINTS))


@pytest.fixture(scope="module")
def lab_tokenizer():
    return build_tokenizer()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory, lab_tokenizer):
    """A tiny model that knows the lab's words and nothing else."""
    folder = tmp_path_factory.mktemp("models") / "teacher"
    new_model(lab_tokenizer, hidden=32, layers=1, seed=1).save_pretrained(folder)
    lab_tokenizer.save_pretrained(folder)
    return folder


def write(path, rows):
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return str(path)


@pytest.mark.parametrize("with_errors", [False, True])
def test_lab_lessons_hold_the_exact_hints_and_no_leak(with_errors):
    rng, seen = random.Random(3), set()
    for problem in problems("train", range(1, 9), n=60, seed=3):
        solution = hinted_lab_solution(rng, problem, with_errors=with_errors)
        assert len(solution.hints) == len(solution.steps) and solution.steps[-1].startswith("The answer")
        for i, hint in enumerate(solution.hints):
            assert hint == next_hint(problem, solution.steps[:i])
            assert not leaks(hint, solution.question, solution.steps[:i])
            seen.add(hint.split()[0])
    assert ("check" in seen) == with_errors


BAD = [
    ("add 3 and 3, which is 6.", 0),
    ("the answer is 18.", 1),
    (r"it is \boxed{18}.", 2),
    ("use 18.", 2),
    ("it comes to eighteen.", 0),
    ("so " * 26, 0),
    ("", 0),
]


@pytest.mark.parametrize(("hint", "at"), BAD)
def test_a_hint_that_says_too_much_is_not_taught(tmp_path, hint, at):
    hints = [*HINTS[:at], hint, *HINTS[at + 1 :]]
    (solution,) = read_solutions(write(tmp_path / "a.jsonl", [{"question": SHOP, "steps": STEPS, "hints": hints}]))
    assert solution.answer == "18"
    assert solution.hints == tuple(None if i == at else told for i, told in enumerate(HINTS))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"question": SHOP}, "line 2: no steps"),
        ({"question": SHOP, "steps": ["", "x"]}, "line 2: no steps"),
        ({"question": SHOP, "steps": STEPS, "hints": ["one"]}, "line 2: 3 steps need a list of 3 hints"),
        ({"steps": STEPS}, "line 2: no question"),
        ([1], "line 2: no steps"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path, row, words):
    file = write(tmp_path / "a.jsonl", [{"question": SHOP, "steps": STEPS}, row])
    with pytest.raises(UsageError, match=words):
        read_solutions(file)


def test_off_track_lessons_hold_a_wrong_step_and_the_hint_to_check_it():
    rng = random.Random(1)
    for _ in range(20):
        solution = insert_wrong_step(rng, LESSON)
        k = solution.hints.index(CHECK_HINT)
        assert solution.steps == (*STEPS[:k][:-1], solution.steps[k - 1], *STEPS[k - 1 :])
        assert solution.steps[k - 1] != STEPS[k - 1] and solution.steps[k] == STEPS[k - 1]
        assert [hint for hint in solution.hints if hint != CHECK_HINT][-2:] == HINTS[1:]


def test_no_problem_is_on_both_sides(tmp_path):
    lab = [as_row(problem) for problem in problems("train", n=80, seed=1)]
    solutions = read_solutions(write(tmp_path / "a.jsonl", lab))
    kept, learned = ([x for x in solutions if held_out(x.question) == side] for side in (True, False))
    assert 0 < len(kept) < len(learned)
    check_disjoint(learned, as_cases(kept))
    check_disjoint(from_lab("lab:train?n=50", 0.0)[0], read_cases("lab:test?n=50"))
    again = replace(learned[0], id="other", question=learned[0].question + " ")
    with pytest.raises(UsageError, match="1 of 1 test problems are among the training problems"):
        check_disjoint(learned, as_cases([again]))
    assert problem_key("Ann has  2.") == problem_key("ann has 2.")


def test_a_lab_problem_with_other_names_is_the_same_problem():
    one = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
    two = "(1) Eva has 4 shells. (2) Noah gets 3 more shells than Eva. How many shells does Noah have?"
    assert problem_key(one) == problem_key(two) != problem_key(one.replace("3 more", "5 more"))


def learned_texts(row, tokenizer):
    """The texts of the runs of learned tokens."""
    runs, texts = [], []
    for token, label in zip(row.ids, row.labels, strict=True):
        assert label in (token, IGNORED)
        runs.append(None if label == IGNORED else token)
    for place, token in enumerate(runs):
        if token is not None:
            texts = [*texts, [token]] if place == 0 or runs[place - 1] is None else [*texts[:-1], [*texts[-1], token]]
    return [tokenizer.decode(tokens).strip() for tokens in texts]


def test_the_loss_counts_the_tokens_of_hints_only(lab_tokenizer):
    rng = random.Random(2)
    for problem in problems("train", range(1, 7), n=20, seed=4):
        solution = hinted_lab_solution(rng, problem, with_errors=True)
        row = plain_text_row(rng, solution, lab_tokenizer)
        texts, hints = learned_texts(row, lab_tokenizer), iter(solution.hints)
        assert texts and all(any(text == told for told in hints) for text in texts)  # in order, none but hints
        assert lab_tokenizer.unk_token_id not in row.ids


def test_a_row_is_what_the_hinter_is_asked_and_answers(lab_tokenizer, monkeypatch):
    monkeypatch.setattr(rows_module, "EXTRA_HINT_RATE", 0.0)  # one hint a row
    rng = random.Random(5)
    for problem in problems("train", range(1, 7), n=10, seed=4):
        solution = hinted_lab_solution(rng, problem, with_errors=False)
        row = plain_text_row(rng, solution, lab_tokenizer)
        (text,) = learned_texts(row, lab_tokenizer)
        start = next(i for i, label in enumerate(row.labels) if label != IGNORED)
        history = path_of(solution.question, solution.steps[: solution.hints.index(text)])
        assert row.ids[:start] == encode(lab_tokenizer, PLAIN.hint(solution.question, history))


def test_in_a_conversation_the_row_is_the_question_for_a_hint_and_the_hint():
    tokenizer, rng = byte_tokenizer(), random.Random(1)
    for _ in range(5):
        row = chat_row(rng, LESSON, tokenizer)
        (text,) = learned_texts(row, tokenizer)
        i = HINTS.index(text.removesuffix("<|im_end|>"))
        prompt = encode(tokenizer, CHAT.hint(SHOP, path_of(SHOP, STEPS[:i])))
        assert row.ids[: len(prompt)] == prompt and row.labels[: len(prompt)] == [IGNORED] * len(prompt)
        assert row.labels[len(prompt) :] == row.ids[len(prompt) :] and row.ids[-1] == tokenizer.eos_token_id
    assert draw_hint_rows(draw_from([LESSON], 0.0), tokenizer)(rng, 0).ids[-1] == tokenizer.eos_token_id


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
def test_a_killed_training_ends_with_the_weights_of_an_unbroken_one(tmp_path, tiny, monkeypatch, lora):
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


def test_the_shipped_hinter_is_made_on_the_same_way(tmp_path, tiny, monkeypatch):
    (tmp_path / "teacher").symlink_to(tiny)
    monkeypatch.setattr(recipes, "HINTER_SCHEDULE", TrainingSchedule(steps=2, batch=2, muon=0.012, adam=6e-4, warmup=1))
    pipeline.hinter(tmp_path, None)
    assert (tmp_path / "hinter" / MANIFEST).is_file()
    assert json.loads((tmp_path / "hinter" / "training.json").read_text())["schedule"]["muon"] == 0.012
    tune(recipes.draw_hinted_solution, str(tiny), recipes.HINTER_SCHEDULE, tmp_path / "again", "hinter")
    one, other = weights(tmp_path / "hinter"), weights(tmp_path / "again" / "hinter")
    assert all(torch.equal(one[name], other[name]) for name in one)


class Saying:
    """A teacher that says something else for every next step."""

    chat, parameters = True, 7

    def __init__(self):
        self.requests = []

    def generate(self, requests):
        self.requests += requests
        texts = ["Hint: get 18." if f"Next step:\n{STEPS[1]}" in r.prompt.user else "use the prices." for r in requests]
        return [Completion(text, "stop", (0.5,), (0.1,), Usage(1, 9, 9, 1)) for text in texts]


def test_a_teacher_writes_the_hints_that_are_missing_and_goes_on_after_a_break(tmp_path):
    solutions = [replace(LESSON, id=f"p{i}", hints=(HINTS[0], None, None)) for i in range(3)]
    whole = annotate(solutions, Saying(), tmp_path / "whole.jsonl")
    assert [solution.hints for solution in whole] == [(HINTS[0], None, "use the prices.")] * 3  # "get 18" gives it away
    first, second, _ = (tmp_path / "whole.jsonl").read_text().splitlines()
    (tmp_path / "broken.jsonl").write_text(f"{first}\n{second[:30]}")
    teacher = Saying()
    assert annotate(solutions, teacher, tmp_path / "broken.jsonl") == whole
    assert len(teacher.requests) == 4
    assert (tmp_path / "broken.jsonl").read_text() == (tmp_path / "whole.jsonl").read_text()
    assert all(STEPS[1] in r.prompt.user or STEPS[2] in r.prompt.user for r in teacher.requests)


def test_a_hinter_is_trained_measured_and_not_trained_twice(tmp_path, tiny, monkeypatch):
    solved = [as_row(problem) for problem in problems("train", range(2, 4), n=30, seed=2)]
    file = write(tmp_path / "solved.jsonl", solved)
    options = HinterOptions(file, str(tiny), tmp_path / "out", FEW, test="lab:test?n=2&steps=1")
    figures = train_hinter(options)
    arms = figures["arms"]
    assert list(arms) == ["reasoner alone", "tuned hinter", "un-tuned hinter", "shuffled hints", "hinter alone"]
    assert figures["lessons"]["steps"] >= figures["lessons"]["hints"] > 30 == figures["lessons"]["solutions"]
    for arm in arms.values():
        assert 0 <= arm["right"]["low"] <= arm["right"]["value"] <= arm["right"]["high"] <= 1
        gain = arm["right"]["value"] - arms["reasoner alone"]["right"]["value"]
        assert arm["gain"]["value"] == pytest.approx(gain, abs=1e-3)
    assert arms["tuned hinter"]["hints"] > 0 and 0 <= arms["tuned hinter"]["leaked"]["value"] <= 1
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == json.loads(json.dumps(figures))
    made = (tmp_path / "out" / "hinter" / "model.safetensors").stat().st_mtime_ns
    monkeypatch.setattr(run_module, "evaluate_hinter", lambda *_: arms)  # it takes the longest, and has been looked at
    assert train_hinter(options) == figures
    assert (tmp_path / "out" / "hinter" / "model.safetensors").stat().st_mtime_ns == made
    with pytest.raises(UsageError, match=r"holds a run with with_errors=0\.3"):
        train_hinter(replace(options, with_errors=0.5))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (["lab:train?n=3&seed=5", "--test", "lab:train?n=3&seed=5"], "3 of 3 test problems are among"),
        (["lab:train?n=3", "--with-errors", "1.5"], "with_errors=1.5 is not a share from 0 to 1"),
        (["lab:train?n=3", "--rate", "nan"], "rate=nan is not a learning rate"),
        (["nosuch.jsonl"], "nosuch.jsonl: no such file"),
        (["lab:train?n=3", "--model", "embedded:nosuch"], "no shipped model 'embedded:nosuch'"),
        (["lab:train?n=3", "--steps", "0"], "'0' is not a whole number of at least 1"),
    ],
)
def test_bad_input_is_one_line(tmp_path, capsys, told, words):
    assert main(["train", "hinter", *told, "--out", str(tmp_path / "out")]) == 2
    out, error = capsys.readouterr()
    assert words in error and error.count("\n") == 1 and out == ""


def test_solutions_without_hints_need_a_teacher(tmp_path, capsys):
    file = write(tmp_path / "a.jsonl", [{"question": SHOP, "steps": STEPS}])
    assert main(["train", "hinter", file, "--out", str(tmp_path / "out")]) == 2
    assert "no row has hints; name a --teacher" in capsys.readouterr().err
