"""Damaged headers end in one line that says what to do, soon and without reading beyond the file."""

import random
import time

import pytest

from hintree.errors import CheckpointError
from hintree.models import load_model
from hintree.models.local.gguf import check_storage
from hintree.models.local.gguf_config import read_config
from hintree.models.local.gguf_header import MAGIC, read_header
from hintree.models.local.gguf_tokenizer import read_tokenizer
from tests.support.tiny_gguf import write_gguf


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    file = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    write_gguf(file)
    return file.read_bytes(), read_header(file, "tiny").tensors[0].offset


def refusal(file, data):
    """The message about a file of these bytes; None if all that precedes the weights is accepted."""
    file.write_bytes(data)
    started = time.monotonic()
    try:
        header = read_header(file, "m")
        check_storage(header, "m")
        read_config(header, "m")
        read_tokenizer(header, "m")
    except CheckpointError as error:
        return str(error)
    finally:
        assert time.monotonic() - started < 20
    return None


def test_a_file_that_ends_too_early(content, tmp_path):
    data, start = content
    sizes = [*range(0, start, max(1, start // 150)), start, start + 1, len(data) // 2, len(data) - 33]
    messages = [refusal(tmp_path / "m.gguf", data[:size]) for size in sizes]
    assert len(messages) > 150
    assert all(text and "truncated" in text and "\n" not in text for text in messages), messages
    with pytest.raises(CheckpointError, match="truncated"):
        load_model(str(tmp_path / "m.gguf"))


def test_bytes_that_changed_in_the_header(content, tmp_path):
    data, start = content
    draw = random.Random(0)
    messages = []
    for _ in range(150):
        changed = bytearray(data)
        for _ in range(draw.choice((1, 1, 8))):
            changed[draw.randrange(start)] = draw.choice((0, 1, 9, 127, 255, draw.randrange(256)))
        messages.append(refusal(tmp_path / "m.gguf", bytes(changed)))
    assert sum(text is not None for text in messages) > 30
    assert all("\n" not in text for text in messages if text is not None)


@pytest.mark.parametrize(
    ("at", "word"),
    [
        (4, "GGUF version"),
        (8, "entries"),
        (16, "entries"),
        (24, "the file ends inside its header"),
    ],
)
def test_counts_beyond_the_file(at, word, content, tmp_path):
    data, _ = content
    huge = data[:at] + b"\xff" * 4 + data[at + 4 :]
    assert word in refusal(tmp_path / "m.gguf", huge)


def header_of(value):
    """A header of one pair, whose value is these bytes."""
    key = b"general.name"
    return (
        MAGIC
        + (3).to_bytes(4, "little")
        + bytes(8)
        + (1).to_bytes(8, "little")
        + len(key).to_bytes(8, "little")
        + key
        + value
    )


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ((9).to_bytes(4, "little") + (8).to_bytes(4, "little") + (2**40).to_bytes(8, "little"), "strings"),
        ((9).to_bytes(4, "little") + (4).to_bytes(4, "little") + (2**60).to_bytes(8, "little"), "ends inside"),
        (
            (9).to_bytes(4, "little") + (9).to_bytes(4, "little") + (1).to_bytes(8, "little"),
            "array of values of type 9",
        ),
        ((77).to_bytes(4, "little"), "type 77"),
    ],
)
def test_values_that_no_file_can_hold(value, word, tmp_path):
    assert word in refusal(tmp_path / "m.gguf", header_of(value) + bytes(64))
