"""A study without models, whose problems may be poison: ``python -m tests.support.light DIR [N]`` runs or resumes it.

The problem "crash-..." ends its process, "kill-..." is killed as by a lack of memory, "hang-..." never comes back,
"stop-..." stops its process, "bad-..." and "odd-..." raise errors, "flaky..." ends its process once: while the file of
its name is there, which it removes. A worker that starts does the same with the files "exit", "kill" and "raise".
"""

import ctypes
import json
import os
import signal
import sys
import time
from pathlib import Path

from hintree.experiments.study.result_table import write_csv
from hintree.experiments.study.scheduler import Scheduler
from hintree.experiments.study.store import Store, StoredCase
from hintree.experiments.study.store_study import key_of
from hintree.experiments.study.tasks import plan
from hintree.experiments.study.worker import Job, Outcome
from hintree.experiments.study.worker_pool import ProcessPool
from hintree.search import Beam, Handler, Response, StepOutput, Tree, Usage, batched_driver, choose

PARAMETERS = 10


def poisoned(problem):
    kind = problem.id.partition("-")[0]
    if kind == "crash":
        ctypes.string_at(0)
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "hang":
        time.sleep(1000)
    if kind == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    if kind == "odd":
        raise ValueError("half of a pair: \ud800")
    if kind == "bad":
        raise ValueError("this problem is bad")
    if problem.id.endswith("flaky") and Path(problem.id).exists():
        Path(problem.id).unlink()
        os._exit(3)


def write(request):
    poisoned(request.tree.problem)
    if request.node.depth < 2:
        return Response(
            StepOutput(f"step {request.node.depth} {request.seed}", "delimiter", 5, 0.5, 0.5, 0.1), Usage(1, 9, 9, 5)
        )
    return Response(StepOutput("The answer is 7.", "end", 4, 0.5, 0.5, 0.1, "7"), Usage(1, 9, 9, 4))


class Light:
    """Makes solvers of steps that are random numbers; dies once per file in the folder named as the problems."""

    def __init__(self, study, cases):
        for death in Path(study["problems"]).glob("*"):
            death.unlink()
            if death.name == "raise":
                raise ValueError("no start")
            if death.name == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            os._exit(3)

    def __call__(self, config, seed, heartbeat):
        def answer(requests):
            time.sleep(config["seconds"])
            answers = [write(request) for request in requests]
            heartbeat()
            return answers

        def solve(problems):
            trees = [Tree(problem, seed) for problem in problems]
            searches = ((tree, Beam(1, 1).grow(tree)) for tree in trees)
            for run in batched_driver(searches, {"reasoner": Handler(answer, PARAMETERS)}):
                found = choose(run.tree).answer
                yield Outcome(run.tree, found, run.ledger, run.stop_reason, {"reasoner": PARAMETERS})

        return solve


def study_of(*, arms=2, seconds=0.0, seeds=(0,), deaths="none"):
    """A study of arms that differ in nothing but their name, on problems of these ids."""
    configs = {f"arm {i}": {"seconds": seconds, "number": i} for i in range(arms)}
    return {"name": "light", "baseline": "arm 0", "problems": str(deaths), "seeds": list(seeds), "arms": configs}


def cases_of(names):
    return [StoredCase(name, name, "7" if i % 2 else "8", None, None) for i, name in enumerate(names)]


def run(folder, names, *, workers=2, size=8, timeouts=(600, 600), kept=lambda results: None, **options):
    """Run the study, or go on with it; ``timeouts`` are those of a heartbeat and of progress, in seconds."""
    study, cases = study_of(**options), cases_of(names)
    with Store.create(Path(folder), study, cases, exist_ok=True) as store:
        keys = [key_of(case.id, case.question) for case in cases]
        tasks = plan(study["arms"], study["seeds"], keys, store.keys(), size)
        pool = ProcessPool(Job(Light, study, dict(zip(keys, cases, strict=True))), workers)
        try:
            Scheduler(store, tasks, pool, kept, timeouts[0], lambda text: None, timeouts[1]).run()
        finally:
            pool.close()
        write_csv(store)


def acknowledge(results):
    for result in results:
        print(json.dumps([result.arm, result.problem, result.seed]), flush=True)


if __name__ == "__main__":
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    run(sys.argv[1], [f"p{i}" for i in range(count)], seconds=0.02, size=4, kept=acknowledge)
