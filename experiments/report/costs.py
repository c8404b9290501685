"""Sum what each arm costs: tokens and GFLOPs by role, money, the teacher's share, and the cost of a solved problem."""

from collections.abc import Callable, Mapping, Sequence

from hintree.experiments.report.accuracy import INTERVAL
from hintree.experiments.report.results import StudyResults, TrialFigure
from hintree.experiments.report.table import Cell, Column, Table
from hintree.experiments.report.trial import TrialRecord
from hintree.search.core.ledger import ALL_ROLES, MODEL_ROLES, RETRIEVER, shown_roles
from hintree.statistics.bootstrap import bootstrap, ratio

READERS = ("scorer", RETRIEVER)
"""Roles that generate nothing, and cost what they read."""
UNSCORED = tuple(role for role in ALL_ROLES if role != "scorer")
"""Roles whose compute counts where the scorer's does not."""
WRITERS = tuple(role for role in MODEL_ROLES if role != "scorer")
"""Roles that generate text."""
EACH = f"per attempt (one problem with one seed); failed ones count with their recorded cost. {INTERVAL}."
HEADS = (Column("arm"), Column("attempts"))
ArmFigure = Callable[[StudyResults, str], TrialFigure]
"""A figure of an attempt that depends on its arm's models."""


def generated(*roles: str) -> TrialFigure:
    """Return the function that counts the generated tokens of some roles."""
    return lambda attempt: sum(attempt.ledger[role].generated_tokens for role in roles)


def read(role: str) -> TrialFigure:
    """Return the function that counts the tokens that a role reads, as if nothing was cached."""
    return lambda attempt: attempt.ledger[role].prompt_tokens


def gflops(*roles: str) -> TrialFigure:
    """Return the function that sums the estimated GFLOPs of some roles; NaN where a model's size is unknown."""
    return lambda attempt: sum(attempt.ledger[role].gflops() for role in roles)


def teacher_tokens(results: StudyResults, arm: str) -> TrialFigure:
    """Return the function that counts the tokens that the teacher's model generates, in whichever role.

    In an arm without a teacher it is the model of the teacher alone, so that a plan by that model counts, too.
    """
    models = results.models(arm)
    model = models["teacher"] or results.teacher_model
    return generated(*(role for role in MODEL_ROLES if model is not None and models[role] == model))


def money(results: StudyResults, arm: str) -> TrialFigure:
    """Return the function that prices an attempt; NaN where a price is unknown."""
    models, prices = results.models(arm), results.prices
    assert prices is not None, "the report has no prices"
    return lambda attempt: prices.cost(attempt.ledger, models)


def one(attempt: TrialRecord) -> float:
    """Return 1 for every attempt."""
    return 1.0


def tabulate(results: StudyResults, columns: Mapping[Column, tuple[TrialFigure, TrialFigure]]) -> list[list[Cell]]:
    """Return a row per arm: its name, its number of attempts, and the ratio of two sums per column."""
    rows: list[list[Cell]] = []
    for arm in results.arms:
        parts = [(results.column(arm, top), results.column(arm, below)) for top, below in columns.values()]
        rows.append([arm, len(results.attempts[arm]), *(ratio(top, below) for top, below in parts)])
    return rows


def used(results: StudyResults) -> Sequence[str]:
    """Return the roles that tables show: those of every method, verifier and retriever where an arm has one."""
    return shown_roles(results.arms.values())


def cost_table(results: StudyResults) -> Table:
    """Tabulate tokens and GFLOPs of each role side by side, their sums, and money if there are prices."""
    columns: dict[Column, tuple[TrialFigure, TrialFigure]] = {}
    for role in used(results):
        tokens = read(role) if role in READERS else generated(role)
        columns[Column(f"{role} tokens")] = (tokens, one)
        columns[Column(f"{role} GFLOPs")] = (gflops(role), one)
    columns[Column("GFLOPs")] = (gflops(*ALL_ROLES), one)
    columns[Column("GFLOPs without scorer")] = (gflops(*UNSCORED), one)
    rows, heads = tabulate(results, columns), [*HEADS, *columns]
    if results.prices is not None:
        heads.append(Column(results.prices.currency or "price"))
        for row, arm in zip(rows, results.arms, strict=True):
            row.append(ratio(results.column(arm, money(results, arm)), results.made(arm)))
    priced = " Price: that of prompt and generated tokens by the given table; a dash where it lacks a model."
    caption = (
        "Generated tokens of each writer, and tokens of the texts that the scorer and a retriever's model read, as if "
        "nothing was cached. GFLOPs: 2 x parameters x forwarded tokens / 10^9, an estimate; a dash where a model's "
        f"size is unknown, as a server's is.{priced * (results.prices is not None)} Means {EACH}"
    )
    return Table("cost", "Cost by role", caption, heads, rows)


def tokens_table(results: StudyResults) -> Table:
    """Tabulate mean tokens per attempt by role."""
    columns: dict[Column, tuple[TrialFigure, TrialFigure]] = {
        Column(role): (generated(role), one) for role in used(results) if role not in READERS
    }
    if RETRIEVER in used(results):
        columns[Column("look-ups")] = (lambda a: a.ledger[RETRIEVER].calls, one)
    columns[Column("discarded")] = (lambda a: a.ledger.total("discarded_tokens"), one)
    columns[Column("discarded share", "%")] = (lambda a: a.ledger.total("discarded_tokens"), generated(*WRITERS))
    columns[Column("scorer reads")] = (lambda a: a.ledger["scorer"].prompt_tokens, one)
    columns[Column("forwarded")] = (lambda a: a.ledger.total("forwarded_tokens"), one)
    columns[Column("calls")] = (lambda a: a.ledger.total("calls"), one)
    caption = (
        "Generated tokens of each role; discarded: generated tokens on no path to the answer (rejected drafts, pruned "
        "branches, and their hints), and their share of all generated ones; scorer reads: tokens of the texts it "
        "judged, as if nothing was cached; forwarded: tokens that went through any model, cached ones left out; calls: "
        f"questions answered by any model. Means {EACH}"
    )
    return Table("tokens", "Tokens by role", caption, [*HEADS, *columns], tabulate(results, columns))


def teacher_table(results: StudyResults) -> Table:
    """Tabulate the teacher's share of generated tokens, returned tokens, steps and calls, and its saved tokens."""
    columns: dict[Column, tuple[TrialFigure, TrialFigure]] = {
        Column("of generated tokens", "%"): (generated("teacher"), generated(*WRITERS)),
        Column("of returned tokens", "%"): (
            lambda a: a.tokens.get("teacher", 0),
            lambda a: sum(a.tokens.values()),
        ),
        Column("of returned steps", "%"): (lambda a: a.steps.get("teacher", 0), lambda a: sum(a.steps.values())),
        Column("of calls", "%"): (
            lambda a: a.ledger["teacher"].calls,
            lambda a: sum(a.ledger[role].calls for role in WRITERS),
        ),
    }
    rows, heads = tabulate(results, columns), [*HEADS, *columns]
    saved = ""
    if results.teacher:
        heads.append(Column("teacher tokens saved", "%"))
        for row, arm in zip(rows, results.arms, strict=True):
            row.append(saving(results, arm, results.teacher))
        saved = (
            f" Teacher tokens saved: 1 - generated teacher tokens / those of {results.teacher}, whose reasoner is "
            "counted as the teacher that it is, on the same problems and seeds."
        )
    caption = (
        "What the teacher wrote: its share of all generated tokens (reasoner, hinter, teacher; discarded ones too), of "
        f"the tokens and of the steps of the returned trajectories, and of the writers' calls. {INTERVAL}.{saved}"
    )
    return Table("teacher", "The teacher's share", caption, heads, rows)


def saving(results: StudyResults, arm: str, teacher: str) -> Cell:
    """Return the share of the teacher's tokens that an arm saves, on attempts that both made."""
    both = results.column(arm, one) * results.column(teacher, one)
    ours, whole = (results.column(name, generated("teacher")) * both for name in (arm, teacher))
    return bootstrap([ours, whole], lambda x, y: 1 - x / y)


def compute_table(results: StudyResults) -> Table:
    """Tabulate the cost of a solved problem."""

    def solved(attempt: TrialRecord) -> float:
        return float(attempt.right)

    def graded(figure: TrialFigure) -> TrialFigure:
        return lambda attempt: 0.0 if attempt.ungraded else figure(attempt)

    columns: dict[Column, tuple[TrialFigure, TrialFigure]] = {
        Column("GFLOPs per solved"): (graded(gflops(*ALL_ROLES)), solved),
        Column("without scorer"): (graded(gflops(*UNSCORED)), solved),
        Column("tokens per solved"): (graded(generated(*WRITERS)), solved),
        Column("teacher tokens per solved"): (graded(generated("teacher")), solved),
        Column("seconds"): (lambda a: a.ledger.total("seconds"), one),
    }
    rows, heads = tabulate(results, columns), [*HEADS, *columns]
    if results.prices is not None:
        heads.append(Column(f"{results.prices.currency or 'price'} per solved"))
        for row, arm in zip(rows, results.arms, strict=True):
            row.append(ratio(results.column(arm, graded(money(results, arm))), results.column(arm, solved)))
    caption = (
        "Per solved: the sum over all graded attempts, divided by how many of them are right; GFLOPs of all models, "
        "and without the scorer; generated tokens of reasoner, hinter and teacher. Seconds: an attempt's share of the "
        "time that the models' batches took on the clock; compare them within one run on one idle machine only. "
        f"{INTERVAL}."
    )
    return Table("compute", "The cost of a solved problem", caption, heads, rows)
