"""A small real study: lab problems solved by the shipped models, in a store as the runner writes it."""

from pathlib import Path

from hintree import Budget, Solver
from hintree.experiments.grade import equal
from hintree.experiments.problems import read_cases
from hintree.experiments.store import Result, Store, pack_tree
from hintree.experiments.store_study import StoredCase, key_of

ARMS = {
    "student alone": {"preset": "greedy", "models": {"reasoner": "embedded:student"}},
    "beam": {"preset": "beam", "models": {"reasoner": "embedded:student", "scorer": "embedded:prm"}},
    "ladder, 20 tokens": {
        "preset": "hintree",
        "models": {"reasoner": "embedded:student", "teacher": "embedded:teacher"},
        "budget": {"teacher_tokens": 20},
    },
    "ladder, 200 tokens": {
        "preset": "hintree",
        "models": {"reasoner": "embedded:student", "teacher": "embedded:teacher"},
        "budget": {"teacher_tokens": 200},
    },
    "teacher alone": {"preset": "greedy", "models": {"reasoner": "embedded:teacher"}},
}


def make_study(
    folder: Path, n: int = 8, seeds: tuple[int, ...] = (0, 1), arms=ARMS, steps: str = "2-6", name: str = "small"
) -> Path:
    """Solve ``n`` problems with every arm and seed and store what came out."""
    source = f"lab:test?n={n}&steps={steps}"
    cases = read_cases(source)
    stored = [StoredCase(c.problem.id, c.problem.question, c.reference, c.family, c.steps) for c in cases]
    study = {"name": name, "baseline": next(iter(arms)), "problems": source, "seeds": list(seeds), "arms": list(arms)}
    meta = {"study": study, "study_hash": "0" * 16, "versions": {"hintree": "0.1.0"}, "hardware": {}}
    hashes = [(f"{i:016x}", arm, config) for i, (arm, config) in enumerate(arms.items())]
    with Store.create(folder, meta, hashes, stored) as store:
        for arm, config in arms.items():
            for seed in seeds:
                solver = Solver(
                    config["preset"],
                    reasoner=config["models"]["reasoner"],
                    budget=Budget(**config.get("budget", {})),
                    seed=seed,
                )
                solutions = solver.solve_many([c.problem for c in cases], progress=False)
                for case, solution in zip(cases, solutions, strict=True):
                    key = key_of(case.problem.id, case.problem.question)
                    right = solution.answer is not None and equal(case.reference, solution.answer)
                    result = Result(
                        arm, key, seed, "done", solution.stop_reason, solution.answer, right, solution.ledger, {}
                    )
                    store.add([(result, pack_tree(solution.tree))])
    return folder
