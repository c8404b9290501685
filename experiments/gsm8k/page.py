"""Fill the template of the page: each comment that names a part is replaced by the part, all other text is kept."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from hintree.errors import UsageError
from hintree.experiments.gsm8k.goals import goals_table
from hintree.experiments.gsm8k.stores import JoinedStudy, LoadedStudy, join, load_studies
from hintree.experiments.gsm8k.tables import (
    arms_table,
    names_table,
    pairs_table,
    studies_table,
    unclear_table,
    unfinished_table,
)
from hintree.experiments.report.accuracy import accuracy, right_of
from hintree.experiments.report.budgets import lines
from hintree.experiments.report.fronts import front, fronts_table
from hintree.experiments.report.markdown import escape, rows_text
from hintree.experiments.report.picture import standalone
from hintree.experiments.report.plots import against, told_lines
from hintree.experiments.report.results import StudyResults
from hintree.experiments.report.same_search import same_search_table
from hintree.experiments.report.table import Table

PLACE = re.compile(r"^<!-- (\w+)(?: (.*))? -->$", re.MULTILINE)
"""A line that names a part, with its argument."""
HEAD = "<!-- Made by `python -m hintree.experiments.gsm8k`: edit {name}; all figures come from the studies. -->\n"
ABSENT = "*Not run yet.*"
PLOTS = {"teacher_tokens": "teacher tokens", "flops": "GFLOPs"}
"""Names of the plots of accuracy against a cost, with that cost (``fronts.COSTS``)."""
EMPTY = Table("empty", "", "", (), ())
"""Table without rows."""


class Figures(NamedTuple):
    """All that the parts of the page are made of.

    studies: All studies.
    joined: Those on the same problems, joined; None without a finished arm.
    stem: Name of the page without its ending, which the names of its pictures begin with.
    pictures: Pictures by the name of their file, to which parts add theirs.
    """

    studies: Sequence[LoadedStudy]
    joined: JoinedStudy | None
    stem: str
    pictures: dict[str, str]


def make(runs: Path, template: Path, name: str) -> dict[str, str]:
    """Return the page and its pictures by the name of their file.

    Args:
        runs: Folder with the folders of the studies.
        template: Page with the text, in which a line such as ``<!-- arms votes -->`` names a part of ``PARTS``.
        name: Name of the page's file.

    Raises:
        UsageError: There is no study, a store is damaged, or the template cannot be read or names an unknown part.
    """
    try:
        text = template.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--page {template}: cannot be read: {error}") from error
    studies = load_studies(runs)
    figures = Figures(studies, join(studies), Path(name).stem, {})

    def fill(place: re.Match[str]) -> str:
        part, argument = place[1], place[2] or ""
        if part not in PARTS:
            line = text.count("\n", 0, place.start()) + 1
            raise UsageError(f"{template}, line {line}: {part!r} is no part of the page: {', '.join(PARTS)}")
        return PARTS[part](figures, argument)

    page = HEAD.format(name=f"{template.parent.name}/{template.name}") + PLACE.sub(fill, text)
    return {name: page, **figures.pictures}


def study_results(figures: Figures, name: str) -> StudyResults | None:
    """Return the results of a study; None if there is no such study or no arm of it is finished."""
    return next((study.results for study in figures.studies if study.name == name), None)


def of_study(table: Callable[[StudyResults], Table]) -> Callable[[Figures, str], str]:
    """Return the part that is a table of the study in its argument."""

    def part(figures: Figures, argument: str) -> str:
        results = study_results(figures, argument)
        return ABSENT if results is None else with_caption(table(results))

    return part


def of_studies(table: Callable[[Figures], Table], none: str) -> Callable[[Figures, str], str]:
    """Return the part that is a table of all studies, or the text ``none`` where that has no rows."""

    def part(figures: Figures, argument: str) -> str:
        made = table(figures)
        return with_caption(made) if made.rows else none

    return part


def with_caption(table: Table) -> str:
    """Format a table above its caption."""
    return f"{rows_text(table)}\n\n{escape(table.caption)}" if table.caption else rows_text(table)


def pairs_part(figures: Figures, argument: str) -> str:
    """Tabulate pairs of arms: ``STUDY: arm against arm; arm against arm``; pairs of unfinished arms are named below."""
    study, _, listed = argument.partition(": ")
    results = study_results(figures, study)
    pairs = [tuple(pair.strip().split(" against ")) for pair in listed.split(";")]
    if results is None:
        return ABSENT
    finished = [(pair[0], pair[-1]) for pair in pairs if set(pair) <= set(results.arms)]
    absent = [" against ".join(pair) for pair in pairs if not set(pair) <= set(results.arms)]
    table = [with_caption(pairs_table(results, finished))] if finished else []
    return "\n\n".join([*table, *(f"Not run yet: {escape(pair)}." for pair in absent)])


def fronts_part(figures: Figures, argument: str) -> str:
    """Tabulate the arms on a Pareto front of the joined study."""
    return ABSENT if figures.joined is None else with_caption(fronts_table(figures.joined.results))


def plot_part(figures: Figures, argument: str) -> str:
    """Draw accuracy against a cost of ``PLOTS`` for the joined study, in a file beside the page."""
    results = None if figures.joined is None else figures.joined.results
    cost = PLOTS.get(argument)
    if cost is None:
        raise UsageError(f"plot {argument!r}: give one of {', '.join(PLOTS)}")
    if results is None or (argument == "teacher_tokens" and results.teacher is None):
        return ABSENT
    points = {arm: accuracy(*right_of(results, arm)) for arm in results.arms}
    named = [line[0] for line in told_lines(results, points, lines(results), front(results, cost))]
    order = dict.fromkeys([*named, *results.arms])  # the first eight arms have colours of their own
    results = replace(results, arms={arm: results.arms[arm] for arm in order})
    plot = against(results, points, argument, f"{cost} per problem", cost)
    file = f"{figures.stem}-{argument.replace('_', '-')}.svg"
    figures.pictures[file] = standalone(plot.svg)
    return f"![{escape(plot.title)}]({file})\n\n{escape(joined_text(figures))} {escape(plot.caption)}"


def joined_text(figures: Figures) -> str:
    """Return the sentence that says which arms are compared across studies."""
    assert figures.joined is not None
    results = figures.joined.results
    ran = dict.fromkeys(name.partition(": ")[0] for names in figures.joined.names.values() for name in names)
    arms = f"{len(results.arms)} arm{'s' * (len(results.arms) > 1)}"
    return f"{arms} on the same {len(results.problems)} problems, of the studies {', '.join(ran)}."


PARTS: Mapping[str, Callable[[Figures, str], str]] = {
    "studies": of_studies(lambda figures: studies_table(figures.studies), ABSENT),
    "unfinished": of_studies(lambda figures: unfinished_table(figures.studies), "None."),
    "failed": of_studies(lambda figures: unclear_table(figures.studies, "failed"), "None."),
    "ungraded": of_studies(lambda figures: unclear_table(figures.studies, "ungraded"), "None."),
    "names": of_studies(lambda figures: names_table(figures.joined) if figures.joined else EMPTY, "None."),
    "goals": of_studies(
        lambda figures: goals_table(figures.studies, figures.joined.results if figures.joined else None), ABSENT
    ),
    "arms": of_study(arms_table),
    "same_search": of_study(same_search_table),
    "pairs": pairs_part,
    "fronts": fronts_part,
    "plot": plot_part,
}
"""Parts of the page by name."""
