import numpy as np
import pytest

from hintree.data import read_cases
from hintree.experiments.report import accuracy, solutions
from hintree.experiments.report.extract import chosen
from tests.support.report_study import ARMS, SOURCE, STEPS, N, by_arm, rows_of


def test_accuracy_counts_the_right_answers_of_every_arm(done, results):
    cases = {case.problem.id: case.reference for case in read_cases(SOURCE.format(N, STEPS))}
    rows = by_arm(accuracy.accuracy_table(results))
    for arm in ARMS:
        right = [s.answer == cases[name] for (a, name, _), s in done[1].items() if a == arm]
        assert rows[arm]["right, %"].value == pytest.approx(np.mean(right))
        assert (rows[arm]["problems"], rows[arm]["attempts"], rows[arm]["failed"]) == (N, 2 * N, 0)
    assert rows["teacher"]["of the teacher, %"].value == rows["teacher"]["gap recovered, %"].value == 1
    assert rows["student"]["against baseline, points"] is None
    gain = rows["teacher"]["against baseline, points"].value
    assert gain == pytest.approx(rows["teacher"]["right, %"].value - rows["student"]["right, %"].value) and gain > 0


def test_parts_add_up_to_the_whole(results):
    whole = by_arm(accuracy.accuracy_table(results))
    for table in (accuracy.parted_table(results, part) for part in ("family", "steps")):
        for arm in ARMS:
            parts = [row for row in rows_of(table) if row["arm"] == arm]
            assert sum(row["problems"] for row in parts) == N
            right = sum(row["problems"] * row["right, %"].value for row in parts) / N
            assert right == pytest.approx(whole[arm]["right, %"].value)


def test_the_returned_trajectory_is_the_one_that_the_search_chose(done):
    for solution in done[1].values():
        assert chosen(solution.tree, solution.answer, "last").path() == solution.steps


def test_votes_of_all_solutions_and_pass_at_1(done, results):
    rows = rows_of(solutions.solutions_table(results))
    alone = next(row for row in rows if row["arm"] == "student" and row["k"] == 1)
    right = by_arm(accuracy.accuracy_table(results))["student"]["right, %"].value
    if alone["solutions per problem"] >= 2:
        assert alone["pass@k, %"].value == pytest.approx(right)
    assert {row["k"] for row in rows} >= {1}
    for row in rows:
        votes = row["maj@k, %"].value, row["weighted@k, %"].value
        if row["k"] == 1:
            assert row["pass@k, %"].value == pytest.approx(votes[0]) == pytest.approx(votes[1])
        assert row["pass@k, %"].value >= max(votes) - 1e-9
