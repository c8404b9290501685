"""``HINTREE_PICTURES=write pytest tests/view/test_pictures.py`` makes the pictures in docs/ anew."""

import os
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_pictures_for_the_readme(browser, trees, rewritten, tmp_path):
    browser.driver.set_window_size(1240, 700)
    folder = DOCS if os.environ.get("HINTREE_PICTURES") == "write" else tmp_path
    for name, address, scheme in (
        ("view-light.png", f"#tree=1&step={rewritten[0].id}", "light"),
        ("view-dark.png", "#tree=0&with=1", "dark"),
    ):
        browser.show(*trees, address=address)
        browser.run("document.documentElement.style.colorScheme = arguments[0]; panes.forEach((p) => p.draw())", scheme)
        browser.frame()
        browser.driver.save_screenshot(str(folder / name))
        assert 20_000 < (folder / name).stat().st_size < 200_000
        assert (DOCS / name).exists()
    browser.driver.set_window_size(1400, 900)
