"""Kills of a study and damage to its store, in stages: ``python -m tests.support.kills [--kills 200] [--bytes 500]``.

The state is in a JSON file (``--state``): a run that is interrupted goes on from it, with the same seed.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hintree.errors import UsageError
from hintree.experiments.study.merge import merge
from hintree.experiments.study.store import FILE, Store
from hintree.experiments.study.store_rows import pack_tree
from hintree.experiments.study.store_study import key_of
from hintree.search import to_dict
from tests.support.processes import descendants
from tests.support.stores import cases, grown, result, study

ROOT = Path(__file__).parents[2]
LIGHT = [sys.executable, "-m", "tests.support.light"]
VICTIMS = ("run", "group", "worker", "starting worker")


def killed(command, seconds, victim):
    """Start a command in a group of its own and kill it, its group or one worker of it after a while.

    Returns:
        Whether something was killed, and what the command printed until it ended.
    """
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    if victim == "starting worker":
        end = time.monotonic() + 60
        while not (workers := descendants(process.pid, "spawn_main")) and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(seconds / 20)
    else:
        try:
            process.wait(seconds)
            return False, process.communicate()[0]
        except subprocess.TimeoutExpired:
            workers = descendants(process.pid, "spawn_main")
    if victim in ("worker", "starting worker"):
        for pid in workers[:1]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                workers = []
        return bool(workers), process.communicate(timeout=600)[0]  # the study itself ends well
    (os.killpg if victim == "group" else os.kill)(process.pid, signal.SIGKILL)
    return True, process.communicate(timeout=120)[0]  # workers hold the pipe too: they end as well


def kill_often(folder, kills, longest, seed, table, said=lambda count: None):
    """Kill a study again and again at random moments, going on each time; start anew when it is done.

    Args:
        folder: Folder of the studies.
        kills: Number of kills.
        longest: Most seconds before a kill.
        seed: Seed of the moments and victims.
        table: CSV of the study when nothing disturbs it.
        said: Called after each kill with the number of kills so far.

    Returns:
        Number of studies that were completed, and of kills by victim.
    """
    chance, rounds, kept, counts = random.Random(seed), 0, {}, dict.fromkeys(VICTIMS, 0)
    while sum(counts.values()) < kills:
        here, victim = folder / str(rounds), chance.choice(VICTIMS)
        was_killed, printed = killed([*LIGHT, str(here)], chance.uniform(0.1, longest), victim)
        whole = printed[: printed.rfind("\n") + 1].splitlines()
        acknowledged = {tuple(json.loads(line)[:3]) for line in whole if line.startswith("[")}
        found = {}
        if acknowledged or not was_killed or kept:
            with Store.open(here) as store:
                found = {(r.arm, r.problem, r.seed): r for r in store.results()}
        assert acknowledged <= set(found), "an acknowledged result is lost"
        assert all(found[key] == row for key, row in kept.items()), "a result has changed"
        counts[victim] += was_killed
        kept = found
        if (here / "results.csv").exists():
            assert (here / "results.csv").read_text() == table, "the table has changed"
            shutil.rmtree(here)
            kept, rounds = {}, rounds + 1
        said(sum(counts.values()))
    return rounds, counts


def calm_table(folder):
    """Return the CSV of the study that is not disturbed."""
    subprocess.run([*LIGHT, str(folder / "calm")], cwd=ROOT, check=True, capture_output=True)
    return (folder / "calm" / "results.csv").read_text()


def filled(folder, problems=30):
    """Fill a store with results of two arms, some problems and two seeds, and return the results."""
    stored = cases([f"p{i}" for i in range(problems)])
    keys = [key_of(case.id, case.question) for case in stored]
    rows = [(result(arm, key, seed), pack_tree(grown(key, seed))) for arm in "ab" for key in keys for seed in (0, 1)]
    with Store.create(folder, study(), stored, versions={}, hardware={}) as store:
        store.add(rows)
    return [row for row, _ in rows]


def harm(folder, out, whole, place, rows):
    """Flip a bit of a store; return whether it was refused. What is read, or saved from it, is checked.

    Args:
        folder: Folder of the store.
        out: Folder for the rows that are saved; must be new.
        whole: The intact file.
        place: Number of the byte.
        rows: Its results.
    """
    (folder / FILE).write_bytes(whole[:place] + bytes([whole[place] ^ 64]) + whole[place + 1 :])
    try:
        with Store.open(folder) as store:
            arms, problems = list(store.arms()), list(store.problems())
            wanted = sorted(rows, key=lambda r: (arms.index(r.arm), problems.index(r.problem), r.seed))
            assert list(store.results()) == wanted
            for row in rows:
                assert to_dict(store.tree(row.arm, row.problem, row.seed)) == to_dict(grown(row.problem, row.seed))
        return False
    except UsageError as error:
        assert len(str(error).splitlines()) == 1
    try:
        merge([folder], out)
        with Store.open(out) as store:
            assert all(row in rows for row in store.results()), "a wrong row was saved"
    except UsageError as error:
        assert len(str(error).splitlines()) == 1
    return True


def harm_often(folder, places, seed):
    """Flip a bit at some random bytes of a store; return how many of them were found."""
    rows = filled(folder / "run", 12)
    whole = (folder / "run" / FILE).read_bytes()
    chosen = random.Random(seed).sample(range(100, len(whole)), places)
    refused = 0
    for place in chosen:
        refused += harm(folder / "run", folder / "saved", whole, place, rows)
        shutil.rmtree(folder / "saved", ignore_errors=True)
    return refused


STAGE = 10
"""Kills or bytes after which the state is written."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--bytes", type=int, default=500)
    parser.add_argument("--longest", type=float, default=3.0, help="most seconds before a kill")
    parser.add_argument("--state", type=Path, default=Path("build/kills.json"))
    args = parser.parse_args()
    state = {"kills": 0, "bytes": 0, "found": 0, "studies": 0, "victims": {}}
    if args.state.exists():
        state = json.loads(args.state.read_text())
    args.state.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hintree-kills-") as name:
        folder = Path(name)
        table = calm_table(folder) if state["kills"] < args.kills else ""
        while state["kills"] < args.kills:
            count = min(STAGE, args.kills - state["kills"])
            studies, victims = kill_often(folder / str(state["kills"]), count, args.longest, state["kills"], table)
            state["victims"] = {victim: state["victims"].get(victim, 0) + n for victim, n in victims.items()}
            state |= {"kills": state["kills"] + count, "studies": state["studies"] + studies}
            args.state.write_text(json.dumps(state))
        while state["bytes"] < args.bytes:
            count = min(10 * STAGE, args.bytes - state["bytes"])
            found = harm_often(folder / f"bytes {state['bytes']}", count, state["bytes"])
            state |= {"bytes": state["bytes"] + count, "found": state["found"] + found}
            args.state.write_text(json.dumps(state))
    print(json.dumps(state | {"lost": 0, "doubled": 0, "wrong rows": 0}))


if __name__ == "__main__":
    main()
