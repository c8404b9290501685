"""The pages of a run: a real one, and one in which every text is hostile."""

import json

import pytest

from hintree.cli import main
from hintree.experiments.study.pages import write_run
from hintree.experiments.study.result_table import cost_summary
from hintree.experiments.study.store import Store
from hintree.experiments.study.store_rows import Result, pack_tree
from hintree.experiments.study.store_study import StoredCase, key_of
from hintree.search import Ledger, Problem, StepOutput, Tree
from tests.support import report_study
from tests.support.hostile_texts import HOSTILE
from tests.support.report_study import ESCALATION, LAST, make_study

ARMS = {"student": report_study.ARMS["student"], "hintree": {"preset": "hintree", **ESCALATION, **LAST}}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run by the shipped models; the workers of ``hintree run`` are looked at in test_study.py."""
    folder = tmp_path_factory.mktemp("run")
    make_study(folder, seeds=(0,), arms=ARMS, source="lab:test?n=4&steps=3-5&seed=10")
    return folder


@pytest.fixture(scope="module")
def results(run):
    with Store.open(run) as store:
        return list(store.results())


def test_a_run_opens_as_an_index_with_failures_first_and_links_to_its_trees(run, results, browser, capsys):
    assert main(["view", str(run), "--follow"]) == 0, "which ends, as all results are there"
    index = run / "view" / "index.html"
    assert capsys.readouterr().out.strip() == str(index)
    browser.open(index)
    assert not browser.one("#live").is_displayed()
    shown = [row.text for row in browser.all("#arms tbody tr")]
    with Store.open(run) as store:
        costs = zip(*(column.cells for column in cost_summary(store).columns), strict=True)
    for arm, row, (_, *cost) in zip(("student", "hintree"), shown, costs, strict=True):
        right = [result.right for result in results if result.arm == arm]
        assert f"{arm} {100 * sum(right) / len(right):.1f} % [" in row and f" {len(right)} 0 " in row
        assert row.split()[-6:] == cost, "GFLOPs by role, of all, and of all but the scorer"
    rows = browser.all("#problems tr[data-place]")
    wrong = [len(row.find_elements("css selector", ".result.wrong")) for row in rows]
    assert len(rows) == 4 and wrong == sorted(wrong, reverse=True) and sum(wrong) == sum(not r.right for r in results)
    link = rows[0].find_elements("css selector", "a.result")[1]
    mark, answer = link.text.split("\n")
    link.click()
    browser.until(lambda: browser.run("return document.documentElement.dataset.ready"))
    story = browser.one(".story").text
    assert ("✓ right" in story) == (mark == "✓") and answer in story and "hintree" in story
    wrong_step = browser.run("return trees.map((tree) => tree.story.first_wrong)")
    assert [step is None for step in wrong_step] == browser.run("return trees.map((tree) => tree.story.right)")
    assert browser.run("return trees.length") == 2, "both arms of the problem, to be compared"
    assert browser.log() == ([], []), "no complaint, no request"


def test_the_chosen_path_of_a_page_states_the_answer_of_the_result(run, results, browser):
    with Store.open(run) as store:
        keys = list(store.problems())
    for result in results:
        page = run / "view" / f"problem-{keys.index(result.problem) + 1:05d}.html"
        browser.open(page, f"#tree={int(result.arm == 'hintree')}")
        assert browser.run("return current.tree.answer[current.tree.chosen] ?? null") == result.answer


def test_a_run_makes_training_rows_and_only_right_solutions_are_taught(run, results, tmp_path, capsys):
    rows = {}
    for form in ("prm", "sft"):
        assert main(["export", str(run), "--to", str(tmp_path / f"{form}.jsonl")]) == 0
        rows[form] = [json.loads(line) for line in (tmp_path / f"{form}.jsonl").read_text().splitlines()]
    assert len(rows["sft"]) == sum(result.right for result in results)
    assert len({row["prompt"] for row in rows["prm"]}) == 4
    with Store.open(run) as store:
        rewrites = [n for r in results for n in store.tree(*r[:3]) if n.replaces is not None]
    assert not rewrites, "this run has no two versions of a step"
    assert main(["export", str(run), "--to", str(tmp_path / "dpo.jsonl")]) == 2
    assert "dpo" in capsys.readouterr().err and not (tmp_path / "dpo.jsonl").exists()


def test_a_page_of_somebody_else_is_not_written_over(run, tmp_path, capsys):
    (tmp_path / "index.html").write_text("my page")
    assert main(["view", str(run), "--to", str(tmp_path)]) == 2
    assert "not a page of hintree" in capsys.readouterr().err
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("index.html", "my page")]


def test_hostile_texts_of_a_run_stay_texts(browser, tmp_path):
    cases = [StoredCase(text, f"{text}?", text, text, None) for text in HOSTILE if "\ud800" not in text]
    study = {
        "name": HOSTILE[0],
        "baseline": HOSTILE[0],
        "arms": {text: {"preset": text} for text in HOSTILE[:3]},
        "seeds": [0],
        "problems": HOSTILE[0],
    }
    with Store.create(tmp_path / "run", study, cases) as store:
        for case in cases:
            tree = Tree(Problem(case.question, case.id))
            tree.add(tree.root, StepOutput(case.id, "end", 1, 0.5, 0.5, 0.1, case.id), "reasoner")
            key = key_of(case.id, case.question)
            done = Result(HOSTILE[0], key, 0, "done", case.id, case.id, True, Ledger(), {})
            failed = done._replace(arm=HOSTILE[1], status="failed", answer=None, right=False)
            store.add([(done, pack_tree(tree)), (failed, None)])
    with Store.open(tmp_path / "run") as store:
        index = write_run(store, tmp_path / "pages")
    browser.open(index)
    browser.run("document.getElementById('scroll').style.height = '2000px'; table.rows(); select(0)")
    assert len(browser.all("td a.right")) == len(browser.all("td span.failed")) == len(cases)
    assert not browser.all("img, iframe, svg, base") and len(browser.all("meta, style, script")) == 7
    assert browser.run("return window.pwned") is None
    assert browser.log() == ([], []), "no complaint, no request"
