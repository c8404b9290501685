"""Chaos test of studies: ``python -m tests.support.chaos [--seconds 600] [--seed 0]``, or ``make chaos``.

A study with 4 workers on a scripted server is run again and again, while workers are killed (also while they start) and
stopped, the run is stopped, terminated and killed, its disk is filled, the server breaks connections, and the clock of
the tested processes is shifted. Every study must end with the table that it has undisturbed, byte for byte but for
results that it names as failed, and with the whole table once these are tried again. The report is one line of JSON.
"""

import argparse
import csv
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

from hintree.experiments.study.store import Store
from hintree.search.core.seeds import seed_of
from tests.support.disks import fill, small_disk
from tests.support.processes import descendants
from tests.support.small_server import TRANSIENT_FAULTS, SmallServer

ROOT = Path(__file__).parents[2]
CLOCK_FOLDER = Path(__file__).parent / "shifted_clock"
STUDY = """problems: lab:test?n={problems}&steps=2-4
defaults: {{reasoner: '{url}', protocol: lab, device: cpu}}
arms:
  greedy: greedy
  beam: {{preset: beam, hinter: none, scorer: random}}
"""
OPTIONS = ("--workers", "4", "--live", "4", "--timeout", "6", "--heartbeat-timeout", "30", "--progress-timeout", "300")
WORKER = "spawn_main"
DISK = 3 * 2**20
"""Bytes of the small disk."""
LARGEST_FILE = 100_000
"""Bytes of the largest file of a run for which the disk is full, where no small disk can be mounted."""
LONGEST_STUDY = 1800
"""Seconds after which a study that is no longer disturbed is taken to hang."""


def answer(path, body):
    """Return the server's response: a step that depends on the messages and the seed alone."""
    if path == "/v1/models":
        return 200, {"data": [{"id": "scripted"}]}
    if path != "/v1/chat/completions" or body.get("n", 1) > 1:
        return 404, {"error": f"no {path}"}
    solution = next((turn["content"] for turn in body["messages"] if turn["role"] == "assistant"), "")
    depth, draw = solution.count("\n"), seed_of(body.get("seed", 0), json.dumps(body["messages"]))
    text = f"The answer is {draw % 4}." if depth > 2 or draw % 5 == 0 else f"Step {depth} gives {draw % 97}.\n"
    choice = {"index": 0, "finish_reason": "stop", "stop_reason": None}
    choice["message"] = {"role": "assistant", "content": text}
    return 200, {"model": "scripted", "choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 5}}


class Chaos:
    """Disturbs one study after another; ``counts`` says how often it did what."""

    def __init__(self, folder, server, seed, problems, small):
        self.folder, self.server, self.chance = folder, server, random.Random(seed)
        self.clock, self.disk = folder / "clock", folder / "disk"
        self.counts, self.failed, self.faults = Counter(), set(), 0.0
        self.process, self.small = None, small
        (folder / "study.yaml").write_text(STUDY.format(problems=problems, url=f"{server.url}#scripted"))
        server.fault = self.fault

    def fault(self, number):
        """Return a fault for a share ``faults`` of the server's requests."""
        return self.chance.choice(TRANSIENT_FAULTS) if self.chance.random() < self.faults else ""

    def start(self, out, *options):
        """Start the study in a folder, or go on with it; what it says is appended to two files beside that folder."""
        environment = os.environ | {"PYTHONPATH": f"{CLOCK_FOLDER}:{ROOT}", "HINTREE_TEST_CLOCK": str(self.clock)}
        command = [sys.executable, "-m", "hintree", "run", str(self.folder / "study.yaml"), "--out", str(out)]
        with (self.folder / "out").open("a") as said, (self.folder / "err").open("a") as errors:
            self.process = subprocess.Popen(
                [*command, "--json", "--resume", *OPTIONS, *options],
                cwd=ROOT, stdout=said, stderr=errors, env=environment | {"OMP_NUM_THREADS": "1"},
            )  # fmt: skip

    def acknowledged(self):
        """Return the results that the study has reported as stored; a line that a kill cut off is left out."""
        lines = (self.folder / "out").read_text().splitlines(keepends=True)
        whole = [line for line in lines if line.startswith("{") and line.endswith("}\n")]
        rows = map(json.loads, whole)
        return {(row["arm"], row["problem"], row["seed"]): row["answer"] for row in rows if row["status"] == "done"}

    def workers(self):
        return descendants(self.process.pid, WORKER)

    def signal(self, pid, number):
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    def kill_worker(self):
        for pid in self.chance.sample(workers, 1) if (workers := self.workers()) else ():
            self.signal(pid, signal.SIGKILL)

    def kill_starting_worker(self):
        """Kill a worker, and the one that takes its place as soon as it is seen, or a moment later."""
        before = set(self.workers())
        self.kill_worker()
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            if new := set(self.workers()) - before:
                time.sleep(self.chance.choice((0, 0, 0.1, 0.5)))
                self.signal(min(new), signal.SIGKILL)
                return
            time.sleep(0.01)

    def stop_worker(self):
        for pid in self.chance.sample(workers, 1) if (workers := self.workers()) else ():
            self.pause(pid, self.chance.choice((1, 5, 45)))

    def stop_run(self):
        self.pause(self.process.pid, self.chance.choice((1, 5)))

    def pause(self, pid, seconds):
        self.signal(pid, signal.SIGSTOP)
        time.sleep(seconds)
        self.signal(pid, signal.SIGCONT)

    def kill_run(self):
        self.process.kill()

    def terminate_run(self):
        self.process.terminate()

    def fill_disk(self):
        """Fill the small disk for some seconds, or let the run's files grow no more; it ends, or does not notice."""
        if not self.small:
            with suppress(ProcessLookupError):
                before = resource.prlimit(
                    self.process.pid, resource.RLIMIT_FSIZE, (LARGEST_FILE, resource.RLIM_INFINITY)
                )
                time.sleep(self.chance.uniform(1, 5))
                resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, before)
            return
        filler = self.disk / "filler"
        fill(filler)
        time.sleep(self.chance.uniform(1, 5))
        filler.unlink(missing_ok=True)

    def break_connections(self):
        self.faults = self.chance.choice((0.05, 0.3, 1.0))
        time.sleep(self.chance.uniform(0.5, 3))
        self.faults = 0.0

    def shift_clock(self):
        self.clock.write_text(str(self.chance.choice((-1, 1)) * self.chance.choice((1, 3600, 3e7))))

    def calm(self):
        time.sleep(self.chance.uniform(1, 6))

    def disturb(self, out, until):
        """Run one study to its end under disturbances, and undisturbed from the moment ``until`` on."""
        often = (self.kill_worker, self.kill_starting_worker, self.stop_worker, self.break_connections, self.calm)
        seldom = (self.stop_run, self.kill_run, self.terminate_run, self.fill_disk, self.shift_clock)
        self.start(out)
        last = max(until, time.monotonic()) + LONGEST_STUDY
        while True:
            code = self.process.poll()
            if code == 0:
                return
            if code is not None:
                self.counts[f"run ended with {code}"] += 1
                self.start(out)
            elif time.monotonic() < until:
                action = self.chance.choice(often * 3 + seldom)
                self.counts[action.__name__] += 1
                action()
            else:
                assert time.monotonic() < last, "the study does not end"
                time.sleep(0.5)


def table(out):
    """Return the rows of a study's table as they are in the file, by arm and problem; the head is a row too."""
    lines = (out / "results.csv").read_text().splitlines(keepends=True)
    return {tuple(next(csv.reader([line]))[:2]): line for line in lines}


def check(chaos, out, calm):
    """Compare a study with the undisturbed one, before and after its failed results are tried again."""
    with Store.open(out) as store:
        results = list(store.results())
        problems = store.problems()
        lost = [key for key, value in chaos.acknowledged().items() if (*key, value) not in answers(results)]
        chaos.counts["workers lost"] += store.losses().total()
    failed = {(r.arm, problems[r.problem].id): r.reason for r in results if r.status == "failed"}
    disturbed = table(out)
    wrong = [key for key, line in calm.items() if key not in failed and disturbed.get(key) != line]
    chaos.counts["results failed by name"] += len(failed)
    chaos.failed |= set(failed.values())
    for _ in range(3 if failed else 0):
        chaos.start(out, "--retry-failed")
        chaos.process.wait(LONGEST_STUDY)
    whole = table(out) == calm
    return {"lost": len(lost), "wrong": len(wrong), "doubled": len(results) - len(calm) + 1, "whole at the end": whole}


def answers(results):
    return {(r.arm, r.problem, r.seed, r.answer) for r in results}


def run(seconds, seed, problems):
    """Run studies for some seconds and return the report."""
    folder = Path(tempfile.mkdtemp(prefix="hintree-chaos-"))
    rounds = []
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = stack.enter_context(SmallServer(answer, delay=0.02))
        small = stack.enter_context(small_disk(folder / "disk", DISK))
        chaos = Chaos(folder, server, seed, problems, small)
        chaos.start(folder / "calm")
        assert chaos.process.wait(LONGEST_STUDY) == 0, (folder / "err").read_text()[-2000:]
        calm = table(folder / "calm")
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            out = chaos.disk / str(len(rounds))
            (folder / "out").write_text("")
            chaos.disturb(out, until)
            rounds.append(check(chaos, out, calm))
            shutil.rmtree(out)
        errors = (folder / "err").read_text(errors="replace")
    sums = {key: sum(r[key] for r in rounds) for key in ("lost", "wrong", "doubled")}
    equal = not any(sums.values()) and all(r["whole at the end"] for r in rounds)
    facts = {
        "seed": seed,
        "seconds": seconds,
        "studies": len(rounds),
        "results each": len(calm) - 1,
        "small disk": small,
    }
    facts |= {"equal": equal, **sums, "events": dict(sorted(chaos.counts.items()))}
    return facts | {"failures": sorted(chaos.failed), "tracebacks": errors.count("Traceback")}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--problems", type=int, default=20, help="problems of each study")
    report = run(**vars(parser.parse_args()))
    print(json.dumps(report))
    sys.exit(not report["equal"])
