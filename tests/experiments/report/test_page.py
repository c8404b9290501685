import re
import shutil
import subprocess
import tempfile
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hintree.data import read_cases
from hintree.experiments.report.markdown import to_markdown
from hintree.experiments.report.page import to_html
from hintree.experiments.report.spreadsheet import to_csv
from hintree.experiments.report.table import Column, Table, number
from hintree.experiments.report.write import make
from hintree.experiments.study.losses import Loss
from hintree.experiments.study.store import Store
from hintree.statistics.bootstrap import Estimate
from tests.support.report_study import ARMS, SOURCE, STEPS, N, as_result, stored, study

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=cmd|'/c calc'!A1",
    "_$\\frac{1}{0}$ | `x` [a](javascript:alert(1)) \x1b[31m\u202e",
)


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


@pytest.fixture(scope="module")
def hostile(done, tmp_path_factory):
    """The same results under hostile names of arms and study."""
    folder = tmp_path_factory.mktemp("hostile")
    source = SOURCE.format(N, STEPS)
    cases = read_cases(source)
    arms = dict(zip(HOSTILE, ARMS.values(), strict=False))
    with Store.create(
        folder, study(arms, source, (0,), name=HOSTILE[0]), stored(cases), versions={"<b>": "</ul>"}
    ) as store:
        for new, old in zip(arms, ARMS, strict=False):
            rows = [as_result(new, case, 0, done[1][old, case.problem.id, 0]) for case in cases]
            store.add(rows, losses=[Loss(f"killed by {HOSTILE[0]}", new)])
    return make(folder)


def test_the_page_is_whole_and_loads_nothing(report):
    text = to_html(*report[:4])
    page = Page(text)
    assert page.open == []
    assert not {"script", "img", "link", "iframe", "object", "form"} & {*page.tags}
    assert not {"src", "srcset", "action"} & {name for name, _ in page.attributes}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    links = [value for name, value in page.attributes if name in ("href", "xlink:href")]
    anchors = {value for name, value in page.attributes if name == "id"}
    assert links and all(link.startswith("#") and link[1:] in anchors for link in links)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text
    assert page.captions == len(report.tables) and page.titles == len(report.plots) >= 5
    assert "prefers-color-scheme: dark" in text and "@media print" in text and 'name="viewport"' in text


def test_hostile_names_stay_texts(hostile, report):
    page, fine = Page(to_html(*hostile[:4])), Page(to_html(*report[:4]))
    assert page.open == [] and {*page.tags} <= {*fine.tags}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    for text in (to_html(*hostile[:4]), to_markdown(*hostile[:4]), *(plot.svg for plot in hostile.plots)):
        assert not {"\x1b", "\u202e"} & {*text}
    for text in (to_html(*hostile[:4]), to_markdown(*hostile[:4])):
        assert f"{len(HOSTILE)} workers were lost and replaced: killed by " in text
    assert not re.search(r"(?<!\\)[<`]|(?<!\\)\]\(java", to_markdown(*hostile[:4]))


def test_no_cell_of_a_csv_file_begins_a_formula(hostile):
    texts = [to_csv(table) for table in hostile.tables]
    assert any("'=cmd" in text for text in texts)
    assert not any(re.search(r'(^|,)"?[=+@\t]', text, re.MULTILINE) for text in texts)
    column = [Column("x"), Column("y", "points")]
    rows = [[cell, Estimate(-0.5, -1.0, 0.25, 3)] for cell in ("-1+1", "+x", "@x", "\tx", "\rx", "a=b")]
    lines = to_csv(Table("t", "t", "t", column, rows)).split("\n")
    assert lines[0] == "x,y,y low,y high"
    assert lines[1] == "'-1+1,-0.5,-1.0,0.25"
    assert lines[2].startswith("'+x")
    assert sum(",-0.5,-1.0,0.25" in line for line in lines) == 6 and any(line.startswith("a=b,") for line in lines)


@pytest.mark.parametrize(("x", "text"), [(0.0, "0"), (3.14159, "3.14"), (1234.5, "1234"), (2.5e9, "2.5e+09")])
def test_amounts_have_three_digits(x, text):
    assert number(x) == text


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

    assert complaints(to_html(*report[:4])) == complaints(to_html(*hostile[:4])) == []
    assert complaints(to_html(*report[:4]).replace("</main>", "<script>1</script></main>"))
