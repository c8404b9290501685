"""The latest trees, each under a name that cannot be guessed, and for nobody but who asked for it."""

import hmac
import secrets
from collections import OrderedDict

from hintree.export import Solved
from hintree.serve.errors import RefusalError


class Trees:
    """Keeps the ``most`` latest trees."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.kept: OrderedDict[str, tuple[bytes, Solved]] = OrderedDict()

    def keep(self, owner: bytes, solved: Solved) -> str | None:
        """Keep a tree in place of the oldest; its name, None if none are kept."""
        if not self.most:
            return None
        name = secrets.token_urlsafe(24)
        self.kept[name] = owner, solved
        if len(self.kept) > self.most:
            self.kept.popitem(last=False)
        return name

    def find(self, owner: bytes, name: str) -> Solved:
        """A tree. Raises RefusalError with status 404 if there is none of that name, or it is another caller's."""
        whose, solved = self.kept.get(name, (None, None))
        if solved is None or whose is None or not hmac.compare_digest(whose, owner):
            raise RefusalError(404, "no such tree, or no longer: only the latest are kept", "tree_not_found")
        return solved
