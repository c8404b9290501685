"""Recordings on a full disk, cut at any byte, damaged, and made by strangers: no wrong response, nothing else lost."""

import errno
import json
import logging
import os
import resource

import pytest

from hintree.errors import UsageError
from hintree.search import Beam
from hintree.solver.recording import Recording
from tests.support.recorded_runs import run_all, texts
from tests.support.scripted import handlers, random_roles

SEARCH = Beam(2, 2, depth=4)


@pytest.fixture(scope="module")
def whole():
    return texts(run_all(handlers(random_roles()), SEARCH))


@pytest.fixture
def recorded(tmp_path, whole):
    assert texts(run_all(Recording(tmp_path / "r").wrap(handlers(random_roles())), SEARCH)) == whole
    return tmp_path / "r"


def asked(roles):
    return sum(len(who.requests()) for who in roles.values())


def test_a_file_that_cannot_grow_keeps_what_it_holds_and_can_be_resumed(recorded, whole):
    data = recorded.read_bytes()
    recorded.write_bytes(data[: data.index(b"\n", len(data) // 2) + 1])
    roles, (soft, hard) = random_roles(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(data) - 40, hard))
    try:
        ends = [str(run.stop_reason) for run in run_all(Recording(recorded).wrap(handlers(roles)), SEARCH).values()]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert any("cannot be written" in end and "resumed" in end for end in ends)
    kept = recorded.read_bytes()
    assert data.startswith(kept) and kept.endswith(b"\n") and len(data) // 2 < len(kept) < len(data)
    assert texts(run_all(Recording(recorded).wrap(handlers(random_roles())), SEARCH)) == whole
    assert recorded.read_bytes() == data


def test_every_response_is_synced_and_after_a_failing_disk_the_recording_goes_on(tmp_path, whole, monkeypatch):
    file, synced = tmp_path / "r", []

    def fsync(_):
        synced.append(file.read_bytes())
        if len(synced) > 5:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", fsync)
        runs = run_all(Recording(file).wrap(handlers(random_roles())), SEARCH)
        ends = [str(run.stop_reason) for run in runs.values()]
    assert any("cannot be written (Input/output error)" in end and "resumed" in end for end in ends)
    assert file.read_bytes() == synced[4]
    assert texts(run_all(Recording(file).wrap(handlers(random_roles())), SEARCH)) == whole


def test_a_full_device_is_one_clear_error():
    with pytest.raises(UsageError, match="/dev/full cannot be read or written"):
        Recording("/dev/full")


def test_a_file_cut_at_any_byte_opens_and_lacks_its_last_line_at_most(tmp_path, caplog):
    recorded = tmp_path / "r"
    run_all(Recording(recorded).wrap(handlers(random_roles())), SEARCH, count=1)
    data = recorded.read_bytes()
    start = max(data.index(b"\n") + 1, len(data) - 4096)
    assert len(data) - start > 1000
    for cut in (*range(start, len(data) - 300, 13), *range(len(data) - 300, len(data))):
        recorded.write_bytes(data[:cut])
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            found = Recording(recorded)
        assert len(found.answers) + len(found.parameters) == data[:cut].count(b"\n") - 1
        assert recorded.read_bytes() == data[: data[:cut].rfind(b"\n") + 1]
        assert bool(caplog.records) == (data[cut - 1 : cut] != b"\n")


DAMAGE = {
    "not JSON": lambda row: "{",
    "nested": lambda row: "[" * 100_000,
    "not UTF-8": lambda row: b'{"key": "\xff", "answer": []}',
    "no object": lambda row: "[1]",
    "null": lambda row: json.dumps(row | {"answer": None}),
    "long count": lambda row: json.dumps(row | {"answer": [row["answer"][0], 1, 10**400, 1, 1]}),
    "negative count": lambda row: json.dumps(row | {"answer": [row["answer"][0], 1, -5, 1, 1]}),
    "text as count": lambda row: json.dumps(row | {"answer": [row["answer"][0], 1, "5", 1, 1]}),
    "no value": lambda row: json.dumps(row | {"answer": []}),
    "value of a stranger": lambda row: json.dumps(row | {"answer": [{"__class__": "os.system"}, 1, 1, 1, 1]}),
    "list of a stranger": lambda row: json.dumps(row | {"answer": [["x"] * 99, 1, 1, 1, 1]}),
    "two texts joined": lambda row: json.dumps(row)[:30] + json.dumps(row),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_lines_are_left_out_with_a_warning_and_asked_again(kind, recorded, whole, caplog):
    lines = recorded.read_bytes().splitlines()
    at = next(i for i, line in enumerate(lines) if i > 6 and b'"key"' in line and b"[[" in line)
    bad = DAMAGE[kind](json.loads(lines[at]))
    lines[at] = bad if isinstance(bad, bytes) else bad.encode()
    recorded.write_bytes(b"\n".join(lines) + b"\n")
    roles = random_roles()
    with caplog.at_level(logging.WARNING):
        assert texts(run_all(Recording(recorded).wrap(handlers(roles)), SEARCH)) == whole
    assert asked(roles) == 1 and "left out" in caplog.text


@pytest.mark.parametrize("parameters", ["10" * 200, "-1", "1.5", '"7"', "null", "true"])
def test_a_role_of_a_stranger_is_left_out(parameters, recorded, whole):
    with recorded.open("a") as file:
        file.write(f'{{"role": "reasoner", "parameters": {parameters}}}\n')
    assert texts(run_all(Recording(recorded).wrap({}), SEARCH)) == whole
