"""Processors and memory of a process: affinity, control groups, and the limits that a user sets."""

import os

import pytest
import torch

from hintree import Solver
from hintree.errors import UsageError
from hintree.models import load_model
from hintree.models.local.threads import ONE_THREAD, threads_for, use_threads
from hintree.models.resources import (
    CACHE_BYTES,
    THREADS,
    available_cpus,
    available_memory,
    limits_in_environment,
    parse_bytes,
    parse_threads,
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
    assert (model.threads, model.cache.limit) == (3, 64 * 2**20)
    with model._inference():
        assert torch.get_num_threads() == 3
    assert torch.get_num_threads() == before
    assert not {THREADS, CACHE_BYTES} & set(os.environ)


def test_a_solver_gives_its_limits_to_the_models_that_it_loads():
    solver = Solver("greedy", threads=2, cache_bytes=2**27)
    (model,) = solver.pool.shipped()
    assert (model.threads, model.cache.limit) == (2, 2**27)


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
