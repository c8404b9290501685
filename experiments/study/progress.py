"""Progress line of a study: results, accuracy so far, tokens per role, remaining time."""

import sys
from collections import Counter
from collections.abc import Iterable

from tqdm import tqdm

from hintree.experiments.study.store import Result
from hintree.experiments.study.store_rows import STATUSES
from hintree.search.core.ledger import MODEL_ROLES
from hintree.view.text import message

FORM = "{n_fmt}/{total_fmt} [{bar:12}]{postfix}, {elapsed} elapsed, {remaining} remaining"
WARNINGS = 5
"""Different warnings that are printed; the others are counted."""


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
        self.warnings: set[str] = set()

    def add(self, results: Iterable[Result], *, old: bool = False) -> None:
        """Count results; ``old`` ones are from an earlier run and do not count for the speed."""
        for result in results:
            self.counts[result.status] += 1
            self.counts["right"] += result.right
            for role in MODEL_ROLES:
                self.tokens[role] += result.ledger[role].tokens()
        done = sum(self.counts[status] for status in STATUSES)
        if old:
            self.bar.initial = self.bar.n = done
        self.bar.set_postfix_str(self.words(), refresh=False)
        self.bar.update(done - self.bar.n)

    def words(self) -> str:
        """Return accuracy and tokens so far."""
        done = sum(self.counts[status] for status in STATUSES if status != "ungraded")
        share = f"{100 * self.counts['right'] / done:.1f} % right" if done else "none yet"
        rest = "".join(f", {self.counts[name]} {name}" for name in STATUSES[:-1] if self.counts[name])
        spent = " ".join(f"{role} {tqdm.format_sizeof(n)}" for role, n in self.tokens.items() if n)
        return f"{share}{rest}, tokens: {spent or '-'}"

    def warn(self, text: str) -> None:
        """Print a warning above the progress line, each text once and at most ``WARNINGS`` of them."""
        if text not in self.warnings and len(self.warnings) < WARNINGS:
            tqdm.write(f"hintree: warning: {message(text)}", file=sys.stderr)
        self.warnings.add(text)

    def close(self) -> None:
        """End the progress line, and count the warnings that were not printed."""
        self.bar.close()
        if (more := len(self.warnings) - WARNINGS) > 0:
            print(f"hintree: {more} more warnings", file=sys.stderr)
