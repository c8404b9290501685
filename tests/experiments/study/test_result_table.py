import pytest

from hintree.view.text import table_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-1+cmd", "@SUM(A1)", "\t=1", "\r=1", "  =1", "-²", "\x1b=1", "\x00\u200b@A1", "\uff1d1"]
)
def test_no_cell_starts_a_formula(text):
    assert str(table_cell(text)).startswith("'")


@pytest.mark.parametrize("value", [-3, "-3", "-3.5", 0.1, "7", "x-1", None, ""])
def test_numbers_and_harmless_texts_stay_as_they_are(value):
    assert table_cell(value) == value
