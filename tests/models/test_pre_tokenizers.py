"""Expressions of well-known tokenizers take linear time; tokenizers with others run in a process that is ended."""

import json
import os
import signal

import pytest
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer

from hintree.errors import CheckpointError
from hintree.models.local import tokenizer_child
from hintree.models.local.coding import coded, process_of, texts_of
from hintree.models.local.folder import HOME
from hintree.models.local.load import EMBEDDED
from hintree.models.local.pre_tokenizers import KNOWN, LAB
from hintree.models.local.quick_tokenizers import is_quick
from hintree.models.local.text import raw, unknown_words
from hintree.models.local.tokenizer_child import TRIES, TokenizerProcess
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


def test_parts_that_may_take_long_run_in_another_process():
    long = "a" * 600
    words = Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1}, max_input_chars_per_word=10**6))
    added, template = Tokenizer(models.WordLevel({"a": 0}, "a")), Tokenizer(models.WordLevel({"a": 0}, "a"))
    added.add_tokens([long])
    template.post_processor = processors.TemplateProcessing(single="$A" + " a" * 10_000, special_tokens=[("a", 0)])
    unigram = Tokenizer(models.Unigram([("a", 0.0), (long, 0.0)], 0))
    table = Tokenizer(models.WordLevel({"a": 0}, "a"))
    table.normalizer = normalizers.Precompiled(bytes(4 + 1024 + 1))
    prepended, grown = Tokenizer(models.WordLevel({"a": 0}, "a")), Tokenizer(models.WordLevel({"a": 0}, "a"))
    prepended.normalizer = normalizers.Prepend("p" * 100)
    grown.normalizer = normalizers.Replace("a", "c" * 60)
    grown.add_tokens([AddedToken("a" * 100, normalized=True)])
    affix = Tokenizer(models.WordPiece({"[UNK]": 0}, continuing_subword_prefix=long))
    writes = Tokenizer(models.WordLevel({"a": 0, long: 1}, "a"))
    split = with_split(EXPONENTIAL).backend_tokenizer
    slow = [split, words, added, template, unigram, table, prepended, grown, affix, writes]
    assert [is_quick(one) for one in slow] == [False] * 10
    assert is_quick(Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1})))
    for pattern in (f"(a|aa)+$|{LAB}", f"Hint:|{LAB}+", f"{'a:|' * 33}{LAB}"):
        assert not is_quick(with_split(pattern).backend_tokenizer), pattern


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
            there.truncation_side = own.truncation_side = "left" if pairs else "right"
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


REQUEST = {"special": False, "split": False, "longest": None}


@pytest.fixture
def process():
    words = models.WordPiece({"[UNK]": 0, "a": 1, "##a": 2}, max_input_chars_per_word=10**9)
    found = TokenizerProcess(Tokenizer(words).to_str())
    yield found
    found.close()


def test_a_text_that_takes_too_long_ends_the_other_process_only(process):
    assert process.ask(REQUEST | {"texts": ["aa"]})["ids"] == [[1, 2]]
    for exceeded in (0, TRIES):
        process._exceeded = exceeded
        with pytest.raises(CheckpointError, match=r"takes too long at a text; change the text, or use a model from"):
            process.ask(REQUEST | {"texts": ["a" * 6000]})
    assert process.ask(REQUEST | {"texts": ["aaa"] * 2000})["ids"] == [[1, 2, 2]] * 2000  # long, and not slow


@pytest.mark.parametrize("started", [True, False])
def test_an_answer_that_nobody_waited_for_is_not_taken_for_the_next(started, process, monkeypatch):
    def interrupted(child, line):
        child.stdin.write(line)
        child.stdin.flush()
        raise KeyboardInterrupt

    if started:
        process.ask(REQUEST | {"texts": ["a"]})
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(tokenizer_child, "answer_of", interrupted)
        process.ask(REQUEST | {"texts": ["aaaa"]})
    assert process.ask(REQUEST | {"texts": ["aa"]})["ids"] == [[1, 2]]


def test_a_process_that_cannot_be_started_is_an_error_of_its_text(process, monkeypatch):
    def popen(*_args, **_kw):
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as full, pytest.raises(CheckpointError, match=r"no process can be started.*Too many"):
        full.setattr("subprocess.Popen", popen)
        process.ask(REQUEST | {"texts": ["a"]})
    assert process.ask(REQUEST | {"texts": ["aa"]})["ids"] == [[1, 2]]


def test_a_process_that_is_killed_from_outside_is_started_again(process):
    process.ask(REQUEST | {"texts": ["a"]})
    process._process.send_signal(signal.SIGINT)  # as Ctrl-C reaches all processes of a terminal
    assert process.ask(REQUEST | {"texts": ["aa"]})["ids"] == [[1, 2]]
    process._process.kill()
    process._process.wait()
    assert process.ask(REQUEST | {"texts": ["aaa"]})["ids"] == [[1, 2, 2]]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_starts_one_of_its_own(process):
    process.ask(REQUEST | {"texts": ["a"]})
    child = os.fork()
    if not child:
        right = process.ask(REQUEST | {"texts": ["aaa"]})["ids"] == [[1, 2, 2]]
        process.close()
        os._exit(0 if right else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert process.ask(REQUEST | {"texts": ["aa"]})["ids"] == [[1, 2]]


def test_a_tokenizer_that_cannot_be_opened_is_an_error_of_its_text():
    with pytest.raises(CheckpointError, match="ends the process that runs it"):
        TokenizerProcess("{").ask(REQUEST | {"texts": ["a"]})


def test_a_text_of_too_many_tokens_is_an_error():
    tokenizer = Tokenizer(models.WordLevel({"a": 0}, "a"))
    tokenizer.post_processor = processors.TemplateProcessing(single="$A" + " a" * 10_000, special_tokens=[("a", 0)])
    process = TokenizerProcess(tokenizer.to_str())
    with pytest.raises(CheckpointError, match="10001 tokens of 1 characters"):
        process.ask(REQUEST | {"special": True, "texts": ["a"]})
    process.close()


def test_a_panic_in_the_other_process_is_an_error_and_the_next_text_works():
    tokenizer = with_split("(a|aa)+$b")
    with pytest.raises(CheckpointError, match=r"the tokenizer fails at a text: .*retry-limit-in-match"):
        raw(tokenizer, "a" * 3000)
    assert len(raw(tokenizer, "abc")) == 3
    assert json.dumps(texts_of(tokenizer, [raw(tokenizer, "abc")])) == '["abc"]'
    process_of(tokenizer).close()
