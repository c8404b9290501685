"""Tables of the page: arms with accuracy and cost, pairs of arms, and what is missing."""

from collections.abc import Mapping, Sequence

from hintree.experiments.gsm8k.stores import ORDER, JoinedStudy, LoadedStudy, UnclearAttempt
from hintree.experiments.report.accuracy import COMPARED, INTERVAL, SCORE, accuracy, compared, difference, right_of
from hintree.experiments.report.costs import UNSCORED, WRITERS, generated, gflops, used
from hintree.experiments.report.results import StudyResults, TrialFigure
from hintree.experiments.report.table import Cell, Column, Table
from hintree.search.core.ledger import ALL_ROLES
from hintree.statistics.bootstrap import ratio

LONGEST = 60
"""Characters of an answer or a reason that a table shows."""
COUNTED = (Column("failed"), Column("no answer"), Column("ungraded"))


def arms_table(results: StudyResults) -> Table:
    """Tabulate accuracy and mean cost of every arm of a study."""
    costs: dict[Column, TrialFigure] = {
        Column(f"{role} tokens"): generated(role) for role in used(results) if role in WRITERS
    }
    costs[Column("scorer reads")] = lambda attempt: attempt.ledger["scorer"].prompt_tokens
    costs[Column("GFLOPs")] = gflops(*ALL_ROLES)
    costs[Column("GFLOPs without scorer")] = gflops(*UNSCORED)
    rows: list[list[Cell]] = []
    for arm in results.arms:
        attempts, made = results.attempts[arm].values(), results.made(arm)
        row: list[Cell] = [arm, int(made.any(axis=1).sum()), accuracy(*right_of(results, arm))]
        row += compared(results, arm, None)
        row += [sum(one.failed for one in attempts), sum(one.answer is None and not one.failed for one in attempts)]
        row.append(sum(one.ungraded for one in attempts))
        rows.append(row + [ratio(results.column(arm, figure), made).value for figure in costs.values()])
    caption = f"{on_problems(results)} Baseline: {results.baseline}. {SCORE}; of differences, {INTERVAL}."
    heads = [Column("arm"), Column("problems"), Column("right", "%"), *COMPARED, *COUNTED, *costs]
    return Table("arms", "Arms", caption, heads, rows)


def on_problems(results: StudyResults) -> str:
    """Return the sentence that counts the problems and names the seeds."""
    seeds = ", ".join(map(str, results.seeds))
    return f"{len(results.problems)} problems, {'seeds' if len(results.seeds) > 1 else 'seed'} {seeds}."


def pairs_table(results: StudyResults, pairs: Sequence[tuple[str, str]]) -> Table:
    """Tabulate the difference in accuracy of pairs of finished arms."""
    rows: list[list[Cell]] = [
        [arm, other, *difference(right_of(results, arm), right_of(results, other))] for arm, other in pairs
    ]
    caption = f"{on_problems(results)} Differences in accuracy, paired; {INTERVAL}."
    heads = [Column("arm"), Column("against"), Column("difference", "points"), *COMPARED[1:]]
    return Table("pairs", "Pairs of arms", caption, heads, rows)


def studies_table(studies: Sequence[LoadedStudy]) -> Table:
    """Tabulate how far each study is."""
    rows: list[list[Cell]] = []
    for study in studies:
        finished = sum(count == study.wanted for count in study.made.values())
        seeds = study.wanted // max(1, len(study.problems))
        rows.append([study.name, len(study.problems), seeds, finished, len(study.made), study.hash[:12]])
    heads = map(Column, ("study", "problems", "seeds", "finished arms", "arms", "hash"))
    return Table("studies", "Studies", "", list(heads), rows)


def unfinished_table(studies: Sequence[LoadedStudy]) -> Table:
    """Tabulate the arms that are left out, with how many attempts they have."""
    rows: list[list[Cell]] = [
        [study.name, arm, count, study.wanted]
        for study in studies
        for arm, count in study.made.items()
        if count < study.wanted
    ]
    begun = {study.name for study in studies}
    rows += [[name, "all", 0, None] for name in ORDER if name not in begun]
    heads = map(Column, ("study", "arm", "attempts made", "of"))
    return Table("unfinished", "Unfinished arms", "", list(heads), rows)


def unclear_table(studies: Sequence[LoadedStudy], status: str) -> Table:
    """Tabulate the failed or ungraded attempts of finished arms, a row per problem, study and reason or answer."""
    found: dict[tuple[str, str, str], list[UnclearAttempt]] = {}
    for study in studies:
        for one in study.unclear:
            if one.status == status:
                found.setdefault((one.problem, study.name, one.text[:LONGEST]), []).append(one)
    rows: list[list[Cell]] = [
        [problem, study, "; ".join(dict.fromkeys(one.arm for one in attempts)), len(attempts), text]
        for (problem, study, text), attempts in sorted(found.items())
    ]
    last = "reason" if status == "failed" else "answer"
    heads = map(Column, ("problem", "study", "arms", "attempts", last))
    return Table(status, status, "", list(heads), rows)


def names_table(joined: JoinedStudy) -> Table:
    """Tabulate the arms whose settings several studies have."""
    shared: Mapping[str, Sequence[str]] = {arm: names for arm, names in joined.names.items() if len(names) > 1}
    rows: list[list[Cell]] = [[arm, "; ".join(names[1:])] for arm, names in shared.items()]
    return Table("names", "Arms of several studies", "", [Column("arm"), Column("the same settings as")], rows)
