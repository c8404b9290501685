"""Code in the documents runs."""

import re
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def blocks(name):
    return re.findall(r"```python\n(.*?)```", (DOCS / name).read_text(), re.DOTALL)


def test_the_new_search_of_the_docs_solves_a_question_in_under_60_lines(capsys):
    code = blocks("searches.md")[-1]
    assert len(code.splitlines()) < 60
    exec(compile(code, "searches.md", "exec"), {"__name__": "docs"})
    assert capsys.readouterr().out == "7\n"


def test_the_docs_name_every_search():
    from hintree.search.registry import SEARCHES

    rows = re.findall(r"^\| `([a-z-]+)` \|", (DOCS / "searches.md").read_text(), re.MULTILINE)
    assert set(SEARCHES) <= set(rows)


def test_the_docs_name_every_scorer_and_every_family():
    from hintree.scorers import FAMILIES, SCORERS, PRMSpec

    text = (DOCS / "scorers.md").read_text()
    assert all(f"`{name}" in text for name in [*SCORERS, *FAMILIES, *PRMSpec.__dataclass_fields__] if name != "source")
