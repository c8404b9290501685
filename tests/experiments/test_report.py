import json
import re
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn.metrics

from hintree import Problem
from hintree.cli import main
from hintree.data import read_cases
from hintree.data.lab import lab_problems
from hintree.errors import UsageError
from hintree.experiments.report import accuracy, audits, costs, solutions
from hintree.experiments.report.budgets import common_name, lines
from hintree.experiments.report.extract import chosen, extract_record
from hintree.experiments.report.load import load
from hintree.experiments.report.markdown import to_markdown
from hintree.experiments.report.page import to_html
from hintree.experiments.report.results import ProblemFacts, StudyResults
from hintree.experiments.report.spreadsheet import to_csv
from hintree.experiments.report.table import Column, Table, number
from hintree.experiments.report.write import make, write
from hintree.experiments.study.store import Store
from hintree.lab.checker import check_step
from hintree.lab.controls import control
from hintree.policies.leaks import leaks
from hintree.statistics.bootstrap import Estimate
from tests.support.report_study import ARMS, as_result, failed, make_study, solve, stored, study

N, STEPS = 3, "4-6"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=cmd|'/c calc'!A1",
    "_$\\frac{1}{0}$ | `x` [a](javascript:alert(1)) \x1b[31m\u202e",
)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    return folder, make_study(folder, N, STEPS)


@pytest.fixture(scope="module")
def results(done):
    with Store.open(done[0]) as store:
        return load(store, progress=False)


@pytest.fixture(scope="module")
def report(done):
    return make(done[0])


def rows_of(table):
    return [dict(zip([c.title() for c in table.columns], row, strict=True)) for row in table.rows]


def by_arm(table):
    return {row["arm"]: row for row in rows_of(table)}


def test_accuracy_counts_the_right_answers_of_every_arm(done, results):
    cases = {case.problem.id: case.reference for case in read_cases(f"lab:test?n={N}&steps={STEPS}&seed=6")}
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


def test_tokens_are_those_of_the_ledgers(done, results):
    rows = by_arm(costs.tokens_table(results))
    for arm in ARMS:
        ledgers = [s.ledger for (a, _, _), s in done[1].items() if a == arm]
        for role in costs.WRITERS:
            booked = "reasoner" if (arm, role) == ("teacher", "teacher") else role
            mean = (
                0 if (arm, role) == ("teacher", "reasoner") else np.mean([x[booked].generated_tokens for x in ledgers])
            )
            assert rows[arm][role].value == pytest.approx(mean)
        assert rows[arm]["discarded"].value == pytest.approx(np.mean([x.total("discarded_tokens") for x in ledgers]))


def test_the_teachers_share_has_four_meanings(done, results):
    rows = by_arm(costs.teacher_table(results))
    heads = [head for head in rows["teacher"] if head.startswith("of ")]
    assert len(heads) == 4
    assert all(rows["teacher"][head].value == 1 and rows["student"][head].value == 0 for head in heads)
    ladder = [s for (arm, _, _), s in done[1].items() if arm == "ladder 200"]
    wrote = [(node.step.tokens, node.author == "teacher") for s in ladder for node in s.steps]
    row = rows["ladder 200"]
    assert row["of returned steps, %"].value == pytest.approx(np.mean([by for _, by in wrote]))
    assert row["of returned tokens, %"].value == pytest.approx(
        sum(t for t, by in wrote if by) / sum(t for t, _ in wrote)
    )
    spent = sum(s.ledger["teacher"].generated_tokens for s in ladder)
    whole = sum(s.ledger["reasoner"].generated_tokens for (arm, _, _), s in done[1].items() if arm == "teacher")
    assert row["teacher tokens saved, %"].value == pytest.approx(1 - spent / whole) and spent > 0


def test_flops_without_the_scorer_leave_just_the_scorer_out(done, results):
    row = by_arm(costs.compute_table(results))["beam"]
    ledgers = [s.ledger for (arm, _, _), s in done[1].items() if arm == "beam"]
    assert row["FLOPs"].value - row["FLOPs without scorer"].value == pytest.approx(
        np.mean([ledger["scorer"].flops for ledger in ledgers])
    )
    right = by_arm(accuracy.accuracy_table(results))["beam"]["right, %"].value
    assert row["FLOPs per solved"].value == pytest.approx(row["FLOPs"].value / right)
    assert 0 < row["seconds"].value == pytest.approx(np.mean([ledger.total("seconds") for ledger in ledgers]))


def test_the_returned_trajectory_is_the_one_that_the_search_chose(done):
    for solution in done[1].values():
        assert chosen(solution.tree, solution.answer, "last").path() == solution.steps


def test_votes_of_all_solutions_and_pass_at_1(done, results):
    rows = rows_of(solutions.solutions_table(results))
    alone = next(row for row in rows if row["arm"] == "student" and row["k"] == 1)
    right = by_arm(accuracy.accuracy_table(results))["student"]["right, %"].value
    assert alone["solutions per problem"] < 2 or alone["pass@k, %"].value == pytest.approx(right)
    for row in rows:
        votes = row["maj@k, %"].value, row["weighted@k, %"].value
        assert row["pass@k, %"].value == pytest.approx(votes[0]) == pytest.approx(votes[1]) or row["k"] > 1
        assert row["pass@k, %"].value >= max(votes) - 1e-9


def test_rewrites_are_counted_as_the_trees_hold_them(done, results):
    truth = {problem.id: problem for problem in lab_problems(f"lab:test?n={N}&steps={STEPS}&seed=6")}
    rewrites = mended = broken = kept = 0
    rises = []
    for (arm, name, _), solution in done[1].items():
        for node in solution.tree if arm == "ladder 200" else ():
            if node.replaces is not None:
                rises.append((node.score, solution.tree.nodes[node.replaces].score))
                old, history = solution.tree.nodes[node.replaces], [n.step.text for n in node.parent.path()]
                before, after = (check_step(truth[name], history, n.step.text).right for n in (old, node))
                took = not node.reason.startswith(("not better", "same as", "empty", "repeated"))
                rewrites, kept = rewrites + 1, kept + took
                mended, broken = mended + (took and after > before), broken + (took and after < before)
    rows = [row for row in rows_of(audits.rewrite_table(results)) if row["arm"] == "ladder 200"]
    total = {head: sum(row[head] for row in rows) for head in ("rewrites", "kept", "wrong to right", "right to wrong")}
    assert list(total.values()) == [rewrites, kept, mended, broken] and rewrites > 0 and mended > 0
    both = [new > old for new, old in rises if new is not None and old is not None]
    rose = sum(row["score rose, %"].value * row["score rose, %"].n for row in rows)
    assert rose == pytest.approx(sum(both)) and sum(row["score rose, %"].n for row in rows) == len(both)


def test_mended_mistakes_are_counted_by_kind(done, results):
    truth = {problem.id: problem for problem in lab_problems(f"lab:test?n={N}&steps={STEPS}&seed=6")}
    found = dict.fromkeys(audits.MISTAKES, 0)
    for (arm, name, _), solution in done[1].items():
        for node in solution.tree if arm == "ladder 200" else ():
            if node.replaces is not None:
                old, history = solution.tree.nodes[node.replaces], [n.step.text for n in node.parent.path()]
                if kind := check_step(truth[name], history, old.step.text).kind:
                    found[kind] += 1
    rows = [row for row in rows_of(audits.mistake_table(results)) if row["arm"] == "ladder 200"]
    counts = {kind: [tuple(map(int, row[kind].split(" of "))) for row in rows] for kind in found}
    assert {kind: sum(n for _, n in pairs) for kind, pairs in counts.items()} == found and sum(found.values()) > 0
    mended = [row["wrong to right"] for row in rows_of(audits.rewrite_table(results)) if row["arm"] == "ladder 200"]
    assert sum(k for pairs in counts.values() for k, _ in pairs) == sum(mended) > 0


def test_hints_are_measured_against_hints_of_other_problems(done, results):
    row = by_arm(audits.hint_table(results))["ladder 200"]
    nodes = [
        (s, node)
        for (arm, _, _), s in done[1].items()
        if arm == "ladder 200"
        for node in s.tree
        if node.hint is not None
    ]
    assert row["hints"] == len(nodes)
    leaked = [leaks(n.hint.text, s.question, [x.step.text for x in n.path()[:-1]]) for s, n in nodes]
    assert row["leaked, %"].value == np.mean(leaked)
    assert row["followed, %"].value > max(0.8, row["shuffled, %"].value)


def one_arm(trees, truth):
    """StudyResults of attempts at lab problems with one seed."""
    attempts = {
        (i, 0): extract_record(s.tree, s.ledger, s.answer, s.answer == str(p.answer), str(p.answer), "last", p)
        for i, (s, p) in enumerate(zip(trees, truth, strict=True))
    }
    return StudyResults(
        "one", {"arm": {}}, "arm", None, [ProblemFacts(p.id, "", None) for p in truth], [0], {"arm": attempts}
    )


@pytest.mark.parametrize("name", ["exact", "random"])
def test_exact_scores_are_perfect_in_every_audit_and_random_ones_are_not(name):
    truth = list(lab_problems("lab:test?n=5&steps=3-5&seed=6"))
    asked = [Problem(p.question, p.id) for p in truth]
    results = one_arm(solve(ARMS["ladder 200"], asked, scorer=control("scorer", name, truth).handle), truth)
    (scores,), (trigger,) = rows_of(audits.scores_table(results)), rows_of(audits.trigger_table(results))
    assert 0 < scores["wrong"] < scores["steps"]
    seen = [step for _, step in audits.judged_of(results, "arm")]
    wrong, triggered = [not step.right for step in seen], [step.triggered for step in seen]
    assert trigger["precision, %"].value == pytest.approx(sklearn.metrics.precision_score(wrong, triggered))
    assert trigger["recall, %"].value == pytest.approx(sklearn.metrics.recall_score(wrong, triggered))
    if name == "exact":
        assert (scores["AUC"].value, scores["ECE"], scores["F1, %"]) == (1, 0, 1)
        assert trigger["precision, %"].value == 1
    else:
        assert scores["AUC"].value < 0.8 and scores["ECE"] > 0.1 and trigger["precision, %"].value < 1


def test_the_same_store_gives_the_same_bytes(done, report, tmp_path):
    one = write(report, tmp_path / "one")
    code = "import sys; from hintree.cli import main; sys.exit(main(['report', sys.argv[1], '--out', sys.argv[2]]))"
    subprocess.run([sys.executable, "-c", code, done[0], tmp_path / "two"], check=True, capture_output=True)
    assert len(one) > 15
    assert sorted(p.name for p in one) == sorted(p.name for p in (tmp_path / "two").iterdir())
    for path in one:
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


class Page(HTMLParser):
    """Collects what a page would load or run, and the texts of its tables."""

    VOID = frozenset(("meta", "br", "img", "link"))

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.titles, self.captions = [], [], [], 0, 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.titles += tag == "title" and "svg" in self.open
        self.captions += tag == "caption"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing(report):
    text = to_html(*report)
    page = Page(text)
    assert page.open == []
    assert not {"script", "img", "link", "iframe", "object", "form"} & {*page.tags}
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "srcset", "action")]
    links = [value for name, value in page.attributes if name in ("href", "xlink:href")]
    anchors = {value for name, value in page.attributes if name == "id"}
    assert links and all(link.startswith("#") and link[1:] in anchors for link in links)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text
    assert page.captions == len(report.tables) and page.titles == len(report.plots) >= 5
    assert "prefers-color-scheme: dark" in text and "@media print" in text and 'name="viewport"' in text


@pytest.fixture(scope="module")
def hostile(done, tmp_path_factory):
    """The same results under hostile names of arms and study."""
    folder = tmp_path_factory.mktemp("hostile")
    source = f"lab:test?n={N}&steps={STEPS}&seed=6"
    cases = read_cases(source)
    arms = dict(zip(HOSTILE, ARMS.values(), strict=False))
    with Store.create(
        folder, study(arms, source, (0,), name=HOSTILE[0]), stored(cases), versions={"<b>": "</ul>"}
    ) as store:
        for new, old in zip(arms, ARMS, strict=False):
            store.add([as_result(new, case, 0, done[1][old, case.problem.id, 0]) for case in cases])
    return make(folder)


def test_hostile_names_stay_texts(hostile, report):
    page, fine = Page(to_html(*hostile)), Page(to_html(*report))
    assert page.open == [] and {*page.tags} <= {*fine.tags}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    for text in (to_html(*hostile), to_markdown(*hostile), *(plot.svg for plot in hostile.plots)):
        assert not {"\x1b", "\u202e"} & {*text}
    assert not re.search(r"(?<!\\)[<`]|(?<!\\)\]\(java", to_markdown(*hostile))


def test_no_cell_of_a_csv_file_begins_a_formula(hostile):
    texts = [to_csv(table) for table in hostile.tables]
    assert any("'=cmd" in text for text in texts)
    assert not any(re.search(r'(^|,)"?[=+@\t]', text, re.MULTILINE) for text in texts)
    column = [Column("x"), Column("y", "points")]
    rows = [[cell, Estimate(-0.5, -1.0, 0.25, 3)] for cell in ("-1+1", "+x", "@x", "\tx", "\rx", "a=b")]
    lines = to_csv(Table("t", "t", "t", column, rows)).split("\n")
    assert lines[0] == "x,y,y low,y high"
    assert lines[1] == "'-1+1,-0.5,-1.0,0.25"
    assert [line.split(",")[0].strip('"')[:2] for line in lines[2:4]] == ["'+", "'+"] or lines[2].startswith("'+x")
    assert sum(",-0.5,-1.0,0.25" in line for line in lines) == 6 and any(line.startswith("a=b,") for line in lines)


def test_an_unfinished_study_with_failures_has_a_report(done, tmp_path):
    source = f"lab:test?n={N}&steps={STEPS}&seed=6"
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


def test_a_study_of_other_problems_has_no_exact_labels(done):
    solution = next(s for (arm, _, _), s in done[1].items() if arm == "ladder 200")
    attempt = extract_record(solution.tree, solution.ledger, solution.answer, True, solution.answer, "last", None)
    assert attempt.judged == attempt.traces == []
    assert all(r.before is None for r in attempt.rewritten)
    assert attempt.hinted and not any(hint.points for hint in attempt.hinted)


def test_what_cannot_be_reported_is_one_clear_line(done, tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    assert main(["report", str(done[0]), "--baseline", "nobody"]) == 2
    assert main(["report", str(done[0]), "--teacher", "ladder 20"]) == 2
    (tmp_path / "file").touch()
    assert main(["report", str(done[0]), "--out", str(tmp_path / "file" / "x")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 4 and "run.sqlite" in error and "ladder 20" in error and "--out" in error
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


@pytest.mark.parametrize(("x", "text"), [(0.0, "0"), (3.14159, "3.14"), (1234.5, "1234"), (2.5e9, "2.5e+09")])
def test_amounts_have_three_digits(x, text):
    assert number(x) == text


def test_arms_that_differ_in_a_threshold_or_a_budget_only_are_joined():
    def arm(rewrite=None, search=None, **budget):
        return {"search": search or {"name": "beam"}, "rewrite": rewrite, "budget": budget}

    arms = {
        "greedy": arm(),
        "rsd / 0.9": arm({"threshold": 0.9, "final": True}),
        "rsd / 0.05": arm({"threshold": 0.05, "final": True}),
        "smart": arm({"threshold": 0.5, "final": False}),
        "beam / 600": arm(search={"name": "beam", "width": 4}, tokens=600),
        "router / 0.5": arm(search={"name": "router", "threshold": 0.5}),
        "router / 0.1": arm(search={"name": "router", "threshold": 0.1}),
        "beam / 300": arm(search={"name": "beam", "width": 2}, tokens=300),
    }
    found = lines(SimpleNamespace(arms=arms))
    assert found == [
        ["greedy"],
        ["rsd / 0.05", "rsd / 0.9"],
        ["smart"],
        ["beam / 300", "beam / 600"],
        ["router / 0.1", "router / 0.5"],
    ]
    assert [common_name(line) for line in found[1:2]] == ["rsd"]


@pytest.mark.slow
def test_what_the_runner_writes_can_be_reported(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text(
        "problems: lab:test?n=6&steps=3-5\n"
        "seeds: [0, 1]\n"
        "arms:\n"
        "  student: greedy\n"
        "  ladder: {grid: {budget.teacher_tokens: [10, 100]}}\n"
        "  sampled: {preset: greedy, search: best-of-n, sampling.temperature: 0.8, scorer: exact,\n"
        "    grid: {size: {few: {budget.reasoner_tokens: 200, search.n: 2},\n"
        "      many: {budget.reasoner_tokens: 800, search.n: 8}}}}\n"
        "  teacher: {preset: greedy, reasoner: 'embedded:teacher'}\n"
    )
    assert main(["run", str(file), "--out", str(tmp_path / "run")]) == 0
    report = make(tmp_path / "run")
    names = [table.name for table in report.tables]
    assert names == "accuracy accuracy_by_family accuracy_by_steps solutions tokens teacher compute".split() + (
        "rewrites triggers hints scores budgets".split()
    )
    assert by_arm(report.tables[0])["teacher"]["of the teacher, %"].value == 1
    assert [row["curve"] for row in rows_of(report.tables[-1])] == ["ladder", "sampled"]
    assert write(report, tmp_path / "out")


@pytest.mark.slow
def test_a_real_browser_shows_the_page_without_a_complaint(report, hostile, tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("NO BROWSER: the page was not opened; install chromium")

    def complaints(text):
        path: Path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        flags = "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
        with tempfile.TemporaryDirectory() as profile:
            command = [browser, *flags.split(), "--disable-sync", "--no-first-run", f"--user-data-dir={profile}"]
            command += ["--enable-logging=stderr", "--dump-dom", path.as_uri()]
            ended = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
        assert "</html>" in ended.stdout
        return [line for line in ended.stderr.splitlines() if "CONSOLE" in line]

    assert complaints(to_html(*report)) == complaints(to_html(*hostile)) == []
    assert complaints(to_html(*report).replace("</main>", "<script>1</script></main>"))
