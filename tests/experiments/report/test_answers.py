"""Confidence in answers, withheld answers, and twins in a report, on small tables whose right values are known."""

import pytest

from hintree.experiments.report import accuracy, answers, twins
from hintree.experiments.report.results import ProblemFacts
from tests.support.report_study import by_arm, rows_of
from tests.support.small_results import arm, attempt, results_of


def test_confidence_is_held_against_the_correctness_of_all_graded_attempts():
    made = [
        attempt(confidence=0.95),
        attempt(confidence=0.9),
        attempt(confidence=0.65, right=False),
        attempt(confidence=0.6, abstained=True),
        attempt(confidence=0.0, right=False, answer=None),
        attempt(confidence=1.0)._replace(ungraded=True),
    ]
    row = by_arm(answers.answers_table(results_of({"a": arm("greedy")}, {"a": made})))["a"]
    assert (row["attempts"], row["without answer"]) == (5, 1)
    assert row["right, %"].value == pytest.approx(3 / 5), "a withheld answer counts as selected"
    assert row["mean confidence, %"].value == pytest.approx(3.1 / 5)
    assert row["ECE"].value == pytest.approx((0.15 + 0.25 + 0.0) / 5)
    assert row["AUROC"].value == pytest.approx(5 / 6)
    assert row["AUROC of answers"].value == pytest.approx(2 / 3)  # without the attempt that has none
    assert row["AURC"].value == pytest.approx((1 / 3 + 1 / 4 + 2 / 5) / 5)


def test_a_withheld_answer_is_abstained_and_never_right():
    made = [attempt(), attempt(abstained=True), attempt(abstained=True, right=False), attempt(right=False)]
    table = accuracy.accuracy_table(results_of({"a": arm("greedy")}, {"a": made}))
    row = by_arm(table)["a"]
    assert (row["abstained"], row["right, %"].value) == (2, 0.25)
    assert (row["coverage, %"].value, row["right of answered, %"].value) == (0.5, 0.5)
    plain = accuracy.accuracy_table(results_of({"a": arm("greedy")}, {"a": made[:1]}))
    assert "abstained" not in by_arm(plain)["a"]


def test_twins_are_compared_with_their_originals_by_variant():
    problems = [
        ProblemFacts("p", "", None, "7"),
        ProblemFacts("q", "", None, "9"),
        ProblemFacts("p'", "", None, "8", "p"),
        ProblemFacts("q'", "", None, "5", "q"),
        ProblemFacts("p''", "", None, "7", "p", "distractor"),
        ProblemFacts("r'", "", None, "1", "r"),
    ]
    made = [
        *(attempt(), attempt(answer="9")),
        *(attempt(answer="7", right=False), attempt(answer="5")),
        *(attempt(), attempt(right=False)),
    ]
    rows = rows_of(twins.twins_table(results_of({"a": arm("greedy")}, {"a": made}, problems=problems)))
    assert [(row["arm"], row["variant"], row["pairs"]) for row in rows] == [("a", "distractor", 1), ("a", "twin", 2)]
    row = rows[1]
    assert (row["originals right, %"].value, row["twins right, %"].value, row["both right, %"].value) == (1, 0.5, 0.5)
    assert (row["twins - originals, points"].value, row["won"], row["lost"], row["p"]) == (-0.5, 0, 1, 1.0)
    assert row["original's answer, %"].value == 0.5
    assert not twins.twins_table(results_of({"a": arm("greedy")}, {"a": made})).rows
