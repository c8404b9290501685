import json
import random

import pytest

from hintree.lab import problems
from hintree.lab.checker import check_step
from hintree.models import load_model
from hintree.training.shipped.prm_rows import made_up, prm_row, write_drafts
from hintree.training.shipped.rows import IGNORED
from hintree.training.shipped.vocabulary import build_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer()


def encode(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False)


def test_prm_rows_have_the_format_of_trl(tokenizer):
    rng = random.Random(3)
    seen = set()
    for problem in problems("train", range(1, 9), n=40, seed=4):
        question, steps, meant = made_up(rng, problem)
        labels = [check_step(problem, steps[:i], step).right for i, step in enumerate(steps)]
        ids, marks = [tokenizer.bos_token_id], []
        ids += encode(tokenizer, question + "\n")
        marks += [IGNORED] * len(ids)
        for step, label in zip(steps, labels, strict=True):
            body = encode(tokenizer, step) + encode(tokenizer, "\n")
            ids += body
            marks += [None] * (len(body) - 1) + [1 if label else 0]
        row = prm_row(tokenizer, question, steps, meant)
        assert row.ids == ids
        assert all(want in (None, got) for want, got in zip(marks, row.labels, strict=True))
        seen |= {tuple(labels)}
    assert any(all(labels) for labels in seen) and not all(all(labels) for labels in seen)


def test_inside_a_step_a_prm_row_says_where_it_goes_wrong(tokenizer):
    step, meant = "(2) Ana has 4. 4 + 3 = 8. Ben has 8.", "(2) Ana has 4. 4 + 3 = 7. Ben has 7."
    row = prm_row(tokenizer, "How many?", [meant, step], [meant, meant])
    body = len(encode(tokenizer, step))
    start = len(row.ids) - body - 1
    wrong = encode(tokenizer, step).index(tokenizer.convert_tokens_to_ids("8"))
    assert row.labels[start:] == [1] * wrong + [0] * (body - wrong + 1)
    assert set(row.labels[start - body - 1 : start]) == {1}


def test_a_prm_row_needs_one_label_per_step(tokenizer):
    with pytest.raises(ValueError):
        prm_row(tokenizer, "How many?", ["The answer is 1."], [])


@pytest.mark.slow
def test_drafts_keep_the_temperatures_that_an_interrupted_run_has_done(tmp_path):
    (tmp_path / "drafts.0.4.jsonl").write_text('{"done": true}\n')
    write_drafts(tmp_path / "drafts.jsonl", load_model("embedded:student"), 3, seed=1)
    first, *rest = (json.loads(line) for line in (tmp_path / "drafts.jsonl").read_text().splitlines())
    assert first == {"done": True}
    assert [row["temperature"] for row in rest] == [0.7, 1.0]
    assert all(len(row["steps"]) == len(row["meant"]) > 0 for row in rest)
    assert [file.name for file in tmp_path.iterdir()] == ["drafts.jsonl"]
