"""A store whose files are cut off, as after a power loss, on a full disk, and on one that may not be written."""

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from hintree.cli import main
from hintree.errors import DamagedStoreError, UsageError
from hintree.experiments.study.losses import Loss
from hintree.experiments.study.merge import merge
from hintree.experiments.study.store import FILE, Store
from hintree.experiments.study.store_rows import pack_tree
from hintree.experiments.study.store_study import key_of
from tests.support.disks import fill, small_disk
from tests.support.stores import cases, grown, result, study

ROOT = Path(__file__).parents[3]
NAMES = [f"p{i}" for i in range(12)]
KEYS = [key_of(case.id, case.question) for case in cases(NAMES)]
NOT_MOUNTED = "no file system can be mounted here"
TAIL = 4096
"""Bytes at the end of a file, at each of which it is cut off."""


def row(key):
    return result("a", key), pack_tree(grown(key))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Copies of the store's file and its log after each result, which was acknowledged, was written."""
    folder, states = tmp_path_factory.mktemp("written"), []
    with Store.create(folder, study(), cases(NAMES), versions={}, hardware={}) as store:
        for key in KEYS:
            store.add([row(key)])
            states.append(((folder / FILE).read_bytes(), (folder / f"{FILE}-wal").read_bytes()))
    return states


def reopened(folder, file, log):
    """The problems of the results in a store of these files, and whether opening it warned."""
    folder.mkdir(exist_ok=True)
    (folder / f"{FILE}-shm").unlink(missing_ok=True)
    (folder / FILE).write_bytes(file)
    (folder / f"{FILE}-wal").write_bytes(log)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with Store.open(folder, write=True) as store:
            return {r.problem for r in store.results()}, ["cut off" in str(w.message) for w in told]


def check_cuts(tmp_path, written, cuts):
    file, log = written[-1]
    ends = [len(log) for _, log in written]
    assert len(set(ends)) == len(ends) and len(log) - TAIL > ends[-2]
    for cut in cuts:
        found, told = reopened(tmp_path / "run", file, log[: len(log) - cut])
        whole = [key for key, end in zip(KEYS, ends, strict=True) if end <= len(log) - cut]
        assert found == set(whole) and len(whole) >= len(KEYS) - 1, cut
        assert told == ([True] if len(log) - cut not in ends else []), cut


def test_a_store_whose_log_is_cut_off_lacks_the_last_result_at_most_and_says_so(tmp_path, written):
    check_cuts(tmp_path, written, (0, 1, 23, 24, 25, 1000, TAIL - 1, TAIL))


@pytest.mark.slow
def test_a_log_cut_at_every_byte_of_the_last_4_kb(tmp_path, written):
    check_cuts(tmp_path, written, range(TAIL + 1))


@pytest.mark.slow
def test_a_file_cut_at_every_byte_of_the_last_4_kb_is_refused_and_its_rows_are_saved(tmp_path, written):
    """A file that is closed has no log; power loss does not cut it, but a copy may end early."""
    folder, saved = tmp_path / "run", []
    reopened(folder, *written[-1])
    whole = (folder / FILE).read_bytes()
    assert not (folder / f"{FILE}-wal").exists()
    for cut in range(1, TAIL + 1):
        (folder / FILE).write_bytes(whole[: len(whole) - cut])
        with pytest.raises(DamagedStoreError, match="hintree merge"), Store.open(folder) as store:
            list(store.results())
        if cut % 512 == 1:
            merge([folder], tmp_path / f"saved {cut}")
            with Store.open(tmp_path / f"saved {cut}") as store:
                saved.append([r.problem for r in store.results()])
    assert len(saved) == 8 and all(set(found) < set(KEYS) for found in saved)


def test_a_full_disk_keeps_what_was_acknowledged_and_the_study_goes_on_when_there_is_room(tmp_path):
    disk, kept = tmp_path / "disk", []
    with small_disk(disk, 2**20) as mounted:
        if not mounted:
            pytest.skip(NOT_MOUNTED)
        with Store.create(disk / "run", study(), cases(NAMES), versions={}, hardware={}) as store:
            store.add([row(KEYS[0])], losses=[Loss("killed", "a")])
            fill(disk / "filler")
            with pytest.raises(UsageError, match=r"disk is full.*--resume"):
                for key in KEYS[1:]:
                    kept.append(key)
                    store.add([(row(key)[0], os.urandom(50_000))])
        kept = [KEYS[0], *kept[:-1]]
        with Store.open(disk / "run") as store:  # reading needs no room
            assert [r.problem for r in store.results()] == kept
        (disk / "filler").unlink()
        with Store.open(disk / "run", write=True) as store:
            store.add([row(key) for key in KEYS if key not in kept])
            assert [r.problem for r in store.results()] == KEYS and store.losses() == {Loss("killed", "a"): 1}


COMMANDS = {
    "run": ["run", "{source}/s.yaml", "--out", "{disk}/new"],
    "merge": ["merge", "{source}/run", "--out", "{disk}/new"],
    "report": ["report", "{source}/run", "--out", "{disk}/report"],
    "view of a run": ["view", "{source}/run", "--to", "{disk}/pages"],
    "export of a run": ["export", "{source}/run", "--to", "{disk}/prm.jsonl"],
    "tree": ["solve", "--preset", "greedy", "{question}", "--tree", "{disk}/tree.json"],
    "record": ["solve", "--preset", "greedy", "{question}", "--record", "{disk}/record"],
}
QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A folder with a small study and its run."""
    folder = tmp_path_factory.mktemp("source")
    (folder / "s.yaml").write_text("problems: lab:test?n=2&steps=2\narms: {a: greedy, b: beam}\n")
    assert main(["run", str(folder / "s.yaml"), "--out", str(folder / "run")]) == 0
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["full", "read-only"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_writes_says_in_one_line_that_it_cannot(command, kind, source, tmp_path, capfd):
    disk = tmp_path / "disk"
    words = {"source": str(source), "disk": str(disk), "question": QUESTION}
    with small_disk(disk, 65536) as mounted:
        if not mounted:
            pytest.skip(NOT_MOUNTED)
        if kind == "full":
            fill(disk / "filler")
        else:
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        capfd.readouterr()
        assert main([part.format(**words) for part in COMMANDS[command]]) == 2
        lines = capfd.readouterr().err.replace("\r", "\n").splitlines()
        assert len([line for line in lines if line.startswith("hintree: error: ")]) == 1, lines
        assert not [line for line in lines if "Traceback" in line]
        assert {path.name for path in disk.rglob("*.part")} == set()


FAILING = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
static int left = -1;
static int call(const char *name, int file) {
    if (left < 0) left = atoi(getenv("SYNCS"));
    if (left == 0) { errno = EIO; return -1; }
    left--;
    return ((int (*)(int)) dlsym(RTLD_NEXT, name))(file);
}
int fsync(int file) { return call("fsync", file); }
int fdatasync(int file) { return call("fdatasync", file); }
"""
"""A library whose ``fsync`` fails after some calls, as on a disk that breaks."""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("cc"), reason="needs a compiler of C")
@pytest.mark.parametrize("syncs", [0, 3, 6])
def test_a_study_on_a_disk_that_fails_ends_with_one_line_and_goes_on_on_a_sound_one(syncs, source, tmp_path):
    (tmp_path / "failing.c").write_text(FAILING)
    library = tmp_path / "failing.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "failing.c", "-ldl"], check=True)
    command = [sys.executable, "-m", "hintree", "run", source / "s.yaml", "--out", tmp_path / "run", "--live", "1"]
    environment = os.environ | {"LD_PRELOAD": str(library), "SYNCS": str(syncs)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT)
    errors = [line for line in done.stderr.splitlines() if line.startswith("hintree: error: ")]
    assert (done.returncode, len(errors)) == (2, 1) and "disk I/O error" in errors[0], done.stderr
    assert "Traceback" not in done.stderr
    assert main([*map(str, command[3:]), "--resume"]) == 0
    assert (tmp_path / "run" / "results.csv").read_bytes() == (source / "run" / "results.csv").read_bytes()


def test_output_that_nobody_can_take_is_one_line():
    if not Path("/dev/full").exists():
        pytest.skip("this system has no full device")
    done = subprocess.run(
        f"{sys.executable} -m hintree presets > /dev/full", shell=True, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith("hintree: error: a file: cannot be written or read: No space left on device; make")
