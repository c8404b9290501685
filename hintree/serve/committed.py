"""Committed steps of a growing tree: the chosen path goes through them, whatever the search does next."""

from itertools import takewhile

from hintree.search import Beam, Gated, Node, Search, Tree


def commits_early(search: Search) -> bool:
    """Return True if steps can be committed before the search ends.

    A gated search, and a beam without lookahead, entropy gate and actions, only ever expand their deepest level. Any
    other search may return to an earlier step, so its path is known at the end only.
    """
    if isinstance(search, Beam):
        return not (search.lookahead or search.entropy or search.actions)
    return isinstance(search, Gated)


def committed_prefix(tree: Tree) -> list[Node]:
    """Return the committed steps of such a search, from the first; valid only while no step waits for its score.

    The chosen path ends in a finished solution, or in or after a step of the deepest level. The common prefix of all
    these paths is committed, except for the deepest level itself, whose steps may still be rewritten.
    """
    open_nodes = [node for node in tree if node.parent is not None and node.status in ("open", "pruned")]
    deepest = max((node.depth for node in open_nodes), default=0)
    ends = tree.terminals() + [node for node in open_nodes if node.depth == deepest]
    deepest = max((node.depth for node in ends), default=0)
    levels = takewhile(
        lambda level: len({node.id for node in level}) == 1, zip(*(n.path() for n in ends), strict=False)
    )
    return [level[0] for level in levels if level[0].depth < deepest]
