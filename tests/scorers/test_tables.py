import re
from pathlib import Path

import pytest

from hintree.scorers import FAMILIES, SCORERS, PRMSpec, tables

PAGE = (Path(__file__).parents[2] / "docs" / "scorers.md").read_text()


@pytest.mark.parametrize("make", [tables.scorers, tables.families])
def test_the_page_holds_the_table_of_the_code(make):
    assert make() in PAGE, "copy the output of `python -m hintree.scorers.tables` to docs/scorers.md"


def test_every_scorer_and_family_is_in_its_table():
    names = [[row.split("`")[1] for row in make().splitlines()[2:]] for make in (tables.scorers, tables.families)]
    assert names == [[info.usage for info in SCORERS.values()], list(FAMILIES)]


def test_the_page_has_every_field_of_a_declaration_with_its_default():
    section = PAGE.split("| field | default | meaning |")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in row.split("|")[1:4]] for row in section.splitlines()[2:]]
    fields = [name for names, _, _ in rows for name in re.findall(r"`(\w+)`", names)]
    assert fields == [name for name in PRMSpec.__dataclass_fields__ if name != "source"]
    defaults = {
        name: default for names, default, _ in rows if len(re.findall("`", names)) == 2 for name in [names[1:-1]]
    }
    spec = PRMSpec()
    words = {"\n": "line break", "()": "", "(-1,)": "[-1]", "True": "true", "False": "false"}
    expected = {name: words.get(str(getattr(spec, name)), str(getattr(spec, name))) for name in defaults}
    assert {name: default.strip("`") for name, default in defaults.items()} == expected and len(defaults) > 12
