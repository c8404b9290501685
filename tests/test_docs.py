"""Pages hold for the code: their examples run, and their tables name every entry of the registries."""

import ast
import re
from pathlib import Path

from tests.support.shared_models import shared_pool

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def python_blocks(text):
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_the_new_search_of_the_docs_solves_a_question_in_under_60_lines(capsys):
    code = python_blocks((DOCS / "searches.md").read_text())[-1]
    assert len(code.splitlines()) < 60
    exec(compile(code, "searches.md", "exec"), {"__name__": "docs"})
    assert capsys.readouterr().out == "7\n"


def test_the_python_of_the_readme_runs(capsys):
    [code] = python_blocks((ROOT / "README.md").read_text())
    assert 6 <= len(code.splitlines()) <= 8
    exec(compile(code, "README.md", "exec"), {"__name__": "docs"})
    assert capsys.readouterr().out.startswith("7 ")


def test_the_search_of_the_architecture_page_solves_a_question():
    from dataclasses import dataclass

    from hintree.search import Problem, Rewrite, Tree, expand, rewrite
    from hintree.search.core.nodes import fail_too_long, open_nodes
    from hintree.solver import Solver

    names = {"dataclass": dataclass, "Tree": Tree, "Rewrite": Rewrite, "expand": expand, "rewrite": rewrite}
    names |= {"open_nodes": open_nodes, "fail_too_long": fail_too_long, "__name__": "builtins"}
    [code] = python_blocks((ROOT / "ARCHITECTURE.md").read_text())
    exec(compile(code, "ARCHITECTURE.md", "exec"), names)
    question = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
    assert next(Solver(search=names["Chain"](), pool=shared_pool()).solve_many([Problem(question)])).answer == "7"


def test_the_docs_name_every_search():
    from hintree.search.registry import SEARCHES

    rows = re.findall(r"^\| `([a-z-]+)` \|", (DOCS / "searches.md").read_text(), re.MULTILINE)
    assert set(SEARCHES) <= set(rows)


def test_the_docs_name_every_scorer_and_every_family():
    from hintree.scorers import FAMILIES, SCORERS, PRMSpec

    text = (DOCS / "scorers.md").read_text()
    names = [*SCORERS, *FAMILIES, *PRMSpec.__dataclass_fields__]
    assert not [name for name in names if name != "source" and f"`{name}" not in text]


def test_the_readme_lists_every_preset_with_its_paper():
    from hintree.presets import PRESETS

    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert rows == [(name, preset.source or "-") for name, preset in PRESETS.items()]


def test_the_architecture_page_lists_every_package_in_import_order():
    source = (ROOT / "tests" / "test_layout.py").read_text()
    layers = ast.literal_eval(re.search(r"^LAYERS = (\(.*?^\))", source, re.MULTILINE | re.DOTALL)[1])
    text = (ROOT / "ARCHITECTURE.md").read_text()
    table = text.partition("## Packages")[2].partition("\n## ")[0]
    rows = [re.findall(r"`(\w+)`", row.split("|")[1]) for row in table.splitlines() if row.startswith("| `")]
    rank = {name: level for level, names in enumerate(layers) for name in names}
    listed = [name for row in rows for name in row]
    assert sorted(listed) == sorted(rank)
    assert [rank[name] for name in listed] == sorted(rank[name] for name in listed)


def test_paths_in_the_architecture_page_exist():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    paths = set(
        re.findall(r"(?<![\w/])((?:hintree|search|policies|scorers|experiments|tests|docs)/[\w./-]*[\w/])", text)
    )
    missing = [path for path in paths if "NAME" not in path and not (ROOT / path).exists()]
    assert len(paths) > 60 and not missing


def test_the_page_of_views_names_every_field_of_a_tree_and_every_value_of_its_enums():
    from hintree.search.core import serialization
    from hintree.search.core.endings import Rejection
    from hintree.search.core.hints import HintKind
    from hintree.search.core.tree import STATUSES, Problem, StepOutput, Tree

    page = (DOCS / "views.md").read_text().partition("### JSON format")[2]

    def rows(part):
        table = page.partition(f"| field of a {part} |")[2].partition("\n\n")[0]
        return {
            key: set(re.findall(r'"(\w+)"', row))
            for row in re.findall(r"^\| `.*$", table, re.MULTILINE)
            for key in re.findall(r"`(\w+)`", row.split("|")[1])
        }

    node, step = rows("node"), rows("step")
    [root] = serialization.to_dict(Tree(Problem("What?")))["nodes"]
    assert set(node) == {*root, "label_mass"}
    assert set(step) == set(StepOutput._fields) - set(serialization.TOKENS)
    assert node["rejected_because"] == set(Rejection)
    assert node["status"] == set(STATUSES)
    assert node["hint_kind"] == set(HintKind)
    assert step["ended"] == set(serialization.ENDS)


def test_the_page_of_protocols_lists_the_shipped_ones():
    from hintree.policies import find_protocol, protocol_names

    page = (ROOT / "docs" / "protocols.md").read_text()
    for name in protocol_names():
        protocol = find_protocol(name)
        assert f"| `{name}` | {protocol.about} | {protocol.source or '-'} |" in page


def test_a_release_writes_what_the_security_page_promises():
    recipe = (ROOT / "Makefile").read_text().partition("\nrelease:")[2].partition("\n\n")[0]
    page = (ROOT / "SECURITY.md").read_text().partition("## Releases")[2].partition("\n## ")[0]
    promised = re.findall(r"`([\w-]+\.(?:lock|json|md)|SHA256SUMS)`", page)
    assert len(promised) == 4 and [name for name in promised if name not in recipe] == []
    assert "--generate-hashes" in recipe and "pip install --require-hashes -r requirements.lock" in page
