"""The front end: small typed modules, bundled without a package manager."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import hintree.view
from hintree.view.bundle import bundle

FOLDER = Path(hintree.view.__file__).parent / "js"
MODULES = sorted(FOLDER.glob("*.js"))
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|fetch\(|XMLHttpRequest|import\("
)
TSC = os.environ.get("HINTREE_TSC", "")


def test_modules_are_small_and_make_no_markup_and_no_code_of_texts():
    assert len(MODULES) > 20
    for file in MODULES:
        source = file.read_text()
        assert len(source.splitlines()) <= 300, file.name
        assert source.startswith("// "), f"{file.name} begins with what it is for"
        code = re.sub(r"/\*\*.*?\*/", "", source, flags=re.DOTALL)
        assert not FORBIDDEN.search(code), file.name


@pytest.mark.parametrize("entry", ["app", "index"])
def test_a_bundle_holds_each_module_that_it_needs_once_and_before_its_users(entry):
    script = bundle(entry)
    made = re.findall(r"^modules\.(\w+) = ", script, re.MULTILINE)
    assert len(made) == len(set(made)) > 3
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    for name in made:
        first_use = script.find(f"}} = modules.{name};")
        assert 0 < script.index(f"modules.{name} = ") < first_use
    assert "</script" not in script and "<!--" not in script


@pytest.mark.slow
@pytest.mark.skipif(not TSC or shutil.which("node") is None, reason="HINTREE_TSC names no TypeScript compiler (tsc)")
def test_the_types_of_the_modules_are_right():
    done = subprocess.run(["node", TSC, "-p", str(FOLDER / "tsconfig.json")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
