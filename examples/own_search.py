"""Write a search of your own: one class with one coroutine that grows the tree.

::

    python examples/own_search.py
"""

from dataclasses import dataclass

import hintree
from hintree.search import Node, Rewrite, Tree, expand, rewrite

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"


@dataclass(frozen=True)
class Backtrack:
    """Depth-first: the best next step first, back to the next best where all are below ``enough``.

    Attributes:
        branch: Steps that are tried after each step.
        enough: Least score of a step to go on from, in [0, 1].
        expansions: Most steps to expand.
    """

    branch: int = 3
    enough: float = 0.5
    expansions: int = 30

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Expand the top of a stack until a solution is finished."""
        stack: list[Node] = [tree.root]
        for _ in range(self.expansions):
            if not stack or tree.terminals():
                return
            children = await expand(tree, [stack.pop()], branch=self.branch)
            children = await rewrite(tree, children, rule)
            good = [node for node in children if node.status == "open" and (node.score or 0.0) >= self.enough]
            stack += sorted(good, key=lambda node: node.score or 0.0)


def main() -> None:
    """Solve one question with the search and print how much of the tree it needed."""
    solution = hintree.solve(QUESTION, search=Backtrack())
    print(f"answer: {solution.answer}; {len(solution.tree)} nodes, {len(solution.steps)} on the path")


if __name__ == "__main__":
    main()
