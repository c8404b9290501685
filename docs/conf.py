"""The site of README.md and docs/, by Sphinx: `make docs` writes it to build/site."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

project = "hintree"
root_doc = "README"
include_patterns = ["*.md", "docs/*.md", "docs/**/*.md"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
myst_heading_anchors = 4
default_role = "code"
autodoc_typehints = "none"  # docstrings say the types of what they describe, signatures the rest
autodoc_member_order = "bysource"
html_theme = "furo"
html_title = "hintree"
html_show_sphinx = False
copybutton_exclude = ".linenos, .gp"

CONTENTS = {
    "Learn": ("docs/tutorial",),
    "How to": (
        "docs/python",
        "docs/evaluate",
        "docs/problems",
        "docs/servers",
        "docs/vllm",
        "docs/protocols",
        "docs/searches",
        "docs/actions",
        "docs/retrieval",
        "docs/presets",
        "docs/scorers",
        "docs/train-hinter",
        "docs/train-corrections",
        "docs/studies",
        "docs/report",
        "docs/views",
        "docs/serve",
        "docs/cluster",
        "docs/coming-from",
    ),
    "Reference": ("docs/reference/command-line", "docs/reference/python", "CHANGELOG"),
    "Explanation": (
        "ARCHITECTURE",
        "docs/lab",
        "docs/grading",
        "docs/runtime",
        "docs/reliability",
        "docs/viewer-changes",
        "SECURITY",
        "CONTRIBUTING",
    ),
    "Results": (
        "docs/reports/README",
        *(["docs/gsm8k"] if Path(__file__).with_name("gsm8k.md").exists() else []),  # `make gsm8k` writes it
        "docs/reports/actions",
        "docs/reports/*/report",
    ),
}
"""Pages of the site by section; README.md is its first page."""


def read_source(_: Any, name: str, source: list[str]) -> None:
    """Add the table of contents to the first page, and the help of every command to its page."""
    if name == root_doc:
        source[0] += "".join(
            f"\n```{{toctree}}\n:hidden:\n:glob:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```\n"
            for caption, pages in CONTENTS.items()
        )
    elif name == "docs/reference/command-line":
        source[0] += command_line()


def command_line() -> str:
    """Return the help text of every command, in one section each."""
    from hintree.cli import build_parser

    os.environ["COLUMNS"] = "100"  # the width of the help, wherever it is built
    return "".join(
        f"\n## `{parser.prog}`\n\n```text\n{parser.format_help().strip()}\n```\n" for parser in commands(build_parser())
    )


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield a parser and those of its commands, each once."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in dict.fromkeys(action.choices.values()):
                yield from commands(one)


def write_index(app: Any, error: Exception | None) -> None:
    """Write index.html, which opens the first page."""
    if error is None:
        page = f'<!doctype html><meta http-equiv="refresh" content="0; url={root_doc}.html"><title>{project}</title>\n'
        (Path(app.outdir) / "index.html").write_text(page, encoding="utf-8")


def setup(app: Any) -> None:
    """Connect the functions above to Sphinx."""
    app.connect("source-read", read_source)
    app.connect("build-finished", write_index)
