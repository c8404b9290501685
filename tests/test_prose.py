"""The form of the prose: docstrings open with a statement, the README is short, and links lead somewhere."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("hintree", "search", "policies", "scorers", "experiments")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def sources():
    files = (file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py")))
    return [file for file in files if not any(parent.is_symlink() for parent in file.parents)]


def docstrings():
    """Yield (place, text) of every docstring of a public module, class or function."""
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                name, text = getattr(node, "name", ""), ast.get_docstring(node)
                if text is not None and (not name.startswith("_") or name.startswith("__")):
                    yield f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)} {name}", text


def test_no_docstring_opens_with_a_question_word_or_is_under_four_words():
    found = list(docstrings())
    opening = [place for place, text in found if re.match(r"\W*(What|Who|Whether)\b", text)]
    short = [place for place, text in found if len(text.split()) < 4]
    assert len(found) > 1000
    assert not opening, opening
    assert not short, short


def test_the_readme_has_at_most_900_words():
    assert 300 < len((ROOT / "README.md").read_text().split()) <= 900


def test_no_relative_link_of_a_page_is_broken():
    links = [
        (page, link)
        for page in PAGES
        for link in re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", page.read_text())
        if not re.match(r"[a-z]+:", link)
    ]
    assert len(links) > 50
    assert not [f"{page.relative_to(ROOT)}: {link}" for page, link in links if not (page.parent / link).exists()]
