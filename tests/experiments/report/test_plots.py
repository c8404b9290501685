"""Plots: few names, the same colour for an arm everywhere, a marked Pareto front, and figures beside them."""

import csv
import io
import re
import xml.etree.ElementTree as ET

from hintree.experiments.report.picture import OTHERS, Series, draw, exactly, standalone
from hintree.experiments.report.plots import LINES
from hintree.experiments.report.spreadsheet import to_csv
from hintree.statistics.bootstrap import Estimate
from hintree.view.palette import ARM_COLOURS, ARM_MARKS, PLOT_MARKS, arm_colour, arm_mark, plot_mark


def contrast(colour, ground):
    """Return the contrast of two colours, from 1 to 21 (WCAG 2)."""

    def luminance(text):
        parts = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    high, low = sorted((luminance(colour), luminance(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_an_arm_has_its_own_colour_and_mark_legible_on_light_and_dark_pages():
    looks = {(arm_colour(i), plot_mark(i)) for i in range(64)}
    assert len(looks) == len({(arm_colour(i), arm_mark(i)) for i in range(64)}) == 64
    assert len(ARM_COLOURS) == len(ARM_MARKS) == len(PLOT_MARKS) == LINES
    assert all(contrast(colour, ground) > 2 for colour in (*ARM_COLOURS, OTHERS) for ground in ("#ffffff", "#0d1117"))


def test_a_plot_names_no_grey_arm_and_rings_the_front():
    height = [Estimate(0.5, 0.4, 0.6, 9)]
    series = [
        Series(f"arm {i}", exactly([i + 1.0]), height, i if i < 8 else -1, [0] if i == 2 else []) for i in range(12)
    ]
    svg = draw("title", "tokens", "right, %", series, lined=True)
    for i in range(8):
        assert arm_colour(i) in svg and f"<!--  arm {i} -->" in svg
    assert OTHERS in svg and "arm 9" not in svg
    picture = ET.fromstring(standalone(svg))
    style = picture.find("{*}style")
    assert style is not None and "prefers-color-scheme:dark" in style.text and picture.get("role") == "img"
    plain = draw("title", "tokens", "right, %", [one._replace(front=[]) for one in series], lined=True)
    assert svg.count("<use") == plain.count("<use") + 1, "one ring"


def test_a_report_has_the_figures_of_each_plot_and_at_most_eight_names(report):
    assert len(report.plots) >= 5
    for plot in report.plots:
        rows = list(csv.DictReader(io.StringIO(to_csv(plot.figures))))
        assert rows and all(row["arm"] and row["Pareto front"] in ("yes", "no") for row in rows)
        names = set(re.findall(r"<!--  (.*?) -->", plot.svg))
        assert len(names & {row["arm"] for row in rows}) <= LINES
    [main] = [plot for plot in report.plots if plot.name == "accuracy_flops"]
    front = [row for row in main.figures.rows if row[3] == "yes"]
    assert front and all(row[0] in main.caption or row[0].split()[0] in main.caption for row in front)
