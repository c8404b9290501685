"""Expressions of well-known tokenizers take linear time; tokenizers with others run in a process that is ended."""

import json
from pathlib import Path

import pytest
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer

from hintree.errors import CheckpointError
from hintree.models.local import tokenizer_process
from hintree.models.local.coding import TokenizerProcess, coded, may_be_slow, process_of, texts_of
from hintree.models.local.folder import HOME
from hintree.models.local.load import EMBEDDED
from hintree.models.local.pre_tokenizers import KNOWN, LAB
from hintree.models.local.text import raw, unknown_words
from hintree.training.shipped.vocabulary import PIECE
from tests.support.checkpoints import byte_tokenizer
from tests.support.growth import is_linear
from tests.support.shapes import UNITS, shape

MORE_UNITS = ("A", "Aa", "'s", "'", "\u00e9", "\u0301", "\u4e2d", "\t\n ", "  \n  a", "/", "\r", " !", "!\n ")
EXPONENTIAL = "(?:a|aa)+$"


def with_split(pattern):
    tokenizer = byte_tokenizer()
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    return tokenizer


@pytest.mark.parametrize("pattern", sorted({*KNOWN, LAB, PIECE}))
def test_known_expressions_are_linear(pattern):
    cut = pre_tokenizers.Split(Regex(pattern), "isolated")
    slow = [
        unit
        for unit in (*UNITS, *MORE_UNITS)
        if not is_linear(cut.pre_tokenize_str, lambda size, unit=unit: shape(unit, size), 20_000, bound=20e-6)
    ]
    assert slow == []


def test_a_tokenizer_with_known_expressions_runs_in_this_process():
    assert process_of(byte_tokenizer()) is None
    assert all(process_of(with_split(pattern)) is None for pattern in {*KNOWN, LAB, PIECE})
    shipped = [AutoTokenizer.from_pretrained(HOME / name) for name in EMBEDDED]
    assert [process_of(tokenizer) for tokenizer in shipped] == [None] * len(EMBEDDED)


def test_an_unknown_expression_or_endless_words_run_in_another_process():
    words = Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1}, max_input_chars_per_word=10**6))
    assert may_be_slow(with_split(EXPONENTIAL).backend_tokenizer) and may_be_slow(words)
    assert not may_be_slow(Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1})))
    for pattern in (f"(a|aa)+$|{LAB}", f"Hint:|{LAB}+", f"{'a:|' * 33}{LAB}"):
        assert may_be_slow(with_split(pattern).backend_tokenizer), pattern


@pytest.mark.parametrize("split", [None, True])
def test_the_other_process_gives_the_same_tokens_and_texts(split):
    here, there = byte_tokenizer(), with_split(r"\p{L}+x?|\s+")
    process = process_of(there)
    assert process
    texts = ["Tom has 3 apples.\n\n", "\u4e2d\U0001f600 <|im_start|>user", ""]
    for pairs in (None, ["a", "b", "c"]):
        for longest in (None, 5):
            settings = {"special": True, "split": split, "longest": longest, "offsets": True}
            own = there.__class__(tokenizer_object=Tokenizer.from_str(there.backend_tokenizer.to_str()))
            answer = coded(there, texts, pairs, **settings)
            found = own(
                texts,
                pairs,
                split_special_tokens=bool(split),
                truncation=longest is not None,
                max_length=longest,
                return_offsets_mapping=True,
            )
            assert (
                answer.ids == found["input_ids"]
                and [list(map(tuple, row)) for row in answer.offsets] == found["offset_mapping"]
            )
    ids = raw(here, texts[1])
    for control in (True, False):
        assert texts_of(there, [ids, []], control=control) == texts_of(here, [ids, []], control=control)
    assert unknown_words(there, "abc") == []
    process.close()


def test_a_text_that_takes_too_long_ends_the_other_process_only(tmp_path):
    quick = tmp_path / "tokenizer_process.py"
    source = Path(tokenizer_process.__file__).read_text(encoding="utf-8")
    quick.write_text(source.replace("CPU_SECONDS = 20", "CPU_SECONDS = 1"), encoding="utf-8")
    description = Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1, "##a": 2}, max_input_chars_per_word=10**9)).to_str()
    process = TokenizerProcess(description, program=quick)
    request = {"special": False, "split": False, "longest": None}
    assert process.ask(request | {"texts": ["aa"]})["ids"] == [[1, 2]]
    with pytest.raises(CheckpointError, match=r"exceeds its limits of .* CPU time"):
        process.ask(request | {"texts": ["a" * 100_000]})
    assert process.ask(request | {"texts": ["aaa"]})["ids"] == [[1, 2, 2]]
    process.close()


def test_a_panic_in_the_other_process_is_an_error_and_the_next_text_works():
    tokenizer = with_split("(a|aa)+$b")
    with pytest.raises(CheckpointError, match=r"the tokenizer fails at a text: .*retry-limit-in-match"):
        raw(tokenizer, "a" * 3000)
    assert len(raw(tokenizer, "abc")) == 3
    assert json.dumps(texts_of(tokenizer, [raw(tokenizer, "abc")])) == '["abc"]'
    process_of(tokenizer).close()
