"""The latest trees, each under an unguessable name and readable only with the key of its request."""

import hmac
import secrets
from collections import OrderedDict

from hintree.export import ShownTree
from hintree.serve.errors import ApiError


class TreeStore:
    """Store the latest trees in memory.

    Args:
        most: Number of trees; 0 stores none.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.kept: OrderedDict[str, tuple[bytes, ShownTree]] = OrderedDict()

    def add(self, owner: bytes, solved: ShownTree) -> str | None:
        """Store a tree, dropping the oldest if full, and return its name, None if nothing is stored."""
        if not self.most:
            return None
        name = secrets.token_urlsafe(24)
        self.kept[name] = owner, solved
        if len(self.kept) > self.most:
            self.kept.popitem(last=False)
        return name

    def find(self, owner: bytes, name: str) -> ShownTree:
        """Return a tree. Raises ApiError with status 404 if there is none of that name, or another caller owns it."""
        tree_owner, solved = self.kept.get(name, (None, None))
        if solved is None or tree_owner is None or not hmac.compare_digest(tree_owner, owner):
            raise ApiError(404, "no such tree, or no longer: only the latest are kept", "tree_not_found")
        return solved
