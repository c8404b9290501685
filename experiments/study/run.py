"""Run a study or a shard of it, from its file to its table (``hintree run``)."""

import os
import platform
import shlex
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

import hintree
from hintree.data.settings import override
from hintree.errors import UsageError
from hintree.experiments import shipped_studies
from hintree.experiments.report.prices import Prices
from hintree.experiments.study.arms import Arms
from hintree.experiments.study.losses import describe
from hintree.experiments.study.progress import Progress
from hintree.experiments.study.regrade import regrade
from hintree.experiments.study.resolve import Study, resolve, select
from hintree.experiments.study.result_table import cost_summary, summary, write_csv
from hintree.experiments.study.scheduler import Scheduler
from hintree.experiments.study.store import Result, Store
from hintree.experiments.study.store_study import key_of
from hintree.experiments.study.tasks import Task, plan
from hintree.experiments.study.variables import with_folders
from hintree.experiments.study.worker import Job
from hintree.experiments.study.worker_pool import ProcessPool, WorkerPool
from hintree.view.text import json_text
from hintree.yaml_file import put, read

OLD_STUDIES = {"ladder": "escalation"}
"""Former names of shipped studies, which are still accepted."""


class RunOptions(NamedTuple):
    """Options of a run; nothing here changes a result.

    Attributes:
        out: Folder of the store.
        resume: Continue the study in ``out``.
        retry_failed: Retry failed results of earlier runs.
        arms: Run only these arms, separated by commas.
        shard: (i, k): run only every k-th problem, starting with the i-th.
        workers: Number of worker processes.
        ray: Address of a Ray cluster, "local" for one of this machine; None for processes.
        live: Problems that a worker solves together.
        heartbeat_timeout: Seconds without a heartbeat after which a worker is replaced.
        progress_timeout: Seconds in which no model answers a batch after which a worker is replaced.
        record: Folder of recorded responses, which serve later runs and other arms; for one worker.
        as_json: Print every result as a line of JSON when it is on the disk.
    """

    out: Path
    resume: bool = False
    retry_failed: bool = False
    arms: str | None = None
    shard: tuple[int, int] = (1, 1)
    workers: int = 1
    ray: str | None = None
    live: int = 64
    heartbeat_timeout: float = 600.0
    progress_timeout: float = 7200.0
    record: Path | None = None
    as_json: bool = False


def load(path: Path, settings: Sequence[str], args: Namespace | None = None) -> Study:
    """Return the study of a file, or a shipped one by name.

    Args:
        path: A file, or the name of a shipped study.
        settings: Values to set, as in ``--set``.
        args: The options of ``add_problem_options``, which override the study's own.

    Raises:
        UsageError: There is no such study, or a setting is not accepted.
    """
    shipped = shipped_studies()
    name = OLD_STUDIES.get(str(path), str(path))
    if not path.is_file() and not path.suffix and name not in shipped:
        raise UsageError(f"{path}: no such file, nor a shipped study: {', '.join(shipped)}")
    text = read(path if path.is_file() else shipped.get(name, path))
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise UsageError(f"--set {setting}: expected KEY=VALUE, such as seeds=[0,1] or arms.a.search.width=4")
        put(text.data, key, value)
    if args is not None and isinstance(text.data, dict) and "problems" in text.data:
        text.data["problems"] = override(text.data["problems"], args)
    return resolve(with_folders(text))


def show_summary(store: Store, table: Path, prices: Prices | None = None) -> None:
    """Print the summary of a study with its costs, and the losses of workers."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(summary(store), "", cost_summary(store, prices), sep="\n")
    print(f"right with 95 % intervals, tokens per result; all results are in {table}")
    if lost := describe(store.losses()):
        print(lost)


def run_study(study: Study, options: RunOptions, show: Callable[[Store, Path], None] = show_summary) -> None:
    """Run a study, and print its table.

    Args:
        study: The resolved study.
        options: Options of the run.
        show: Prints the results from the store and the path of their table.

    Raises:
        UsageError: The store exists already, is of another study, is damaged, or cannot be written.
        HintreeError: An arm's models cannot be loaded, or no worker can be started.
        KeyboardInterrupt: After Ctrl-C or SIGTERM, once the command to continue is printed.
    """
    arms = select(list(study.data["arms"]), options.arms)
    if options.record is not None and (options.workers > 1 or options.ray is not None):
        raise UsageError("--record is for one worker: run shards with a folder each, or without --workers and --ray")
    facts = {"versions": versions, "hardware": hardware}
    with Store.create(options.out, study.data, study.cases, exist_ok=options.resume, **facts) as store:
        if options.retry_failed:
            store.forget_failed()
        regrade(store)
        tasks = missing(store, study, arms, options)
        try:
            with sigterm_as_interrupt():
                run_tasks(store, study, tasks, options)
        except KeyboardInterrupt:
            command = shlex.join(["hintree", *(arg for arg in sys.argv[1:] if arg != "--resume"), "--resume"])
            print(f"\nhintree: {len(store.keys())} results are kept; go on with: {command}", file=sys.stderr)
            raise
        table = write_csv(store)
        if not options.as_json:
            show(store, table)


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Raise KeyboardInterrupt at SIGTERM within the context, so that workers are ended and the store is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def missing(store: Store, study: Study, arms: Sequence[str], options: RunOptions) -> list[Task]:
    """Return the tasks for missing results, small enough for all workers to get some."""
    first, step = options.shard
    problems = [key_of(case.id, case.question) for case in study.cases][first - 1 :: step]
    share = -(-len(problems) // options.workers)
    return plan(arms, study.data["seeds"], problems, store.keys(), max(1, min(options.live, share)))


def run_tasks(store: Store, study: Study, tasks: Sequence[Task], options: RunOptions) -> None:
    """Run the tasks with a pool of workers, which is closed afterwards."""
    if not tasks:
        return
    total = len(store.keys()) + sum(len(task.problems) for task in tasks)
    progress = Progress(total, show=not options.as_json)
    progress.add(store.results(), old=True)

    def kept(results: Sequence[Result]) -> None:
        progress.add(results)
        for result in results if options.as_json else ():
            print(json_text(as_json(result)), flush=True)

    job = Job(
        partial(Arms, recordings=options.record),
        study.data,
        {key_of(case.id, case.question): case for case in study.cases},
    )
    pool = make_pool(job, options, len(tasks))
    try:
        limits = (options.heartbeat_timeout, progress.warn, options.progress_timeout)
        Scheduler(store, tasks, pool, kept, *limits).run()
    finally:
        pool.close()
        progress.close()


def make_pool(job: Job, options: RunOptions, tasks: int) -> WorkerPool:
    """Start processes of this machine, or actors of a Ray cluster; at most one per task."""
    size = min(options.workers, tasks)
    if options.ray is None:
        return ProcessPool(job, size)
    from hintree.experiments.study.ray_pool import ActorPool

    return ActorPool(job, size, options.ray)


def as_json(result: Result) -> dict[str, Any]:
    """Return a result as JSON data."""
    return {**result._asdict(), "ledger": result.ledger.with_actions()}


def versions() -> dict[str, str]:
    """Return the versions of Python, hintree and the numerical libraries."""
    names = ("torch", "transformers", "tokenizers", "numpy")
    return {"python": platform.python_version(), "hintree": hintree.__version__, **{n: version(n) for n in names}}


def hardware() -> dict[str, Any]:
    """Return the hardware of this machine, which the store records when a study is created."""
    import torch  # slow, and a resumed study on servers does without it

    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {"system": platform.system(), "machine": platform.machine(), "cpus": os.cpu_count(), "gpus": gpus}
