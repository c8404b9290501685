"""Tabulate how far the models of judges answer with the labels that their scores are read from."""

import numpy as np

from hintree.experiments.report.results import StudyResults
from hintree.experiments.report.table import Cell, Column, Table
from hintree.models.labels import LOW_MASS


def label_mass_table(results: StudyResults) -> Table:
    """Tabulate the probability of the labels, such as Yes and No, over all scored steps of each arm."""
    rows: list[list[Cell]] = []
    for arm in results.arms:
        masses = np.array([mass for _, attempt in results.of(arm) for mass in attempt.label_masses])
        if len(masses):
            low = 100 * float(np.mean(masses < LOW_MASS))
            rows.append([arm, len(masses), float(masses.mean()), float(np.quantile(masses, 0.05)), low])
    heads = [Column(head) for head in ("arm", "scored steps", "mean mass", "5 % quantile")]
    caption = (
        "Scores that are read from labels, such as Yes and No: the probability that the scorer's model writes one of "
        f"them. A score says little where it is low; steps below {LOW_MASS} are counted in the last column."
    )
    return Table("label_mass", "Mass of labels", caption, [*heads, Column(f"below {LOW_MASS}", "%")], rows)
