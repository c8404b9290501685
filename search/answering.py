"""A search and the questions to models by which its answer is then selected, as one coroutine.

``select`` (selection.py) is a function of the tree. What the selections "mutual" and "verdict" need from models is
requested here, after the search, in the same run: batched, within one budget, in one ledger and one recording.
"""

from hintree.search.agreement import complete_solutions
from hintree.search.algorithms.base import Search
from hintree.search.core.tree import Tree
from hintree.search.escalation import Rewrite
from hintree.search.selection import Selection, classes_of, finished_solutions, most_agreed
from hintree.search.verdict import give_verdict


async def grow_and_ask(search: Search, tree: Tree, rule: Rewrite | None, selection: Selection) -> None:
    """Grow a tree, then ask the roles that the selection needs, unless all solutions state the same answer.

    Args:
        search: The search.
        tree: A tree that holds only the root.
        rule: The rewrite rule; None rewrites no step.
        selection: How the answer will be selected.
    """
    await search.grow(tree, rule)
    finished = finished_solutions(tree) if selection.roles else []
    if len(set(classes_of(tree, finished).values())) < 2:
        return
    if selection.choice == "mutual":
        await complete_solutions(tree, finished, selection.cuts)
    else:
        await give_verdict(tree, most_agreed(tree, finished, selection))
