"""Training rows of rewritten steps."""

import json

from hintree.export.rows import to_lines
from hintree.search import Problem, StepOutput, Tree
from hintree.view.shown_tree import ShownTree


def test_a_rejected_step_is_never_chosen():
    def pair(kept_score, old_score):
        tree = Tree(Problem("How many?"))
        old = tree.add(tree.root, StepOutput("4 + 3 = 8.", "delimiter", 3, 0.5, 0.5, 0.1), "reasoner")
        new = tree.add(tree.root, StepOutput("4 + 3 = 7.", "delimiter", 3, 0.5, 0.5, 0.1), "teacher", replaces=old)
        tree.record_score(old, old_score)
        tree.record_score(new, kept_score)
        old.replace_by(new, "always")
        return [json.loads(line)["chosen"] for line in to_lines("dpo", [ShownTree(tree, new)])]

    assert pair(0.9, 0.1) == ["4 + 3 = 7."]
    assert pair(0.1, 0.9) == []
