"""`hintree compare` against sums by hand over a small real study."""

import json
import sqlite3

import numpy as np
import pytest

from hintree.cli import main
from hintree.data import read_cases
from hintree.errors import UsageError
from hintree.experiments.report.compare import FIGURES, compare
from hintree.experiments.study.store import FILE, Store
from tests.support.report_study import ARMS, SOURCE, make_study, stored, study

N, STEPS, SEEDS = 4, "6-8", (0, 1)
NAMES = ("student", "rewrites 200", "teacher")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("study") / "run"
    make_study(place, N, STEPS, SEEDS, {name: ARMS[name] for name in NAMES})
    return place


@pytest.fixture(scope="module")
def results(folder):
    with Store.open(folder) as store:
        return {(r.arm, r.problem, r.seed): r for r in store.results()}


def figures(table):
    return {row[0]: row[1:] for row in table.rows}


def tokens(results, arm, *roles):
    return np.mean([sum(r.ledger[x].generated_tokens for x in roles) for (a, *_), r in results.items() if a == arm])


def test_figures_are_the_means_of_what_the_store_holds(folder, results):
    found = figures(compare(folder, "rewrites 200", "student"))
    assert list(found) == list(FIGURES)
    writers = ("reasoner", "hinter", "teacher")
    for name, roles in {
        "teacher tokens": ("teacher",),
        "reasoner tokens": ("reasoner",),
        "generated tokens": writers,
    }.items():
        a, b = (tokens(results, arm, *roles) for arm in ("rewrites 200", "student"))
        ours, theirs, gain, times = found[name]
        assert (ours, theirs, gain.value) == pytest.approx((a, b, a - b))
        assert gain.low <= gain.value <= gain.high and gain.n == N
        assert times.value == pytest.approx(a / b) if b else np.isnan(times.value)
    right = [np.mean([r.right for (a, *_), r in results.items() if a == arm]) for arm in ("rewrites 200", "student")]
    assert found["right of 100"][:2] == pytest.approx([100 * share for share in right]) and right[0] > right[1]


def test_an_arm_is_as_good_as_itself_and_two_arms_mirror_each_other(folder):
    ratios = []
    for *_, gain, times in compare(folder, "student", "student").rows:
        assert gain[:3] == (0, 0, 0)
        ratios.append(times[:3])
    defined = [ratio for ratio in ratios if not np.isnan(ratio[0])]
    assert defined and set(defined) == {(1, 1, 1)}
    there, back = (
        figures(compare(folder, *pair)) for pair in (("teacher", "rewrites 200"), ("rewrites 200", "teacher"))
    )
    for name, (a, b, gain, times) in there.items():
        assert back[name][:2] == [b, a]
        assert (-gain.value, -gain.high, -gain.low) == pytest.approx(back[name][2][:3])
        if np.isfinite(times.value) and times.value:
            assert 1 / times.value == pytest.approx(back[name][3].value)


def test_the_teacher_alone_is_counted_as_the_teacher(folder, results):
    found = figures(compare(folder, "rewrites 200", "teacher"))
    whole = tokens(results, "teacher", "reasoner")
    assert found["teacher tokens"][1] == pytest.approx(whole) and whole > 100
    assert found["reasoner tokens"][1] == 0 and 0 < found["teacher tokens"][3].high < 1


def test_only_attempts_of_both_count_and_no_tree_is_needed(folder, tmp_path):
    with Store.open(folder) as whole, Store.create(tmp_path, whole.study, list(whole.problems().values())) as part:
        rows = list(whole.results())
        last = rows[-1].problem
        kept = [r for r in rows if r.arm != "student" or (r.problem != last and r.seed == 0)]
        part.add([(row, whole.packed_tree(row.arm, row.problem, row.seed)) for row in kept])
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("DELETE FROM trees")
    table = compare(tmp_path, "rewrites 200", "student")
    assert f"on the {N - 1} attempts at {N - 1} problems that both made" in table.caption
    want = [r.right for r in rows if r.arm == "rewrites 200" and r.problem != last and r.seed == 0]
    assert figures(table)["right of 100"][0] == pytest.approx(100 * np.mean(want))


def test_arms_that_share_no_attempt_are_an_error(tmp_path, results):
    source = SOURCE.format(N, STEPS)
    with Store.create(tmp_path, study(ARMS, source, SEEDS), stored(read_cases(source))) as store:
        store.add([(r, None) for (arm, *_), r in results.items() if arm == "student"])
    with pytest.raises(UsageError, match="'rewrites 200' and 'student' have no attempt in common yet"):
        compare(tmp_path, "rewrites 200", "student")


def test_the_command_prints_a_table_and_one_object(folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")  # so that no name is wrapped
    assert main(["compare", str(folder), "rewrites 200", "student"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in FIGURES) and "A is rewrites 200; B is student." in shown
    assert main(["compare", str(folder), "rewrites 200", "student", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["figure"] for row in rows] == list(FIGURES)
    assert rows[0]["A"] - rows[0]["B"] == pytest.approx(rows[0]["A - B"]["value"], abs=1e-3)
    assert rows[1]["A / B"] is None  # the student has no teacher


@pytest.mark.parametrize(
    ("arms", "error"),
    [
        (("nobody", "student"), "A 'nobody' is not an arm of this study; its arms are student, rewrites 200, teacher"),
        (("student", "\x1b[31m"), "B '\\x1b[31m' is not an arm"),
        (("student", "teacher", "--teacher", "nobody"), "--teacher 'nobody' is not an arm"),
        (("student",), "required: B"),
    ],
)
def test_bad_input_is_one_clear_error(folder, capsys, arms, error):
    assert main(["compare", str(folder), *arms]) == 2
    out, err = capsys.readouterr()
    assert not out and err.count("\n") == 1 and error in err
