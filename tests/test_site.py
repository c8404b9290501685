"""The site of the documentation: its table of contents holds every page, and it builds without a warning."""

import runpy
import subprocess
import sys
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONF = runpy.run_path(str(ROOT / "docs" / "conf.py"))


def test_every_page_is_in_the_contents():
    pages = {str(f.relative_to(ROOT).with_suffix("")) for f in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))}
    listed = [name for names in CONF["CONTENTS"].values() for name in names]
    missing = {page for page in pages if not any(fnmatch(page, name) for name in listed)}
    assert missing == {CONF["root_doc"]}
    assert len(listed) == len(set(listed))
    assert [name for name in listed if not any(fnmatch(page, name) for page in pages)] == []


def test_the_help_of_every_command_is_a_section(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")  # the function sets it
    text = CONF["command_line"]()
    assert text.count("\n## `hintree") > 25
    assert "## `hintree solve`" in text and "$presets" not in text


@pytest.mark.slow
@pytest.mark.skipif(find_spec("sphinx") is None, reason="needs hintree[docs]")
def test_the_site_builds_without_a_warning(tmp_path):
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-c",
        "docs",
        "-b",
        "html",
        ".",
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "index.html").is_file() and (tmp_path / "docs" / "tutorial.html").is_file()
