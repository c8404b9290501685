"""The page of the GSM8K studies: finished arms only, one number of problems a table, and text that is kept."""

import re
import sys

import pytest

from hintree.errors import UsageError
from hintree.experiments import STUDIES
from hintree.experiments.gsm8k import __main__ as command
from hintree.experiments.gsm8k.page import PARTS, PLACE, make
from tests.support.gsm8k_stores import folders, make_store

SHIPPED = STUDIES / "gsm8k" / "page.md"
TEMPLATE = """# Title
Kept text.
<!-- studies -->
<!-- arms greedy -->
<!-- arms hints -->
<!-- pairs hints: plan against no hints; first step against no hints -->
<!-- goals -->
<!-- failed -->
<!-- ungraded -->
<!-- unfinished -->
<!-- names -->
"""


def studies(path, monkeypatch):
    """Make stores of two studies: chains of both models on 6 problems, hints on 4."""
    folders(path, monkeypatch)
    make_store(path / "runs", "greedy", {"0.5B": "100000", "1.5B": "111110"}, limit=6)
    states = {("plan", "p1"): "failed", ("no hints", "p3"): "ungraded"}
    hints = {"no hints": "1000", "plan": "1111", "first step": "11"}
    make_store(path / "runs", "hints", hints, limit=4, status=lambda arm, id: states.get((arm, id), "done"))
    (path / "page.md").write_text(TEMPLATE)
    return path / "runs"


def test_a_page_has_the_text_and_the_finished_arms(tmp_path, monkeypatch):
    runs = studies(tmp_path, monkeypatch)
    page = make(runs, tmp_path / "page.md", "gsm8k.md")["gsm8k.md"]
    assert page == make(runs, tmp_path / "page.md", "gsm8k.md")["gsm8k.md"]
    assert "# Title\nKept text.\n" in page
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert [row[:26] for row in rows if re.match(r"\| (0.5B|1.5B|no hints|plan) \| [46] ", row)] == [
        "| 0.5B | 6 | 16.7 [3.0, 56",
        "| 1.5B | 6 | 83.3 [43.6, 9",
        "| no hints | 4 | 33.3 [6.1",
        "| plan | 4 | 75.0 [30.1, 9",
    ]
    [larger] = [row for row in rows if row.startswith("| 1.5B")]
    assert larger.endswith("| 0 | 0 | 100 | 0 | 100 | 100 |"), "tokens of the model that hints are the teacher's"
    assert "| plan | no hints | +33.3 [+0.0, +100.0] | 1 | 0 | 1 |" in page, "on the three that are graded in both"
    assert "Not run yet: first step against no hints." in page
    assert "| p1 | hints | plan | 1 | failed: no memory |" in page
    assert "| p3 | hints | no hints | 1 | 2 |" in page
    assert "| hints | first step | 2 | 4 |" in page and "| hints | leaks kept | 0 | 4 |" in page
    assert "| votes | all | 0 | - |" in page
    assert "4 of 11 arms are finished, and the studies teachers, votes, judges, searches, pool are not begun" in page


def test_arms_with_the_same_settings_on_the_same_problems_stand_once(tmp_path, monkeypatch):
    folders(tmp_path, monkeypatch)
    make_store(tmp_path / "runs", "greedy", {"0.5B": "1000", "1.5B": "1111"}, limit=4)
    make_store(tmp_path / "runs", "hints", {"no hints": "1000", "of the next problem": "0000"}, limit=4)
    (tmp_path / "page.md").write_text("<!-- names -->\n<!-- fronts -->\n")
    page = make(tmp_path / "runs", tmp_path / "page.md", "page.md")["page.md"]
    assert "| greedy: 0.5B | hints: no hints |" in page
    assert "| greedy: 1.5B | 100.0 [51.0, 100.0] |" in page and "hints: of the next problem" not in page


def test_the_shipped_page_names_parts_and_arms_that_there_are(tmp_path, monkeypatch):
    folders(tmp_path, monkeypatch)
    places = [(place[1], place[2]) for place in PLACE.finditer(SHIPPED.read_text())]
    assert len(places) > 10 and {part for part, _ in places} == set(PARTS)
    listed = next(argument for part, argument in places if part == "pairs").removeprefix("hints: ")
    arms = make_store(tmp_path / "runs", "hints", {}, limit=4)
    assert {arm for pair in listed.split("; ") for arm in pair.split(" against ")} <= set(arms)
    page = make(tmp_path / "runs", SHIPPED, "gsm8k.md")
    assert list(page) == ["gsm8k.md"] and "Not run yet" in page["gsm8k.md"], "without a finished arm"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("one\n<!-- tables votes -->\n", "line 2: 'tables' is no part of the page: studies"),
        ("<!-- plot teachers -->\n", "plot 'teachers': give one of teacher_tokens, flops"),
    ],
)
def test_a_template_that_names_an_unknown_part_is_refused(tmp_path, monkeypatch, text, error):
    folders(tmp_path, monkeypatch)
    make_store(tmp_path / "runs", "greedy", {"0.5B": "1000"}, limit=4)
    (tmp_path / "page.md").write_text(text)
    with pytest.raises(UsageError, match=error):
        make(tmp_path / "runs", tmp_path / "page.md", "page.md")
    with pytest.raises(UsageError, match=r"no study is there; run `make gsm8k`"):
        make(tmp_path / "nothing", tmp_path / "page.md", "page.md")
    with pytest.raises(UsageError, match=r"--page .*cannot be read"):
        make(tmp_path / "runs", tmp_path / "absent.md", "page.md")


@pytest.mark.slow
def test_the_command_writes_the_shipped_page_with_its_pictures(tmp_path, monkeypatch, capsys):
    runs = studies(tmp_path, monkeypatch)
    make_store(runs, "teachers", {"student": "100000", "specreason": "111111"}, limit=6, teacher=lambda arm: 7)
    for out in ("one", "two"):
        monkeypatch.setattr(sys, "argv", ["gsm8k", "--runs", str(runs), "--out", str(tmp_path / out / "gsm8k.md")])
        command.main()
    assert capsys.readouterr().out.count("and 2 pictures beside it") == 2
    files = sorted((tmp_path / "one").iterdir())
    assert [file.name for file in files] == ["gsm8k-flops.svg", "gsm8k-teacher-tokens.svg", "gsm8k.md"]
    page = files[-1].read_text()
    assert "3 arms on the same 6 problems, of the studies greedy, teachers." in page
    assert "teachers: specreason" in files[1].read_text()
    assert all(file.read_bytes() == (tmp_path / "two" / file.name).read_bytes() for file in files)
