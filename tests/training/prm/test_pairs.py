from hintree.data import Case as Case
from hintree.training.prm.pairs import edits, preference_sides


def test_sides_of_a_pair_are_apart_in_q_and_text():
    values = {"aaaa": 1.0, "bbbb": 0.75, "cccc": 0.25, "dddd": 0.0, "eeee": 0.0}
    assert preference_sides(values, 0.5, 1) == (["aaaa", "bbbb"], ["eeee", "dddd"])
    assert preference_sides({"aaaa": 1.0, "aaab": 0.0}, 0.5, 2) == ([], [])
    assert preference_sides({"aaaa": 0.6, "bbbb": 0.2}, 0.5, 1) == ([], [])
    assert len(preference_sides({x * 4: float(x > "d") for x in "abcde"}, 0.5, 1)[1]) == 4
    assert preference_sides({}, 0.5, 1) == ([], [])
    assert (edits("kitten", "sitting"), edits("", "abc"), edits("abc", "abc")) == (3, 3, 0)
