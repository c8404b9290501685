from pathlib import Path

import pytest

from hintree.presets import PRESETS, tables

PAGE = (Path(__file__).parents[2] / "docs" / "presets.md").read_text()


@pytest.mark.parametrize("make", [tables.methods, tables.differences])
def test_the_page_holds_the_table_of_the_code(make):
    assert make() in PAGE, "copy the output of `python -m hintree.presets.tables` to docs/presets.md"


def test_every_preset_is_in_the_table_of_methods():
    rows = tables.methods().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(PRESETS)
