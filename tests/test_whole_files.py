"""Files are written whole or not at all; what was there stays if the disk is full, read-only or away."""

import os
import resource
from types import SimpleNamespace

import pytest
import torch

from hintree.whole_files import cut_torn_line, full_disk_reported, write_whole


@pytest.fixture
def limited():
    """Let this process write no file beyond 1,000 bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_that_does_not_fit_leaves_the_old_one_and_no_draft(tmp_path, limited):
    file = tmp_path / "file"
    write_whole(file, "old")
    with pytest.raises(OSError, match="File too large"):
        write_whole(file, "x" * 2000)
    assert (file.read_text(), [path.name for path in tmp_path.iterdir()]) == ("old", ["file"])


def test_links_devices_and_rights_stay_what_they_are(tmp_path):
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old")
    file.chmod(0o640)
    link.symlink_to(file)
    write_whole(link, "new")
    write_whole(tmp_path / "fresh", b"\xff")
    write_whole(tmp_path / ("y" * 255), "")
    assert link.is_symlink() and file.read_text() == "new" and file.stat().st_mode & 0o777 == 0o640
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / "fresh").stat().st_mode & 0o777 == 0o666 & ~umask
    write_whole(tmp_path / "null", "")
    device = tmp_path / "device"
    device.symlink_to(os.devnull)
    write_whole(device, "gone")
    assert os.path.samefile(device, os.devnull)


def test_a_torn_line_is_cut_off_in_place(tmp_path, limited):
    file = tmp_path / "lines"
    for text, kept in (("a\nb\nc", "a\nb\n"), ("a", ""), ("a\n", "a\n"), ("", "")):
        file.write_text(text)
        cut_torn_line(file)
        assert file.read_text() == kept
    cut_torn_line(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()


def test_an_error_of_a_library_is_passed_on_where_there_is_room(tmp_path):
    with pytest.raises(RuntimeError, match="no such thing"), full_disk_reported(tmp_path):
        raise RuntimeError("no such thing")


def test_weights_that_do_not_fit_are_an_error_of_the_disk(tmp_path, monkeypatch, limited):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=0))
    with pytest.raises(OSError, match="No space left on device"), full_disk_reported(tmp_path):
        torch.save(torch.zeros(10_000), tmp_path / "weights")
