"""Write the results of a study as CSV and as a summary table. Equal results give equal bytes.

Figures that depend on the machine, on caches or on failures (seconds, forwarded tokens, FLOPs, attempts) are in the
store only.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from hintree.errors import UsageError
from hintree.experiments.study.store import Result, Store
from hintree.search.core.ledger import ALL_ROLES, RETRIEVER, shown_roles
from hintree.statistics.intervals import Share, clustered_share
from hintree.view.text import one_line, table_cell
from hintree.whole_files import write_whole

if TYPE_CHECKING:
    from hintree.experiments.report.prices import Prices

FILE = "results.csv"
FIGURES = ("calls", "prompt_tokens", "generated_tokens", "discarded_tokens")
HEAD = ("arm", "problem", "family", "steps", "seed", "status", "reason", "reference", "answer", "right")


def as_csv(store: Store) -> str:
    """Return the CSV, one row per result, in the study's order."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*HEAD, *(f"{role}_{figure}" for role in roles_of(store) for figure in FIGURES)])
    for row in rows(store):
        writer.writerow(map(table_cell, row))
    return text.getvalue()


def rows(store: Store) -> Iterator[list[object]]:
    """Yield the rows of the table."""
    cases, roles = store.problems(), roles_of(store)
    for result in store.results():
        case = cases[result.problem]
        head = [result.arm, case.id, case.family, case.steps, result.seed, result.status, result.reason]
        head += [case.reference, result.answer, None if result.status == "ungraded" else int(result.right)]
        yield head + [getattr(result.ledger[role], figure) for role in roles for figure in FIGURES]


def roles_of(store: Store) -> tuple[str, ...]:
    """Return the roles with columns of their own; verifier and retriever are where an arm has one."""
    return shown_roles(store.arms().values())


def write_csv(store: Store) -> Path:
    """Write the table beside the store atomically and return its path. Raises UsageError."""
    path = store.path.parent / FILE
    try:
        write_whole(path, as_csv(store))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}; the results are kept beside it") from error
    return path


def accuracy(results: Iterable[Result]) -> Share:
    """Return the share of right results with its 95 % interval, in which results of one problem are a cluster.

    Ungraded results do not count.
    """
    right: Counter[str] = Counter()
    tries: Counter[str] = Counter()
    for result in results:
        if result.status != "ungraded":
            right[result.problem] += result.right
            tries[result.problem] += 1
    return clustered_share(list(right.values()), list(tries.values()))


def accuracy_text(results: Iterable[Result]) -> str:
    """Return the accuracy with its interval as every screen shows it; "-" if no result is graded."""
    share = accuracy(results)
    return str(share) if share.n else "-"


def answered(results: Iterable[Result]) -> list[Result]:
    """Return the results whose answer was not withheld."""
    return [result for result in results if result.status != "abstained"]


def summary(store: Store) -> Table:
    """Return a table with accuracy and its 95 % interval, failures, and tokens per result and role, a row per arm.

    The retriever's column counts look-ups. It has a column of ungraded results if there are some; accuracy is over the
    others. It has columns of withheld answers, and of the accuracy of the others, if there are some; a withheld answer
    is not right.
    """
    there = set(store.keys().values())
    counted = ["failed", *(status for status in ("ungraded", "abstained") if status in there)]
    heads = ["arm", "right", "n", *counted, *["right of answered"] * ("abstained" in there)]
    roles = roles_of(store)
    heads += ["look-ups" if role == RETRIEVER else role for role in roles]
    table = Table(*heads, box=None, padding=(0, 2, 0, 0))
    table.columns[0].overflow, table.columns[1].no_wrap = "fold", True
    for arm, results in by_arm(store).items():
        counts = [sum(result.status == status for result in results) for status in counted]
        tokens = [sum(amount(result, role) for result in results) / len(results) for role in roles]
        shares = [accuracy_text(answered(results))] * ("abstained" in there)
        shown = [*map(shown_amount, counts), *shares, *map(shown_amount, tokens)]
        table.add_row(Text(one_line(arm)), accuracy_text(results), str(len(results)), *shown)
    return table


def amount(result: Result, role: str) -> int:
    """Return the tokens of a role, and the look-ups of the retriever."""
    account = result.ledger[role]
    return account.calls if role == RETRIEVER else account.tokens()


def cost_summary(store: Store, prices: "Prices | None" = None) -> Table:
    """Return a table of the GFLOPs per result of each role, of all and of all but the scorer, and of the price."""
    arms = store.arms()
    roles = roles_of(store)
    heads = ["GFLOPs per result", *roles, "all", "without scorer"]
    heads += [] if prices is None else [prices.currency or "price"]
    table = Table(*heads, box=None, padding=(0, 2, 0, 0))
    table.columns[0].overflow = "fold"
    for arm, results in by_arm(store).items():
        figures = mean_gflops(results, roles)
        if prices is not None:
            from hintree.experiments.report.prices import role_models  # it imports all searches and scorers

            models = role_models(arms[arm])
            figures.append(sum(prices.cost(result.ledger, models) for result in results) / len(results))
        table.add_row(Text(one_line(arm)), *map(shown_cost, figures))
    return table


def mean_gflops(results: Sequence[Result], roles: Sequence[str]) -> list[float]:
    """Return the GFLOPs per result of each role, of all, and of all but the scorer; NaN where a size is unknown."""
    count = max(1, len(results))
    each = {role: sum(result.ledger[role].gflops() for result in results) / count for role in ALL_ROLES}
    whole = sum(each.values())
    writers = sum(figure for role, figure in each.items() if role != "scorer")
    return [*(each[role] for role in roles), whole, writers]


def shown_cost(figure: float) -> str:
    """Format a cost with three digits; a dash for none and for an unknown one."""
    return f"{figure:.3g}" if figure > 0 else "-"


def by_arm(store: Store) -> dict[str, list[Result]]:
    """Return the results of a store by arm."""
    found: dict[str, list[Result]] = {}
    for result in store.results():
        found.setdefault(result.arm, []).append(result)
    return found


def shown_amount(figure: float) -> str:
    """Format an amount as a whole number; a dash for 0."""
    return f"{figure:.0f}" if figure else "-"
