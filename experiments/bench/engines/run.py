"""Run all engines on real models in turns, and print the table or one JSON object."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, NamedTuple

from tqdm import tqdm

from hintree.errors import UsageError
from hintree.experiments.bench.engines.arms import ARMS
from hintree.experiments.bench.engines.report import ModelResults, as_json, as_tables
from hintree.experiments.bench.engines.workload import PROBLEMS, BeamWork, Work, Workload, read_questions
from hintree.models import load_model
from hintree.models.local.gguf import check_storage
from hintree.models.local.gguf_header import is_gguf, read_header
from hintree.models.resources import available_cpus

VLLM_PYTHON = "HINTREE_VLLM"
"""Variable that names the interpreter of an environment with vLLM and hintree."""


LONGEST = 3600.0
"""Seconds for loading a model or for one round, before an engine that hangs is ended."""


class EngineExtent(NamedTuple):
    """Scope of a run.

    runs: Turns.
    rounds: Rounds of each turn.
    beams: Searches of each turn; the first tells the time to the first step.
    vllm: True to run vLLM too.
    """

    runs: int = 3
    rounds: tuple[Workload, ...] = (
        Workload(8, 1, 48),
        Workload(8, 4, 48),
        Workload(1, 1, 48),
        Workload(32, 1, 48),
    )
    beams: tuple[BeamWork, ...] = (BeamWork(1, 1), BeamWork(2, 4))
    vllm: bool = True


QUICK = EngineExtent(1, (Workload(8, 1, 32), Workload(8, 4, 32)), (BeamWork(1, 1),), vllm=False)


def bench_real(
    folder: str, *, extent: EngineExtent, problems: str | None, threads: int | None, as_object: bool = False
) -> None:
    """Measure every GGUF model of a folder on all engines and print the results.

    Args:
        folder: Folder with GGUF files. The float32 weights of each are written beside it, once.
        extent: Scope.
        problems: Source of the questions, as of ``hintree solve --problems``; None for problems of the lab.
        threads: Threads of every engine; None for all that this process may use.
        as_object: Print one JSON object in place of tables.

    Raises:
        UsageError: The folder holds no GGUF file, or the source too few problems.
        CheckpointError: A GGUF file is damaged.
    """
    if not Path(folder).is_dir():
        raise UsageError(f"--real {folder}: there is no such folder")
    files = sorted(Path(folder).glob("*.gguf"))
    if not files:
        raise UsageError(f"--real {folder}: there is no GGUF file in this folder")
    for file in files:  # all of them before the first is measured
        check_storage(read_header(file, str(file)), str(file))
    needed = max(work.problems for work in extent.rounds)
    questions = read_questions(problems or PROBLEMS, needed)
    if len(questions) < needed:
        raise UsageError(f"--problems: {len(questions)} problems are fewer than the {needed} of the largest round")
    results = [measure(file, extent, questions, threads or available_cpus()) for file in files]
    print(json.dumps(as_json(results)) if as_object else as_tables(results))


def measure(file: Path, extent: EngineExtent, questions: Sequence[str], threads: int) -> ModelResults:
    """Run all engines on one model in turns."""
    folder = float32_folder(file)
    found = ModelResults(file.stem, threads, {}, {}, {})
    with ExitStack() as stack:
        workers: dict[str, EngineProcess] = {}
        for name in tqdm(ARMS, desc=f"{file.stem}: loading", unit="engine"):
            try:
                workers[name] = stack.enter_context(worker(name, folder, file, threads, vllm=extent.vllm))
                found.loaded[name] = workers[name].ready["loaded_mb"]
            except UsageError as error:
                found.left_out[name] = str(error)
        works: list[Work] = [*extent.rounds, *extent.beams]
        plan = [
            (turn, work, name)
            for turn in range(extent.runs)
            for work in works
            for name in workers
            if takes_part(name, workers[name], work)
        ]
        with suppress(KeyboardInterrupt):  # what was measured until then is shown
            for turn, work, name in tqdm(plan, desc=file.stem, unit="round"):
                first = turn * work.problems % max(1, len(questions) - work.problems + 1)
                chosen = list(questions[first : first + work.problems])
                if name in found.left_out:
                    continue
                try:
                    cost = workers[name].ask(chosen, work)
                except UsageError as error:
                    found.left_out[name] = str(error)
                else:
                    found.rows.setdefault((name, work), []).append(cost)
    return found


def takes_part(name: str, one: "EngineProcess", work: Work) -> bool:
    """Return True if an engine runs a round; text by text, ``generate`` is as fast for many as for one."""
    if isinstance(work, BeamWork):
        return bool(one.ready["searches"])
    return name != "generate, one text a call" or work.texts == 1


class EngineProcess:
    """Process of one engine.

    Attributes:
        ready: Its message after loading: memory in MB, and True if a search can run on it.
    """

    def __init__(self, name: str, process: "subprocess.Popen[str]", errors: IO[str]) -> None:
        self.name, self._process, self._errors = name, process, errors
        self.ready = self._read()

    def ask(self, questions: Sequence[str], work: Work) -> dict[str, Any]:
        """Run one round and return its cost. Raises UsageError if the process ends."""
        assert self._process.stdin is not None
        try:
            key = "beam" if isinstance(work, BeamWork) else "work"
            self._process.stdin.write(json.dumps({"questions": questions, key: work}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended, which reading finds
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        limit = threading.Timer(LONGEST, self._process.kill)
        limit.start()
        try:
            line = self._process.stdout.readline()
        finally:
            limit.cancel()
        if not line:
            code = self._process.wait()
            self._errors.seek(0)
            last = (self._errors.read()[-2000:].strip().splitlines() or ["no message"])[-1]
            raise UsageError(f"{self.name}: its process ended with code {code} ({last[:200]})")
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def worker(name: str, folder: Path, file: Path, threads: int, *, vllm: bool) -> Iterator[EngineProcess]:
    """Start the process of one engine. Raises UsageError if the engine is not installed or does not start."""
    package = ARMS[name][0]
    python = sys.executable
    if package == "vllm":
        if not vllm:
            raise UsageError("left out")
        python = os.environ.get(VLLM_PYTHON, python if find_spec("vllm") else "")
        if not python:
            raise UsageError(f"vllm is not installed; {VLLM_PYTHON} can name the interpreter of an environment with it")
    elif package and find_spec(package) is None:
        raise UsageError(f"{package} is not installed: pip install 'hintree[gguf]'")
    command = [python, "-m", "hintree.experiments.bench.engines.worker", name, str(folder), str(file)]
    own = {"OMP_NUM_THREADS": str(threads), "VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_CPU_KVCACHE_SPACE": "1"}
    with (
        tempfile.TemporaryFile("w+", errors="replace") as errors,
        subprocess.Popen(
            command,
            env=os.environ | own,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # Ctrl-C is for the parent, which ends it
        ) as process,
    ):
        try:
            yield EngineProcess(name, process, errors)
        finally:
            process.kill()
            with suppress(BrokenPipeError):  # the last request to an engine that has died
                process.stdin and process.stdin.close()


def float32_folder(file: Path) -> Path:
    """Return the folder with the float32 weights of a GGUF file, and write it if it is not there."""
    folder = file.with_name(f"{file.stem}-float32")
    if not folder.is_dir():
        assert is_gguf(str(file))
        part = file.with_name(f"{file.stem}-float32.part")
        shutil.rmtree(part, ignore_errors=True)
        loaded = load_model(str(file), device="cpu", dtype="float32")
        loaded.model.save_pretrained(part)
        loaded.tokenizer.save_pretrained(part)
        part.rename(folder)
    return folder
