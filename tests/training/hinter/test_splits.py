from dataclasses import replace

import pytest

from hintree.cli.lab_problems import as_row
from hintree.data import read_cases
from hintree.errors import UsageError
from hintree.lab import problems
from hintree.training.hinter.hint_data import (
    from_lab,
    read_solutions,
)
from hintree.training.hinter.splits import as_cases, check_disjoint, held_out, problem_key
from tests.support.hint_cases import write_jsonl


def test_no_problem_is_on_both_sides(tmp_path):
    lab = [as_row(problem) for problem in problems("train", n=80, seed=1)]
    solutions = read_solutions(write_jsonl(tmp_path / "a.jsonl", lab))
    kept, learned = ([x for x in solutions if held_out(x.question) == side] for side in (True, False))
    assert 0 < len(kept) < len(learned)
    check_disjoint(learned, as_cases(kept))
    check_disjoint(from_lab("lab:train?n=50", 0.0)[0], read_cases("lab:test?n=50"))
    again = replace(learned[0], id="other", question=learned[0].question + " ")
    with pytest.raises(UsageError, match="1 of 1 test problems are among the training problems"):
        check_disjoint(learned, as_cases([again]))
    assert problem_key("Ann has  2.") == problem_key("ann has 2.")


def test_a_lab_problem_with_other_names_is_the_same_problem():
    one = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
    two = "(1) Eva has 4 shells. (2) Noah gets 3 more shells than Eva. How many shells does Noah have?"
    assert problem_key(one) == problem_key(two) != problem_key(one.replace("3 more", "5 more"))
