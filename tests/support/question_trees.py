"""A tree of sub-questions, with a list of them, a query and passages: every kind of node that actions add."""

from hintree.search import Passage, Problem, StepOutput, Tree
from hintree.search.actions import ACTIONS
from hintree.view.shown_tree import ShownTree

QUESTION = "Ana has 4 pens, Ben 3 more. How many have both?"
CHAIN = (
    ("query", "pens"),
    ("look_up", "A pen is <b>one</b> pen."),
    ("ask", "How many has Ben?"),
    ("split", "How many more has Ben?"),
    ("sub_answer", "3 more."),
    ("merge", "4 + 3 = 7."),
    ("solve", "4 + 7 = 11. The answer is 11."),
)
"""Actions and texts of the chosen path."""


def question_tree():
    """Return the tree with its chosen path, and beside it a list of sub-questions with a line of it."""
    tree = Tree(Problem(QUESTION))
    listed = write(tree, tree.root, "sub_questions", "How many has Ben?\nHow many have both?")
    write(tree, listed, "ask", "How many has Ben?", copy_of=listed)
    return ShownTree(tree, add_chain(tree, [text for _, text in CHAIN]))


def add_chain(tree, texts):
    """Add the nodes of ``CHAIN`` with other texts to a tree, and return the last."""
    node = tree.root
    for (name, _), text in zip(CHAIN, texts, strict=True):
        node = write(tree, node, name, text)
    return node


def write(tree, node, name, text, *, copy_of=None, passages=()):
    action, ends = ACTIONS[name], name == "solve"
    step = StepOutput(text, "end" if ends else "delimiter", 3, 0.9, 0.8, 0.1, "11" if ends else None)
    passages = passages or ((Passage("p1", text),) if name == "look_up" else ())
    return tree.add(node, step, action.author, action=action, copy_of=copy_of, passages=passages)
