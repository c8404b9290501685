"""A small real study: lab problems solved by the shipped models, in a store as the runner writes it."""

from pathlib import Path

from hintree import Budget, Solution, Solver
from hintree.data import read_cases
from hintree.experiments.study.store import Result, Store, StoredCase
from hintree.experiments.study.store_rows import pack_tree
from hintree.experiments.study.store_study import key_of
from hintree.grade import equal
from hintree.search.core.ledger import ROLES, Ledger
from tests.support.shared_models import shared_pool

NOBODY = dict.fromkeys(ROLES)
STUDENT = {**NOBODY, "reasoner": "embedded:student"}
ESCALATION = {**STUDENT, "hinter": "embedded:hinter", "teacher": "embedded:teacher", "scorer": "embedded:prm"}
LAST = {"search": {}, "selection": {"aggregate": "last"}, "budget": {}}
ARMS = {
    "student": {"preset": "greedy", **STUDENT, **LAST},
    "beam": {"preset": "beam", **STUDENT, "scorer": "embedded:prm", **LAST},
    "rewrites 20": {"preset": "hintree_beam", **ESCALATION, **LAST, "budget": {"teacher_tokens": 20}},
    "rewrites 200": {"preset": "hintree_beam", **ESCALATION, **LAST, "budget": {"teacher_tokens": 200}},
    "teacher": {"preset": "greedy", **NOBODY, "reasoner": "embedded:teacher", **LAST},
}
SOURCE = "lab:test?n={}&steps={}&seed=20"
N, STEPS = 3, "4-6"
"""Number and lengths of the problems of the study that the tests of the report share."""


def solve(config, problems, seed=0, **parts) -> list[Solution]:
    models = {role: config[role] for role in ROLES[:3] if config[role]} | {"scorer": config["scorer"], **parts}
    solver = Solver(config["preset"], **models, budget=Budget(**config["budget"]), seed=seed, pool=shared_pool())
    solver.pool.forget()  # as in a study, the cost of an arm does not depend on what ran before it
    return list(solver.solve_many(problems, progress=False))


def make_study(
    folder: Path, n=4, steps="2-5", seeds=(0, 1), arms=ARMS, source=None
) -> dict[tuple[str, str, int], Solution]:
    """Solve ``n`` problems with every arm and seed and store what came out; the solutions by arm, id and seed."""
    source = source or SOURCE.format(n, steps)
    cases = read_cases(source)
    with Store.create(folder, study(arms, source, seeds), stored(cases), versions={"hintree": "0.1.0"}) as store:
        found = {}
        for arm, config in arms.items():
            for seed in seeds:
                solutions = solve(config, [case.problem for case in cases], seed)
                for case, solution in zip(cases, solutions, strict=True):
                    found[arm, case.problem.id, seed] = solution
                    store.add([as_result(arm, case, seed, solution)])
    return found


def study(arms, source, seeds, name="small"):
    return {"name": name, "baseline": next(iter(arms)), "problems": source, "seeds": list(seeds), "arms": arms}


def stored(cases):
    return [StoredCase(c.problem.id, c.problem.question, c.reference, c.family or None, c.steps) for c in cases]


def as_result(arm, case, seed, solution):
    right = solution.answer is not None and equal(case.reference, solution.answer)
    key = key_of(case.problem.id, case.problem.question)
    result = Result(arm, key, seed, "done", str(solution.stop_reason), solution.answer, right, solution.ledger, {})
    return result, pack_tree(solution.tree)


def failed(arm, case, seed):
    key = key_of(case.problem.id, case.problem.question)
    return Result(arm, key, seed, "failed", "failed: no memory", None, False, Ledger(), {}, 3), None


def rows_of(table):
    return [dict(zip([c.title() for c in table.columns], row, strict=True)) for row in table.rows]


def by_arm(table):
    return {row["arm"]: row for row in rows_of(table)}
