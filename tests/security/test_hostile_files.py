"""Hostile files of strangers: each is refused in one line, and nothing outside its folder is opened or run."""

import faulthandler
import random
import sys

import pytest

from hintree.cli import main
from tests.support.hostile_files import OUTSIDE, hostile_files, makers
from tests.support.hostile_run import MEGABYTES, Watch, is_one_error, open_all, warm_up

EXPENSIVE = ("millions", "endless", "quote", "template", "many steps", "longer than", "base 60", "prm.yaml")
"""Words of shapes that cost more than a tenth of a second."""
GUARD = 300
"""Seconds after which a file is taken to hang."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs inotify and fork")


@pytest.fixture
def guard():
    faulthandler.dump_traceback_later(GUARD, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@linux
def test_two_files_of_each_kind_are_refused_in_one_line(tmp_path, guard, capsys):
    shapes = [pair for pair in sorted(makers()) if not any(word in " ".join(pair) for word in EXPENSIVE)]
    random.Random(4).shuffle(shapes)
    kinds = {kind for kind, _ in shapes}
    chosen = [pair for kind in sorted(kinds) for pair in [one for one in shapes if one[0] == kind][:2]]
    assert len(kinds) >= 15 and len(chosen) >= 28
    complaints = []
    for file in hostile_files(tmp_path, 0, len(chosen), chosen):
        with Watch(tmp_path / OUTSIDE) as watch:
            code = main(file.command)
        lines = capsys.readouterr().err.splitlines()
        if code != 2 or not is_one_error(lines) or watch.opened:
            complaints.append((file.kind, file.shape, code, lines, watch.opened))
    assert not complaints
    assert not (tmp_path / OUTSIDE / "pwned").exists()


@linux
@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_200_files_of_all_kinds_are_refused_in_one_line_within_300_megabytes(seed, tmp_path):
    warm_up()
    outcomes = list(open_all(hostile_files(tmp_path, seed, max(200, len(makers()))), tmp_path / OUTSIDE))
    assert len(outcomes) >= 200 and {(one.file.kind, one.file.shape) for one in outcomes} == set(makers())
    assert not [(one.file.kind, one.file.shape, one.complaint()) for one in outcomes if one.complaint()]
    assert max(one.megabytes for one in outcomes) < MEGABYTES
    assert not (tmp_path / OUTSIDE / "pwned").exists()
