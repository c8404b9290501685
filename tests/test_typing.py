"""Type checkers find the package and its types, also in an editable install."""

import subprocess
import sys

import pytest
from mypy.modulefinder import FindModuleCache, SearchPaths, get_search_dirs
from mypy.options import Options

SCRIPT = "import hintree\n\nreveal_type(hintree.Solver('greedy').solve('q').answer)\n"

SETTINGS = "[mypy]\nfollow_imports = silent\n[mypy-torch.*,transformers.*]\nfollow_imports = skip\n"
"""Libraries whose check takes minutes are left out."""


def test_a_type_checker_finds_the_installed_package_from_anywhere():
    paths, installed = get_search_dirs(sys.executable)
    finder = FindModuleCache(SearchPaths((), (), tuple(paths + installed), ()), None, Options())
    found = {name: str(finder.find_module(name)) for name in ("hintree", "hintree.search", "hintree.scorers.base")}
    assert found["hintree"].endswith("hintree/__init__.py")
    assert found["hintree.search"].endswith("hintree/search/__init__.py")
    assert found["hintree.scorers.base"].endswith("hintree/scorers/base.py")


@pytest.mark.slow
def test_a_script_outside_the_repository_is_checked_against_our_types(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "mypy.ini").write_text(SETTINGS)
    command = [sys.executable, "-m", "mypy", "script.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert 'Revealed type is "str | None"' in done.stdout and "error" not in done.stdout
