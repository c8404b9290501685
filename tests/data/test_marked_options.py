"""Options of which the data set marks the right one are mixed, since the right one often stands first."""

import pytest

from hintree.data import read_row

ASK = "How many?"


@pytest.mark.parametrize("field", ["mc1_targets", "target_scores"])
def test_options_of_which_the_first_is_marked_as_right_are_mixed(field):
    marked = {
        "mc1_targets": {"choices": ["three", "two", "four"], "labels": [1, 0, 0]},
        "target_scores": {"three": 1, "two": 0, "four": 0},
    }
    cases = [read_row({"question": f"{ASK} {i}", field: marked[field]}) for i in range(40)]
    assert {case.reference for case in cases} == set("ABC")
    assert [case.choices["ABC".index(case.reference)] for case in cases] == ["three"] * 40
    listed = {"input": f"{ASK}\n(A) three\n(B) two\n(C) four", "target_scores": marked["target_scores"]}
    assert (read_row(listed).reference, read_row(listed).choices) == ("A", ("three", "two", "four"))
