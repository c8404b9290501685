"""Write the report on a study into a folder (``hintree report``); equal stores give equal bytes."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from hintree.errors import UsageError
from hintree.experiments.report import (
    accuracy,
    actions,
    answers,
    audits,
    budgets,
    citations,
    costs,
    fronts,
    label_mass,
    same_search,
    solutions,
    twins,
)
from hintree.experiments.report.load import load
from hintree.experiments.report.markdown import to_markdown
from hintree.experiments.report.page import to_html
from hintree.experiments.report.picture import check_plots, standalone
from hintree.experiments.report.plots import Plot, plots
from hintree.experiments.report.prices import Prices
from hintree.experiments.report.results import StudyResults
from hintree.experiments.report.spreadsheet import to_csv, to_json
from hintree.experiments.report.table import Table
from hintree.experiments.study.losses import describe
from hintree.experiments.study.store import Store
from hintree.view.text import json_text
from hintree.whole_files import write_whole

log = logging.getLogger(__name__)


class Report(NamedTuple):
    """Report with its title, notes on the study, tables, plots, and the standing of the default preset."""

    title: str
    notes: Sequence[str]
    tables: Sequence[Table]
    plots: Sequence[Plot]
    standing: str

    def to_json(self) -> dict[str, Any]:
        """Return all tables as JSON data."""
        tables = {table.name: to_json(table) for table in self.tables}
        return {"title": self.title, "notes": list(self.notes), "tables": tables}


def make(folder: Path, baseline: str | None = None, teacher: str | None = None, prices: Prices | None = None) -> Report:
    """Return the report on the study in a folder; see ``load`` for arguments and errors."""
    check_plots()
    with Store.open(folder) as store:
        say_missing(store)
        results = load(store, baseline, teacher, prices=prices)
        study_hash, versions, lost = store.meta("study_hash"), store.meta("versions"), describe(store.losses())
    sentences = [*notes(results, study_hash, versions), *[lost] * bool(lost)]
    parts = (tables(results), list(plots(results)), fronts.standing(results))
    return Report(f"Report on {results.name}", sentences, *parts)


def say_missing(store: Store) -> None:
    """Log which attempts of the study have no result or no verdict, before the report on the others is made."""
    wanted = len(store.arms()) * len(store.problems()) * len(store.study["seeds"])
    status = Counter(store.keys().values())
    lacks = {"not made": wanted - status.total(), "ungraded": status["ungraded"], "failed": status["failed"]}
    if found := [f"{count} are {what}" for what, count in lacks.items() if count > 0]:
        log.warning("of %d attempts %s; the report is on the others", wanted, ", ".join(found))


PARTS: tuple[Callable[[StudyResults], Table], ...] = (
    accuracy.accuracy_table,
    lambda results: accuracy.parted_table(results, "family"),
    lambda results: accuracy.parted_table(results, "steps"),
    answers.answers_table,
    solutions.solutions_table,
    costs.cost_table,
    costs.tokens_table,
    actions.actions_table,
    costs.teacher_table,
    same_search.same_search_table,
    costs.compute_table,
    fronts.fronts_table,
    twins.twins_table,
    audits.rewrite_table,
    audits.mistake_table,
    audits.trigger_table,
    audits.hint_table,
    citations.citations_table,
    audits.scores_table,
    label_mass.label_mass_table,
    budgets.budget_table,
)


def tables(results: StudyResults) -> list[Table]:
    """Return all tables that have a row."""
    found = [part(results) for part in tqdm(PARTS, desc="counting", unit="table", delay=2)]
    return [table for table in found if table.rows]


def notes(results: StudyResults, study_hash: str, versions: Mapping[str, str]) -> list[str]:
    """Return sentences about the study, its completeness, and versions."""
    whole = len(results.attempts) * len(results.problems) * len(results.seeds)
    made = sum(map(len, results.attempts.values()))
    attempts = [attempt for arm in results.attempts.values() for attempt in arm.values()]
    failed, ungraded = sum(a.failed for a in attempts), sum(a.ungraded for a in attempts)
    seeds = ", ".join(map(str, results.seeds))
    found = [
        f"{len(results.attempts)} arms, {len(results.problems)} problems, seeds {seeds}",
        f"{made} of {whole} attempts were made, {failed} of them failed"
        + f", {ungraded} are ungraded" * bool(ungraded),
        f"baseline: {results.baseline}",
        f"the teacher alone: {results.teacher or 'no arm'}",
        fronts.standing(results),
        f"study {study_hash}",
    ]
    if versions:
        found.append("versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()))
    return found


def write(report: Report, folder: Path) -> list[Path]:
    """Write report.md, report.html, report.json, a CSV per table, and an SVG and a CSV per plot.

    Returns:
        The files, the page first.

    Raises:
        UsageError: The folder cannot be written.
    """
    parts = (report.title, report.notes, report.tables, report.plots)
    texts = {
        "report.html": to_html(*parts),
        "report.md": to_markdown(*parts),
        "report.json": json_text(report.to_json(), indent=1) + "\n",
        **{f"{table.name}.csv": to_csv(table) for table in report.tables},
        **{f"{plot.name}.svg": standalone(plot.svg) for plot in report.plots},
        **{f"{plot.figures.name}.csv": to_csv(plot.figures) for plot in report.plots},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            write_whole(folder / name, text)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror}; give another --out") from error
    return [folder / name for name in texts]
