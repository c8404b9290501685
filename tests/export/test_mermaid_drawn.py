"""Mermaid itself draws our diagrams: every step is a box that shows its texts, whatever they are.

``HINTREE_MERMAID`` names the library's file ``mermaid.min.js``, which is not in the repository.
"""

import os
from pathlib import Path

import pytest

from hintree.export import ShownTree, render
from hintree.search import Problem, StepOutput, Tree
from hintree.search.core.hints import Hint
from hintree.view.text import one_line
from tests.support.browser import large_tree
from tests.support.hostile_texts import HOSTILE

LIBRARY = os.environ.get("HINTREE_MERMAID", "")
MATH = ["$x^2$ and $$\\frac{1}{2}$$", 'he said "it is $5"', "`code` #35; &amp; end", "subgraph end --> x", "a;b %% c"]
DRAW = """
const [source, done] = [arguments[0], arguments[1]];
mermaid.initialize({startOnLoad: false});
mermaid.render("made", source).then(({svg}) => {
  document.body.innerHTML = svg;
  const boxes = [...document.querySelectorAll("g.node")];
  done([boxes.length, document.querySelectorAll("path.flowchart-link").length, boxes.map((box) => box.textContent)]);
}, (error) => done([0, 0, [String(error)]]));
"""


@pytest.mark.slow
@pytest.mark.skipif(not LIBRARY, reason="HINTREE_MERMAID names no mermaid.min.js")
def test_mermaid_draws_every_step_with_its_texts(browser):
    odd = Tree(Problem("What is $x$?"))
    for text in [*MATH, *HOSTILE]:
        odd.add(odd.root, StepOutput(text, "delimiter", 3, 0.5, 0.5, 0.1), "teacher", hint=Hint(text))
    trees = [ShownTree(odd, odd.nodes[-1]), large_tree(300)]
    browser.show(trees[0])
    for shown in trees:
        file = browser.folder / "mermaid.html"
        file.write_text(
            f"<meta charset=utf-8><body></body><script>{Path(LIBRARY).read_text('utf-8')}</script>", "utf-8"
        )
        browser.driver.get(file.as_uri())
        boxes, edges, texts = browser.driver.execute_async_script(DRAW, render(shown, ".mmd").decode())
        assert boxes == len(shown.tree), texts
        assert edges == len(shown.tree) - 1
        assert browser.run("return window.pwned") is None
        plain = "".join("".join(text.split()) for text in texts)
        for node in shown.tree.nodes[1:]:
            assert "".join(one_line(node.step.text, 24)[:-1].split()) in plain
