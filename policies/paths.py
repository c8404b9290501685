"""Parts of a path of steps: its thoughts, and a step that was cut."""

from collections.abc import Sequence

from hintree.search import Node, Problem, StepOutput, Tree


def without_thoughts(path: Sequence[Node]) -> Sequence[Node]:
    """Return the steps of a path without its thoughts, once the solution has begun; within a thought, all of them."""
    return path if path and path[-1].step.thinking else [node for node in path if not node.step.thinking]


def thought_tokens(path: Sequence[Node]) -> int:
    """Return the generated tokens of the thoughts on a path."""
    return sum(node.step.tokens for node in path if node.step.thinking)


def unfinished_start(path: Sequence[Node]) -> int:
    """Return the index where the pieces of a cut last step begin; ``len(path)`` if the last step is complete."""
    start = len(path)
    while start and path[start - 1].step.ended == "length":
        start -= 1
    return start


def path_of(question: str, steps: Sequence[str]) -> list[Node]:
    """Return a path of complete steps, as a search would hold it."""
    tree = Tree(Problem(question))
    node = tree.root
    for step in steps:
        node = tree.add(node, StepOutput(step, "delimiter", 0, 1.0, 1.0, 0.0), "reasoner")
    return node.path()
