"""``HINTREE_PICTURES=write pytest tests/view/test_pictures.py`` makes the pictures of docs/views.md anew.

Without it, the pictures in docs/ are compared: a page whose look has changed makes a stale picture known.
"""

import hashlib
import json
import os
from pathlib import Path

from hintree.experiments.study.pages import write_run
from hintree.experiments.study.store import Store
from hintree.view.bundle import bundle, source
from tests.support.run_pages import make_run

DOCS = Path(__file__).parents[2] / "docs"
RECORD = DOCS / "view-pictures.json"
SIZE = (1240, 780)
NAMES = ("view-light.png", "view-dark.png", "view-phone.png", "view-index.png")


def looks():
    """Return the hash of all that the pictures are drawn from: scripts, style and templates."""
    parts = [bundle("app"), bundle("index"), *(source(name) for name in ("page.css", "page.html", "index.html"))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def test_the_pictures_of_the_docs_are_those_of_todays_pages(browser, trees, rewritten, tmp_path):
    writing = os.environ.get("HINTREE_PICTURES") == "write"
    if not writing:
        assert json.loads(RECORD.read_text()) == {"looks": looks()}, "stale: HINTREE_PICTURES=write pytest " + __file__
        assert all((DOCS / name).stat().st_size > 20_000 for name in NAMES)
        return
    make_run(tmp_path / "run", 60)
    with Store.open(tmp_path / "run") as store:
        index = write_run(store, tmp_path / "view")
    shots = (
        (NAMES[0], SIZE, "light", f"#tree=1&step={rewritten[0].id}"),
        (NAMES[1], SIZE, "dark", "#tree=0&with=1"),
        (NAMES[2], (360, 780), "light", "#tree=1"),
        (NAMES[3], SIZE, "light", None),
    )
    for name, size, scheme, address in shots:
        browser.resize(*size, scheme)
        if address is None:
            browser.open(index, "#row=4")
        else:
            browser.show(*trees, address=address)
        browser.frame()
        browser.driver.save_screenshot(str(DOCS / name))
        assert 20_000 < (DOCS / name).stat().st_size < 400_000
    browser.usual_size()
    RECORD.write_text(json.dumps({"looks": looks()}) + "\n")
