"""Which steps of a growing tree are settled: whatever happens, the chosen path goes through them."""

from itertools import takewhile

from hintree.search import Beam, Node, Search, Tree


def settles(search: Search) -> bool:
    """Whether steps can be settled before the search is over.

    A beam without lookahead only ever goes on from its deepest level. Any other search may come back to an earlier
    step, so its path is known at the end.
    """
    return isinstance(search, Beam) and not search.lookahead


def settled(tree: Tree) -> list[Node]:
    """The settled steps of a beam's tree, from the first; ask only while no step waits for its score.

    The chosen path ends in a finished solution, or in or after a step of the deepest level. What all of these paths
    share is settled, but for the deepest level itself, whose steps may still be rewritten.
    """
    alive = [node for node in tree if node.parent is not None and node.status in ("open", "pruned")]
    deepest = max((node.depth for node in alive), default=0)
    ends = tree.terminals() + [node for node in alive if node.depth == deepest]
    deepest = max((node.depth for node in ends), default=0)
    levels = takewhile(
        lambda level: len({node.id for node in level}) == 1, zip(*(n.path() for n in ends), strict=False)
    )
    return [level[0] for level in levels if level[0].depth < deepest]
