"""Progress line of a study: results, accuracy so far, tokens per role, time left."""

from collections import Counter
from collections.abc import Iterable

from tqdm import tqdm

from hintree.experiments.study.store import Result
from hintree.search.core.ledger import ROLES

FORM = "{n_fmt}/{total_fmt} [{bar:12}]{postfix}, {elapsed} gone, {remaining} left"


class Progress:
    """Progress line on standard error.

    Args:
        total: Number of results of the complete study.
        show: False to print nothing.
    """

    def __init__(self, total: int, *, show: bool = True) -> None:
        self.bar = tqdm(total=total, bar_format=FORM, disable=not show, ascii=" -", dynamic_ncols=True, smoothing=0)
        self.counts: Counter[str] = Counter()
        self.tokens: Counter[str] = Counter()

    def add(self, results: Iterable[Result], *, old: bool = False) -> None:
        """Count results; ``old`` ones are from an earlier run and do not count for the speed."""
        for result in results:
            self.counts[result.status] += 1
            self.counts["right"] += result.right
            for role in ROLES:
                self.tokens[role] += result.ledger[role].tokens()
        done = self.counts["done"] + self.counts["failed"] + self.counts["ungraded"]
        if old:
            self.bar.initial = self.bar.n = done
        self.bar.set_postfix_str(self.words(), refresh=False)
        self.bar.update(done - self.bar.n)

    def words(self) -> str:
        """Return accuracy and tokens so far."""
        done = self.counts["done"] + self.counts["failed"]
        share = f"{100 * self.counts['right'] / done:.1f} % right" if done else "none yet"
        rest = "".join(f", {self.counts[name]} {name}" for name in ("failed", "ungraded") if self.counts[name])
        spent = " ".join(f"{role} {tqdm.format_sizeof(n)}" for role, n in self.tokens.items() if n)
        return f"{share}{rest}, tokens: {spent or '-'}"

    def close(self) -> None:
        """End the progress line."""
        self.bar.close()
