"""Measure the goals of the GSM8K studies on the arms of one joined study: a goal without its arms is "not run"."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hintree.experiments.gsm8k.stores import ORDER, LoadedStudy, models_of_arm
from hintree.experiments.report.accuracy import accuracy, difference, right_of
from hintree.experiments.report.costs import WRITERS, generated, gflops
from hintree.experiments.report.results import StudyResults
from hintree.experiments.report.same_search import is_chain, share
from hintree.experiments.report.table import Cell, Column, Table
from hintree.scorers.probe import PROBE
from hintree.search.core.ledger import ALL_ROLES
from hintree.statistics.bootstrap import Estimate, ratio

GAIN, OF_ACCURACY, OF_TEACHER, LOST, OF_VOTE = 0.08, 0.9, 0.3, 0.01, 0.6
"""Points above greedy; share of the teacher's accuracy, at this share of its tokens; points a vote may lose, at this
share of the tokens of all its samples."""
STOPPING = ("confident-vote", "self-consistency")
"""Searches that may stop a vote early."""
PERCENT, POINTS = Column("", "%"), Column("", "points")


class MeasuredGoal(NamedTuple):
    """Goal: figure, what is to be reached, what was measured, and "yes", "no" or "not run"."""

    figure: str
    goal: str
    measured: str
    met: str


def not_run(figure: str, goal: str, why: str) -> MeasuredGoal:
    """Return a goal that was not measured."""
    return MeasuredGoal(figure, goal, why, "not run")


def goals_table(studies: Sequence[LoadedStudy], results: StudyResults | None) -> Table:
    """Tabulate all goals.

    Args:
        studies: All studies.
        results: Their joined arms; None without a finished one.
    """
    found = [
        not_run("agreement of greedy with plain transformers", "accuracy within 1 point on 200", "no arm of a study"),
        without_teacher(results),
        with_teacher(results),
        not_run("probe: AUC of steps", "at least .75, above every confidence scorer", "no arm of a study"),
        probe(results),
        stopping_vote(results),
        whole_study(studies),
    ]
    rows: list[list[Cell]] = [list(goal) for goal in found]
    return Table("goals", "Goals", "", list(map(Column, MeasuredGoal._fields)), rows)


def without_teacher(results: StudyResults | None) -> MeasuredGoal:
    """Measure the best arm of the student alone that writes at most as many tokens as a vote of 8 samples."""
    figure = "best arm without a teacher at no more tokens than 8 samples"
    goal = f"at least greedy + {100 * GAIN:.0f} points, interval above 0"
    greedy, vote = first(results, is_greedy), first(results, lambda config: is_vote(config, 8))
    if results is None or greedy is None or vote is None:
        return not_run(figure, goal, "needs the greedy chain and the vote of 8 on the same problems")
    student, most = results.arms[greedy]["reasoner"], tokens(results, vote).value
    others = [
        arm
        for arm, config in results.arms.items()
        if arm != greedy and models_of_arm(config) == {student} and tokens(results, arm).value <= most
    ]
    best = max(others, key=lambda arm: right(results, arm).value)
    gain = gain_over(results, best, greedy)
    base = PERCENT.show(right(results, greedy))
    text = f"{POINTS.show(gain)} points by {best}, the most accurate of {len(others)} arms; {greedy} has {base} %"
    return MeasuredGoal(figure, goal, text, yes(gain.value >= GAIN and gain.low > 0))


def with_teacher(results: StudyResults | None) -> MeasuredGoal:
    """Measure the most accurate arm that has the teacher's model write at most a share of what it writes alone."""
    figure = f"arm with the teacher at no more than {100 * OF_TEACHER:.0f} % of its tokens"
    goal = f"at least {100 * OF_ACCURACY:.0f} % of the teacher's accuracy"
    teacher = None if results is None else results.teacher
    if results is None or teacher is None:
        return not_run(figure, goal, "needs the teacher alone on the same problems")
    model = results.teacher_model
    shares = {
        arm: estimate(share(results, arm, teacher))
        for arm, config in results.arms.items()
        if arm not in results.alone and model in models_of_arm(config)
    }
    few = [arm for arm, part in shares.items() if part.value <= OF_TEACHER]
    if not shares:
        return not_run(figure, goal, "needs an arm with the teacher")
    fewest = min(shares, key=lambda arm: shares[arm].value)
    best = max(few, key=lambda arm: right(results, arm).value) if few else fewest
    reached = of_accuracy(results, best, teacher)
    chosen = f"the most accurate of {len(few)} arms" if few else "the arm with the fewest; none has so few"
    compute = estimate(share(results, best, teacher, lambda results, arm: gflops(*ALL_ROLES)))
    text = f"{PERCENT.show(reached)} % at {PERCENT.show(shares[best])} % of the tokens by {best}, {chosen}"
    text += f"; {PERCENT.show(compute)} % of the teacher's GFLOPs"
    return MeasuredGoal(figure, goal, text, yes(bool(few) and reached.value >= OF_ACCURACY))


def probe(results: StudyResults | None) -> MeasuredGoal:
    """Measure the best of 8 samples by a probe's score against their vote."""
    figure, goal = "probe: best of 8", "at least the vote of 8"
    vote = first(results, lambda config: is_vote(config, 8))
    arm = first(
        results,
        lambda c: str(c["scorer"]).startswith(PROBE) and samples(c) == 8 and c["selection"].get("choice") == "best",
    )
    if results is None or vote is None or arm is None:
        return not_run(figure, goal, "needs both on the same problems")
    gain = gain_over(results, arm, vote)
    return MeasuredGoal(figure, goal, f"{POINTS.show(gain)} points by {arm} against {vote}", yes(gain.value >= 0))


def stopping_vote(results: StudyResults | None) -> MeasuredGoal:
    """Measure the vote that stops with the fewest tokens among those as accurate as the vote of all samples."""
    figure = "vote that stops"
    goal = f"within {100 * LOST:.0f} point of the vote of 16 at no more than {100 * OF_VOTE:.0f} % of its tokens"
    vote = first(results, lambda config: is_vote(config, 16))
    if results is None or vote is None:
        return not_run(figure, goal, "needs the vote of 16")
    student = results.arms[vote]["reasoner"]
    arms = [
        arm for arm, c in results.arms.items() if c["search"].get("name") in STOPPING and models_of_arm(c) == {student}
    ]
    if not arms:
        return not_run(figure, goal, "needs a vote that stops, on the problems of the vote of 16")
    gains = {arm: gain_over(results, arm, vote) for arm in arms}
    parts = {arm: of_tokens(results, arm, vote) for arm in arms}
    good = [arm for arm in arms if gains[arm].value >= -LOST]
    best = min(good, key=lambda arm: parts[arm].value) if good else max(arms, key=lambda arm: gains[arm].value)
    chosen = f"the fewest of {len(good)} arms so accurate" if good else "the most accurate; none is so accurate"
    text = f"{POINTS.show(gains[best])} points at {PERCENT.show(parts[best])} % of the tokens by {best}, {chosen}"
    return MeasuredGoal(figure, goal, text, yes(bool(good) and parts[best].value <= OF_VOTE))


def whole_study(studies: Sequence[LoadedStudy]) -> MeasuredGoal:
    """Count the finished arms; the command fails unless it makes the page twice with the same bytes."""
    figure, goal = "whole study from stores to page by one command", "byte-identical twice"
    arms = [count == study.wanted for study in studies for count in study.made.values()]
    begun = {study.name for study in studies}
    absent = [name for name in ORDER if name not in begun]
    text = f"made twice, the same bytes; {sum(arms)} of {len(arms)} arms are finished"
    text += f", and the studies {', '.join(absent)} are not begun" if absent else ""
    return MeasuredGoal(figure, goal, text, "not run" if absent or not all(arms) else "yes")


def first(results: StudyResults | None, fits: Callable[[Mapping[str, Any]], bool]) -> str | None:
    """Return the first arm whose configuration fits, arms of the teacher alone left out; None if there is none."""
    arms: Iterable[tuple[str, Mapping[str, Any]]] = () if results is None else results.arms.items()
    return next((arm for arm, config in arms if results and arm not in results.alone and fits(config)), None)


def is_greedy(config: Mapping[str, Any]) -> bool:
    """Tell whether an arm is one greedy chain of its reasoner alone."""
    alone = models_of_arm(config) == {config["reasoner"]} and config["scorer"] is None and config["rewrite"] is None
    sampling = config["sampling"]
    greedy = not sampling.get("temperature") or sampling.get("greedy_first", True)
    return alone and is_chain(config["search"]) and config["search"].get("name") == "beam" and greedy


def samples(config: Mapping[str, Any]) -> int | None:
    """Return the number of samples of a best-of-n; None for other searches."""
    return config["search"].get("n") if config["search"].get("name") == "best-of-n" else None


def is_vote(config: Mapping[str, Any], n: int) -> bool:
    """Tell whether an arm is the majority of ``n`` samples of its reasoner alone."""
    one = models_of_arm(config) == {config["reasoner"]} and config["rewrite"] is None
    return one and samples(config) == n and config["selection"].get("choice") == "majority"


def right(results: StudyResults, arm: str) -> Estimate:
    """Return the accuracy of an arm."""
    return accuracy(*right_of(results, arm))


def tokens(results: StudyResults, arm: str) -> Estimate:
    """Return the mean of the tokens that an attempt generates."""
    return ratio(results.column(arm, generated(*WRITERS)), results.made(arm))


def of_tokens(results: StudyResults, arm: str, other: str) -> Estimate:
    """Return the tokens that an arm generates over those of another, on the same attempts."""
    return ratio(*(results.column(name, generated(*WRITERS)) for name in (arm, other)))


def of_accuracy(results: StudyResults, arm: str, other: str) -> Estimate:
    """Return the accuracy of an arm over that of another, on attempts that are graded in both."""
    (ours, graded), (theirs, others) = (right_of(results, name) for name in (arm, other))
    return ratio(ours * graded * others, theirs * graded * others)


def gain_over(results: StudyResults, arm: str, other: str) -> Estimate:
    """Return the difference in accuracy, on attempts that are graded in both."""
    return estimate(difference(right_of(results, arm), right_of(results, other))[0])


def estimate(cell: Cell) -> Estimate:
    """Return a cell that holds an estimate; NaN for an empty one."""
    return cell if isinstance(cell, Estimate) else Estimate(float("nan"), float("nan"), float("nan"), 0)


def yes(met: bool) -> str:
    """Return "yes" or "no"."""
    return "yes" if met else "no"
