import json
import subprocess
import sys

import pytest

from hintree.cli import main
from hintree.data import read_cases
from hintree.errors import UsageError
from hintree.experiments.report.write import make, write
from hintree.experiments.study.store import Store
from tests.support.report_study import (
    ARMS,
    SOURCE,
    STEPS,
    N,
    as_result,
    by_arm,
    failed,
    rows_of,
    stored,
    study,
)


def test_the_same_store_gives_the_same_bytes(done, report, tmp_path):
    one = write(report, tmp_path / "one")
    code = "import sys; from hintree.cli import main; sys.exit(main(['report', sys.argv[1], '--out', sys.argv[2]]))"
    subprocess.run([sys.executable, "-c", code, done[0], tmp_path / "two"], check=True, capture_output=True)
    assert len(one) > 15
    assert sorted(p.name for p in one) == sorted(p.name for p in (tmp_path / "two").iterdir())
    for path in one:
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_an_unfinished_study_with_failures_has_a_report(done, tmp_path):
    source = SOURCE.format(N, STEPS)
    cases = read_cases(source)
    with Store.create(tmp_path, study(ARMS, source, (0, 1)), stored(cases), versions={}) as store:
        store.add([as_result("student", case, 0, done[1]["student", case.problem.id, 0]) for case in cases])
        store.add([failed("beam", case, 0) for case in cases[:2]])
    report = make(tmp_path)
    rows = by_arm(report.tables[0])
    assert list(rows) == ["student", "beam"]
    assert (rows["beam"]["failed"], rows["beam"]["problems"], rows["beam"]["right, %"].value) == (2, 2, 0)
    assert rows["beam"]["right, %"].high > 0.3
    assert f"{N + 2} of {5 * 2 * N} attempts were made, 2 of them failed" in report.notes
    write(report, tmp_path / "report")


def test_what_cannot_be_reported_is_one_clear_line(done, tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    assert main(["report", str(done[0]), "--baseline", "nobody"]) == 2
    assert main(["report", str(done[0]), "--teacher", "rewrites 20"]) == 2
    (tmp_path / "file").touch()
    assert main(["report", str(done[0]), "--out", str(tmp_path / "file" / "x")]) == 2
    error = capsys.readouterr().err
    assert (
        error.count("hintree: error: ") == 4 and "run.sqlite" in error and "rewrites 20" in error and "--out" in error
    )
    cases = read_cases("lab:test?n=2&steps=2")
    Store.create(tmp_path / "empty", study(ARMS, "lab:test?n=2&steps=2", (0,)), stored(cases), versions={}).__exit__(
        None, None, None
    )
    with pytest.raises(UsageError, match="no results yet"):
        make(tmp_path / "empty")


def test_the_command_prints_accuracy_or_json(done, tmp_path, capsys):
    assert main(["report", str(done[0]), "--out", str(tmp_path), "--baseline", "beam"]) == 0
    out = capsys.readouterr().out
    assert all(arm in out for arm in ARMS) and "report.html" in out
    assert main(["report", str(done[0]), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["tables"]["accuracy"]["rows"]
    assert rows[0]["right"].keys() == {"value", "low", "high", "n"}


@pytest.mark.slow
def test_what_the_runner_writes_can_be_reported(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text(
        "problems: lab:test?n=6&steps=3-5\n"
        "seeds: [0, 1]\n"
        "arms:\n"
        "  student: greedy\n"
        "  escalation: {grid: {budget.teacher_tokens: [10, 100]}}\n"
        "  sampled: {preset: greedy, search: best-of-n, sampling.temperature: 0.8, scorer: exact,\n"
        "    grid: {size: {few: {budget.reasoner_tokens: 200, search.n: 2},\n"
        "      many: {budget.reasoner_tokens: 800, search.n: 8}}}}\n"
        "  teacher: {preset: greedy, reasoner: 'embedded:teacher'}\n"
    )
    assert main(["run", str(file), "--out", str(tmp_path / "run")]) == 0
    report = make(tmp_path / "run")
    names = [table.name for table in report.tables]
    assert names == "accuracy accuracy_by_family accuracy_by_steps answers solutions cost tokens teacher".split() + (
        "same_search compute fronts rewrites triggers hints scores budgets".split()
    )
    assert by_arm(report.tables[0])["teacher"]["of the teacher, %"].value == 1
    assert [row["curve"] for row in rows_of(report.tables[-1])] == ["escalation", "sampled"]
    assert write(report, tmp_path / "out")
