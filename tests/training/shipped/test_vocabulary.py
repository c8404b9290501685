import random

import pytest

from hintree.lab import FAMILIES, problems
from hintree.lab.difficulty import WIDE
from hintree.lab.families import relations, sharing, shopping, wording
from hintree.lab.inject_error import inject_error
from hintree.lab.oracle import next_hint, next_step
from hintree.lab.problem import gold, write_hint
from hintree.training.shipped.vocabulary import build_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer()


def encode(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False)


def lab_texts(family, n):
    rng = random.Random(1)
    for split in ("train", "test"):
        for problem in problems(split, range(1, 11), n=n, seed=8, families=(family,), difficulty=WIDE):
            hints, steps = zip(*gold(problem), strict=True)
            history = inject_error(rng, problem, steps[: rng.randrange(len(steps))])
            yield problem.question
            yield "\n".join([problem.question, *steps])
            yield "\n".join([*history, f"Hint: {next_hint(problem, history)}", next_step(problem, history)])
            yield from hints
            yield from (write_hint(fact, problem.names, again=True) for fact in problem.facts)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_lab_text_survives_encode_and_decode(tokenizer, family):
    for text in lab_texts(family, 60):
        ids = encode(tokenizer, text)
        assert tokenizer.unk_token_id not in ids, text
        assert tokenizer.decode(ids) == text


def test_every_name_and_thing_of_the_lab_is_a_word(tokenizer):
    plurals = [f"{thing}s" for thing in (*shopping.GOODS, *sharing.VESSELS)]
    words = [*wording.NAMES, *relations.ITEMS, *shopping.GOODS, *sharing.SWEETS, *sharing.VESSELS, *plurals]
    for word in [*words, *wording.TIMES.values(), *wording.PART.values()]:
        assert tokenizer.unk_token_id not in encode(tokenizer, word), word


@pytest.mark.parametrize("family", FAMILIES)
def test_every_wording_is_made_of_words(tokenizer, family):
    fields = dict(
        A="pen",
        B="cup",
        C="hat",
        P="Ana",
        item="pens",
        k=2,
        m=6,
        d=3,
        e=2,
        times="twice",
        part="half",
        multiplies="doubles",
    )
    for one in FAMILIES[family].wordings:
        assert tokenizer.unk_token_id not in encode(tokenizer, one.text.format(**fields)), one


def test_every_number_and_label_is_one_token_of_its_own(tokenizer):
    pieces = [*map(str, range(200)), *(f"({i})" for i in range(1, 29))]
    ids = [encode(tokenizer, piece) for piece in pieces]
    assert all(len(one) == 1 for one in ids)
    assert len({one[0] for one in ids} - {tokenizer.unk_token_id}) == 228


@pytest.mark.parametrize(
    "text",
    ["A train leaves Paris at noon.", "Ana has 200 pens.", "(29) Ana has 4 pens.", "Ana has 4 pens & cards.", "Заяц"],
)
def test_a_foreign_sentence_has_an_unknown_word(tokenizer, text):
    assert tokenizer.unk_token_id in encode(tokenizer, text)


def test_a_prompt_begins_with_bos_and_does_not_end(tokenizer):
    ids = tokenizer.encode("Ana has 4 pens.")
    assert ids == [tokenizer.bos_token_id, *encode(tokenizer, "Ana has 4 pens.")]
    assert len({tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.unk_token_id}) == 4
