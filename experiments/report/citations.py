"""Tabulate quotations of passages that are literal, and answers whose steps cite all that their problem needs."""

from hintree.experiments.report.audits import WILSON, counted
from hintree.experiments.report.results import StudyResults
from hintree.experiments.report.table import Cell, Column, Table


def citations_table(results: StudyResults) -> Table:
    """Tabulate the share of citing steps that are sound, and of answers that cite all they need, by arm."""
    rows: list[list[Cell]] = []
    for arm in results.arms:
        attempts = [attempt for _, attempt in results.of(arm)]
        steps = sum(attempt.citations.steps for attempt in attempts)
        if steps:
            stated = [one for one in attempts if one.answer is not None and one.citations.cites_all is not None]
            right = [one for one in stated if one.selected_right]
            whole = [counted(sum(bool(one.citations.cites_all) for one in some), len(some)) for some in (stated, right)]
            sound = counted(sum(attempt.citations.sound for attempt in attempts), steps)
            rows.append([arm, steps, sound, len(stated), *whole])
    heads = [Column("arm"), Column("citing steps"), Column("literal", "%"), Column("answers")]
    heads += [Column("cite all needed", "%"), Column("of right answers", "%")]
    caption = (
        "Citing steps: those of the whole tree that cite or quote a passage, before any is rejected. Literal: those "
        "whose quotations stand in their passages character for character, under an id that was looked up. Cite all "
        "needed: of answers to lab problems about the fact book, those whose steps quote and cite every entry that "
        f"the problem needs; the same of right answers. {WILSON}."
    )
    return Table("citations", "Citations", caption, heads, rows)
