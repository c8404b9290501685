import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("search", "models", "policies", "scorers", "experiments")
ALLOWED = {
    "search": {"search"},
    "models": {"search", "models"},
    "policies": {"search", "models", "policies"},
    "scorers": {"search", "models", "scorers"},
    "experiments": {"search", "models", "policies", "scorers", "experiments"},
}
PYTHON = [f for folder in (*FOLDERS, "hintree/serve") for f in sorted((ROOT / folder).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def test_imports_flow_one_way():
    for path in PYTHON:
        folder = path.relative_to(ROOT).parts[0]
        ours = {name.split(".")[1] for name in imported(path) if name.startswith("hintree.")}
        assert folder == "hintree" or ours <= ALLOWED[folder], path


def test_search_knows_no_model_library_and_no_file():
    for path in (ROOT / "search").glob("*.py"):
        assert not {n.split(".")[0] for n in imported(path)} & {
            "torch",
            "transformers",
            "tokenizers",
            "pathlib",
            "os",
        }, path


def test_the_package_list_names_every_folder_and_each_root_folder_has_its_link():
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    names = {".".join(f.parent.relative_to(ROOT).parts) for f in PYTHON if f.name == "__init__.py"}
    folders = {f"hintree.{name.removeprefix('hintree.')}" for name in names}
    assert set(setup["packages"]) == folders | {"hintree"} == set(setup["package-dir"])
    for folder in FOLDERS:
        link = ROOT / "hintree" / folder
        assert link.is_symlink() and str(link.readlink()) == f"../{folder}"


def test_files_and_functions_stay_short():
    for path in [*PYTHON, *(ROOT / "hintree").glob("*.py")]:
        assert len(path.read_text().splitlines()) <= 300, path
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, (path, node.name)


def test_the_code_map_names_every_file_and_nothing_else():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    block = text.split("```")[1]
    named = {line.split()[0] for line in block.splitlines()[1:] if line.split() and line.split()[0].endswith(".py")}
    files = {f.relative_to(ROOT).as_posix() for f in [*PYTHON, *(ROOT / "hintree").glob("*.py")]}
    assert named == {f for f in files if not f.endswith("__init__.py")} | {"hintree/__init__.py"}


def test_importing_hintree_does_not_wait_for_torch():
    code = "import sys, hintree, hintree.cli; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("command", ["presets", "scorers", "searches"])
def test_lists_do_not_wait_for_torch(command):
    code = f"import sys; from hintree.cli import main; main(['{command}']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True).returncode == 0


def test_every_public_name_can_be_imported():
    import hintree

    for name in hintree.__all__:
        assert getattr(hintree, name) is not None
