"""Sum what each action costs in the arms that use actions."""

from collections.abc import Sequence

from hintree.experiments.report.costs import EACH, generated
from hintree.experiments.report.results import StudyResults, TrialFigure
from hintree.experiments.report.table import Cell, Column, Table
from hintree.search.core.ledger import MODEL_ROLES, Account
from hintree.statistics.bootstrap import ratio


def actions_table(results: StudyResults) -> Table:
    """Tabulate mean calls and tokens of each action, and its share of all generated tokens, by arm."""
    rows: list[list[Cell]] = []
    for arm in results.arms:
        for action in actions_of(results, arm):
            row: list[Cell] = [arm, action, len(results.attempts[arm])]
            for figure in ("calls", "generated_tokens", "forwarded_tokens"):
                row.append(ratio(results.column(arm, account(action, figure)), results.made(arm)))
            tokens = results.column(arm, account(action, "generated_tokens"))
            rows.append([*row, ratio(tokens, results.column(arm, generated(*MODEL_ROLES)))])
    heads = [Column("arm"), Column("action"), Column("attempts"), Column("calls"), Column("generated")]
    heads += [Column("forwarded"), Column("share of generated", "%")]
    caption = (
        "Calls, generated and forwarded tokens of each action, and its share of the tokens that all models generated; "
        f"plain steps, hints and scores belong to no action. Means {EACH}"
    )
    return Table("actions", "Tokens by action", caption, heads, rows)


def actions_of(results: StudyResults, arm: str) -> Sequence[str]:
    """Return the names of the actions of an arm, in the order of their first use."""
    return list(dict.fromkeys(name for attempt in results.attempts[arm].values() for name in attempt.ledger.actions))


def account(action: str, figure: str) -> TrialFigure:
    """Return the function that gives one figure of an action's account; 0 where the attempt did not use it."""
    return lambda attempt: getattr(attempt.ledger.actions.get(action, Account()), figure)
