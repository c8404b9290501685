"""Bad rows and what good rows leave out, counted in bounded memory and reported once."""

import warnings
from collections.abc import Iterable

from hintree.errors import UsageError

SHOWN = 5
"""Bad rows that a message names one by one."""
MOST = 20
"""Different remarks that are counted."""


class SkippedRowsWarning(UserWarning):
    """Rows were left out because they cannot be read; the message says which and why."""


class LeftOutWarning(UserWarning):
    """Cases do not hold all that their rows say, such as images; the message names the fields and counts the rows."""


class Tally:
    """Counts of one source.

    Args:
        source: Its name, for messages.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.good = 0
        self.bad = 0
        self.first_bad: list[str] = []
        self.remarks: dict[str, tuple[int, str]] = {}

    def count_good(self, place: str, remarks: Iterable[str]) -> None:
        """Count a row that became a case, with remarks about it."""
        self.good += 1
        for remark in remarks:
            count, first = self.remarks.get(remark, (0, place))
            if count or len(self.remarks) < MOST:
                self.remarks[remark] = (count + 1, first)

    def count_bad(self, place: str, error: object) -> None:
        """Count a row that cannot be read."""
        self.bad += 1
        if len(self.first_bad) < SHOWN:
            self.first_bad.append(f"{place}: {error}")

    def report(self, *, skip_bad: bool) -> None:
        """Tell what was counted, as warnings.

        Raises:
            UsageError: There are bad rows that are not to be skipped, or no good ones.
        """
        total = self.good + self.bad
        if self.bad:
            more = f"; and {self.bad - SHOWN} more" if self.bad > SHOWN else ""
            text = f"{self.source}: {self.bad} of {total} rows are bad: {'; '.join(self.first_bad)}{more}"
            if not skip_bad:
                raise UsageError(f"{text}. Fix them, or skip them with --skip-bad (skip_bad=True)")
            warnings.warn(text, SkippedRowsWarning, stacklevel=4)
        if not self.good:
            raise UsageError(f"{self.source}: holds no problem")
        if self.remarks:
            each = (f"{remark} ({n} of {self.good}, first in {at})" for remark, (n, at) in self.remarks.items())
            warnings.warn(f"{self.source}: {'; '.join(each)}", LeftOutWarning, stacklevel=4)
