"""Colours and marks of the arms of a study: an arm looks the same on every plot and page.

The colours are those of Okabe and Ito (2008), which people with colour blindness tell apart; the marks differ as well.
"""

ARM_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d1f", "#7f7f7f")
ARM_MARKS = ("●", "■", "▲", "◆", "▼", "✚", "★", "✖")
PLOT_MARKS = "os^DvP*X"
"""The same marks for matplotlib."""


def arm_colour(number: int) -> str:
    """Return the colour of a study's arm by its place in the study, from 0."""
    return ARM_COLOURS[number % len(ARM_COLOURS)]


def arm_mark(number: int) -> str:
    """Return the mark of a study's arm by its place; a second round of colours has its marks shifted by one."""
    return ARM_MARKS[(number + number // len(ARM_COLOURS)) % len(ARM_MARKS)]


def plot_mark(number: int) -> str:
    """Return the mark of a study's arm for matplotlib, which looks like ``arm_mark``."""
    return PLOT_MARKS[(number + number // len(ARM_COLOURS)) % len(PLOT_MARKS)]
