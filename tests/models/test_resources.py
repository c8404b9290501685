"""Processors and memory of a process: affinity, control groups, and the limits that a user sets."""

import os
from weakref import WeakSet

import pytest
import torch

from hintree import Solver
from hintree.errors import UsageError
from hintree.grade.grading import CACHE as VERDICT_CACHE
from hintree.models import GenerationRequest, Prompt, load_model, resources
from hintree.models.local.threads import ONE_THREAD, threads_for, use_threads
from hintree.models.resources import (
    CACHE_BYTES,
    THREADS,
    VERDICTS,
    available_cpus,
    available_memory,
    brief_spins,
    cache_budget,
    join_budget,
    limits_in_environment,
    parse_bytes,
    parse_threads,
    share_of_budget,
)

HERE = available_cpus()


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


@pytest.fixture(autouse=True)
def no_limits_of_the_user(monkeypatch):
    monkeypatch.delenv(THREADS, raising=False)
    monkeypatch.delenv(CACHE_BYTES, raising=False)


GROUPS = {
    "version 2": {"proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/cpu.max": "50000 100000"},
    "version 2, in a container": {"proc/self/cgroup": "0::/../x", "sys/fs/cgroup/cpu.max": "90000 100000"},
    "version 1": {
        "proc/self/cgroup": "4:cpu,cpuacct:/job\n0::/",
        "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "100000",
        "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000",
    },
}
MEMORY = {
    "version 2": {"proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/memory.max": "1000000"},
    "version 1": {"proc/self/cgroup": "9:memory:/job", "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "1000000"},
}


@pytest.mark.parametrize("files", GROUPS.values(), ids=GROUPS)
def test_a_cpu_quota_is_rounded_up_to_whole_processors(tmp_path, files):
    assert available_cpus(write(tmp_path, files)) == 1


@pytest.mark.parametrize("quota", ["max 100000", "800000 100000", "-1", "junk", ""])
def test_a_quota_beyond_the_processors_or_none_changes_nothing(tmp_path, quota):
    root = write(tmp_path, {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": quota})
    assert available_cpus(root) == HERE


@pytest.mark.parametrize("files", MEMORY.values(), ids=MEMORY)
def test_a_memory_limit_of_a_parent_group_holds(tmp_path, files):
    assert available_memory(write(tmp_path, files)) == 1_000_000


@pytest.mark.parametrize("limit", ["max", str(2**63 - 4096), "0", "junk"])
def test_no_memory_limit_leaves_the_machines(tmp_path, limit):
    root = write(tmp_path, {"proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": limit})
    assert available_memory(root) == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_a_machine_without_control_groups_has_its_own_processors(tmp_path):
    assert available_cpus(tmp_path) == HERE


def test_a_small_model_has_one_thread_and_a_large_one_at_most_what_pytorch_has():
    with use_threads(HERE + 3):
        assert (threads_for(400_000), threads_for(ONE_THREAD + 1)) == (1, HERE)
    with use_threads(1):
        assert threads_for(ONE_THREAD + 1) == 1


def test_the_users_number_holds_for_all_models_and_pytorchs_own_is_left_alone():
    before = torch.get_num_threads()
    with limits_in_environment(3, "64M"):
        model = load_model("embedded:student", device="cpu")
    assert (model.threads, model.cache.budget) == (3, 64 * 2**20)
    with model._inference():
        assert torch.get_num_threads() == 3
    assert torch.get_num_threads() == before
    assert not {THREADS, CACHE_BYTES} & set(os.environ)


def test_a_solver_gives_its_limits_to_the_models_that_it_loads():
    solver = Solver("greedy", threads=2, cache_bytes=2**27)
    (model,) = solver.pool.shipped()
    assert (model.threads, model.cache.budget) == (2, 2**27)


class HeldCache:
    """A cache that holds something while ``in_use``."""

    def __init__(self, in_use):
        self.in_use = in_use
        join_budget(self)


def test_caches_that_hold_anything_share_the_budget_in_equal_parts(monkeypatch):
    monkeypatch.setattr(resources, "_caches", WeakSet())
    idle, busy, other = HeldCache(False), HeldCache(True), HeldCache(True)
    whole = 2**30 - VERDICTS
    assert [share_of_budget(cache, 2**30) for cache in (busy, idle)] == [whole // 2, whole // 3]
    del other
    assert share_of_budget(busy, 2**30) == whole
    assert share_of_budget(busy, 800) == 700 and VERDICT_CACHE.most == VERDICTS


def test_the_budget_is_a_tenth_of_the_memory_at_most_4_gib_or_the_users(monkeypatch):
    for memory, budget in ((30 * 2**30, 3 * 2**30), (500 * 2**30, 2**32), (0, 2**29)):
        monkeypatch.setattr(resources, "available_memory", lambda memory=memory: memory)
        assert cache_budget() == budget
    monkeypatch.setenv(CACHE_BYTES, "1M")
    assert cache_budget() == 2**20


def test_two_models_hold_no_more_than_the_budget_together(monkeypatch):
    monkeypatch.setattr(resources, "_caches", WeakSet())
    monkeypatch.setenv(CACHE_BYTES, "1000000")
    models = [load_model(f"embedded:{name}", device="cpu") for name in ("student", "teacher")]
    requests = [GenerationRequest(Prompt(f"(1) Ana has {n} pens. How many pens does Ana have?"), max_tokens=20)
                for n in range(12)]  # fmt: skip
    for model in models * 2:
        model.generate(requests)
    held = [model.cache.bytes for model in models]
    assert all(held) and sum(held) <= 1_000_000


@pytest.mark.parametrize("threads", ["0", "-1", "two", "1.5", "", "513", "9" * 5000])
def test_threads_out_of_range_are_refused(threads):
    with pytest.raises(UsageError, match="from 1 to 512"):
        parse_threads(threads)


@pytest.mark.parametrize(
    ("text", "size"), [("1", 1), ("512M", 2**29), ("2g", 2**31), (7, 7), ("3K", 3072), ("2GB", 2**31), ("1MiB", 2**20)]
)
def test_sizes_have_a_unit(text, size):
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "M", "0", "-1", "2T", "1.5G", "1 G", "7B", "1iB", "9" * 5000])
def test_sizes_that_are_none_are_refused(text):
    with pytest.raises(UsageError, match="such as 512M or 2G"):
        parse_bytes(text)


def test_threads_spin_briefly_unless_the_user_says_how_they_wait(monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    with brief_spins():
        assert os.environ["GOMP_SPINCOUNT"] == "10000"
    assert "GOMP_SPINCOUNT" not in os.environ
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    with brief_spins():
        assert "GOMP_SPINCOUNT" not in os.environ
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    with brief_spins():
        assert os.environ["GOMP_SPINCOUNT"] == "7"
