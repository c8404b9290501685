import ast
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("search", "policies", "scorers", "experiments")
LAYERS = (
    ("grade", "errors", "statistics", "bounded_files", "whole_files"),
    ("search", "yaml_file"),
    ("models",),
    ("policies", "view"),
    ("scorers", "export"),
    ("lab",),
    ("data",),
    ("presets", "retrieval"),
    ("solver",),
    ("training", "serve"),
    ("experiments", "plugins"),
    ("cli",),
)
"""Packages from low to high; a package imports only itself and packages of lower layers."""
RANK = {name: level for level, names in enumerate(LAYERS) for name in names}
MODULES = {}
for top in ("hintree", *FOLDERS):
    for file in sorted((ROOT / top).rglob("*.py")):
        if not any(parent.is_symlink() for parent in file.parents):
            parts = file.relative_to(ROOT).with_suffix("").parts
            parts = parts if parts[0] == "hintree" else ("hintree", *parts)
            MODULES[".".join(parts).removesuffix(".__init__")] = file


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def package(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_every_package_has_a_layer():
    assert {package(m) for m in MODULES} == {*RANK, "", "__main__"}


@pytest.mark.parametrize("module", [m for m in MODULES if package(m) in RANK])
def test_imports_flow_one_way(module):
    own = package(module)
    ours = {package(name) for name in imported(MODULES[module]) if name.startswith("hintree.")} & set(RANK)
    high = sorted(name for name in ours if name != own and RANK[name] >= RANK[own])
    assert not high, f"{module} imports {high}, which are not below {own}"


def test_no_module_imports_itself_around_a_circle():
    graph = {m: {name for name in top_level_imports(f) if name in MODULES} - {m} for m, f in MODULES.items()}
    assert list(TopologicalSorter(graph).static_order())


def top_level_imports(path: Path) -> set[str]:
    """Modules that are imported when the file is, a package's own ``__init__`` left out."""
    body = ast.parse(path.read_text()).body
    names = set()
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found = {f"{node.module}.{alias.name}" for alias in node.names} & set(MODULES)
            names |= found or {node.module}
    return names


def test_the_grader_imports_nothing_else_of_ours():
    grade = [f for m, f in MODULES.items() if package(m) == "grade"]
    ours = {name for f in grade for name in imported(f) if name.startswith("hintree.")}
    assert {package(name) for name in ours} == {"grade"}


def importers(*names: str) -> set[str]:
    """Modules that import one of these, or a part of it."""
    files = {m: f for m, f in MODULES.items() if any(name.rpartition(".")[2] in f.read_text() for name in names)}
    return {
        m for m, f in files.items() if any(n == name or n.startswith(f"{name}.") for n in imported(f) for name in names)
    }


def test_algebra_runs_in_the_workers_of_the_grader_alone():
    assert importers("sympy", "math_verify") == {"hintree.grade.symbolic"}
    assert importers("hintree.grade.symbolic") == {"hintree.grade.worker"}


def test_search_knows_no_model_library_and_no_file():
    for path in (ROOT / "search").rglob("*.py"):
        assert not {n.split(".")[0] for n in imported(path)} & {
            "torch",
            "transformers",
            "tokenizers",
            "pathlib",
            "os",
        }, path


def test_the_package_list_names_every_folder_and_each_root_folder_has_its_link():
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert set(setup["packages"]) == {m for m, f in MODULES.items() if f.name == "__init__.py"}
    assert setup["package-dir"] == {"": "."}  # the links make one root, which type checkers find
    for folder in FOLDERS:
        link = ROOT / "hintree" / folder
        assert link.is_symlink() and str(link.readlink()) == f"../{folder}"
    assert sum(entry.is_symlink() for entry in (ROOT / "hintree").iterdir()) == len(FOLDERS)


def test_no_package_holds_more_than_a_quarter_of_the_lines():
    lines = dict.fromkeys(RANK, 0)
    for module, file in MODULES.items():
        if package(module) in lines:
            lines[package(module)] += len(file.read_text().splitlines())
    assert max(lines.values()) <= 0.25 * sum(lines.values()), lines


def test_files_and_functions_stay_short():
    for path in MODULES.values():
        assert len(path.read_text().splitlines()) <= 300, path
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, (path, node.name)


def test_importing_hintree_does_not_wait_for_torch():
    code = "import sys, hintree, hintree.cli; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    return set(
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.split()
    )


@pytest.mark.parametrize(("statement", "most"), [("import hintree", 200), ("import hintree.cli", 320)])
def test_an_import_loads_few_modules(statement, most):
    assert len(modules_after(statement)) <= most


def test_the_command_line_starts_without_the_graders_patterns_and_graph_libraries():
    loaded = modules_after("import hintree.cli")
    assert {m for m in loaded if m.startswith("hintree.grade")} == {
        "hintree.grade",
        "hintree.grade.errors",
        "hintree.grade.verdict",
    }
    assert not loaded & {"torch", "transformers", "numpy", "networkx", "hintree.data"}


@pytest.mark.parametrize("command", ["presets", "scorers", "searches"])
def test_lists_do_not_wait_for_torch(command):
    code = f"import sys; from hintree.cli import main; main(['{command}']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True).returncode == 0


def test_every_public_name_can_be_imported():
    import hintree

    for name in hintree.__all__:
        assert getattr(hintree, name) is not None


def test_no_test_file_imports_another_and_all_stay_short():
    files = sorted((ROOT / "tests").rglob("*.py"))
    assert len(files) > 100
    for path in files:
        assert len(path.read_text().splitlines()) <= 300, path
        parts = [name.split(".") for name in imported(path)]
        assert not [name for name in parts if name[-1].startswith("test_") or "conftest" in name], path


def test_a_class_name_has_one_meaning():
    places: dict[str, list[str]] = {}
    for module, file in MODULES.items():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(f"{module}:{node.lineno}")
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
