"""Replicas of model servers: their addresses by worker, plans that are refused, and a Ray of two nodes."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import httpx2
import pytest

from hintree.cli import build_parser
from hintree.errors import ServerError, UsageError
from hintree.experiments.study.ray_cluster import connect
from hintree.experiments.study.replicas import ReplicaGroup, ReplicaPlan, check_plan
from hintree.experiments.study.store import Store
from hintree.models import is_address, parse_address
from hintree.solver import Solver

ROOT = Path(__file__).parents[3]
QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
BOTH = "http://10.0.0.1:8000/v1#m, http://10.0.0.2:9000/v1#m"


@pytest.mark.parametrize(("worker", "host"), [("", "10.0.0.1:8000"), ("1", "10.0.0.2:9000"), ("2", "10.0.0.1:8000")])
def test_workers_use_the_replicas_in_turn(worker, host, monkeypatch):
    monkeypatch.setenv("HINTREE_REPLICAS_QWEN3_0_6B", BOTH)
    monkeypatch.setenv("HINTREE_WORKER", worker or "0")
    assert is_address("replicas:Qwen3-0.6B")
    assert parse_address("replicas:Qwen3-0.6B")[:2] == (f"http://{host}/v1", "m")
    assert parse_address("replicas:Qwen3-0.6B?labels=-,+").labels == ("-", "+")


@pytest.mark.parametrize("value", ["", "replicas:m", " , "])
def test_replicas_without_addresses_are_refused(value, monkeypatch):
    monkeypatch.setenv("HINTREE_REPLICAS_M", value)
    with pytest.raises(UsageError, match=r"HINTREE_REPLICAS_M holds no URLs.*hintree replicas m"):
        parse_address("replicas:m")


def test_replicas_need_ray(monkeypatch):
    monkeypatch.setattr("hintree.experiments.study.ray_cluster.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"replicas: .*pip install \"hintree\[ray\]\""):
        connect("local", "replicas")


@pytest.mark.parametrize(("name", "command", "words"), [("a b", ["{port}"], "'a b'"), ("m", ["serve"], r"no \{port\}")])
def test_plans_that_cannot_work_are_refused(name, command, words):
    with pytest.raises(UsageError, match=words):
        check_plan(ReplicaPlan(name, command))


@pytest.mark.parametrize("amount", [{"cpus": -1.0}, {"gpus": float("nan")}, {"seconds": float("inf")}])
def test_amounts_that_cannot_be_reserved_are_refused(amount):
    with pytest.raises(UsageError, match="numbers of at least 0"):
        check_plan(ReplicaPlan("m", ["{port}"], **amount))


def test_the_command_line_of_the_server_follows_two_hyphens():
    args = build_parser().parse_args(["replicas", "m", "--count", "2", "--ray", "local", "--", "serve", "-m", "{port}"])
    assert (args.name, args.count, args.ray, args.server) == ("m", 2, "local", ["serve", "-m", "{port}"])


@pytest.fixture(scope="module")
def cluster():
    """The address of a Ray of two nodes of three processors, so that a replica of two has a node of its own."""
    if find_spec("ray") is None:
        pytest.skip("NO RAY: pip install 'hintree[ray]'")
    import ray
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 3, "include_dashboard": False})
    nodes.add_node(num_cpus=3)
    yield nodes.address
    ray.shutdown()
    nodes.shutdown()


@pytest.mark.slow
def test_a_study_runs_on_replicas_of_two_nodes(cluster, tmp_path, monkeypatch):
    from tests.support.to_gguf import to_gguf

    file, study, out = tmp_path / "student.gguf", tmp_path / "study.yaml", tmp_path / "run"
    to_gguf("embedded:student", file)
    arm = "{preset: greedy, reasoner: replicas:student, protocol: lab}"
    study.write_text(f"problems: lab:test?steps=2-3&n=6\narms: {{greedy: {arm}}}\n")
    command = [sys.executable, str(ROOT / "tests/support/gguf_server.py"), str(file), "{host}", "{port}"]
    with ReplicaGroup(ReplicaPlan("student", command, count=2, cpus=2), cluster) as group:
        assert len(set(group.addresses)) == 2
        monkeypatch.setenv(group.variable, ",".join(group.addresses).replace("/v1#", "/v1/completions#"))
        for worker in ("0", "1"):
            monkeypatch.setenv("HINTREE_WORKER", worker)
            solver = Solver("greedy", reasoner="replicas:student", protocol="lab")
            assert solver.solve(QUESTION).steps[-1].step.text == "The answer is 7."
        written = [tokens_written(address) for address in group.addresses]
        run = [sys.executable, "-m", "hintree", "run", str(study), "--out", str(out), "--ray", cluster]
        subprocess.run([*run, "--workers", "2", "--live", "1"], cwd=ROOT, check=True)
    assert min(written) > 0
    with Store.open(out) as store:
        assert [result.status for result in store.results()] == ["done"] * 6
        assert sum(result.ledger["reasoner"].generated_tokens for result in store.results()) > 0
    assert not answers(group.addresses[0])


def tokens_written(address):
    """The tokens that a llama.cpp server has generated so far."""
    text = httpx2.get(address.partition("/v1")[0] + "/metrics").text
    return float(re.search(r"^llamacpp:tokens_predicted_total (\S+)", text, re.MULTILINE)[1])


def answers(address):
    try:
        return httpx2.get(address.partition("#")[0] + "/models").is_success
    except httpx2.TransportError:
        return False


@pytest.mark.slow
def test_a_server_that_ends_at_once_is_one_clear_error(cluster):
    with pytest.raises(ServerError, match=r"replicas of m: .*exit code 3; run .* alone"):
        ReplicaGroup(ReplicaPlan("m", [sys.executable, "-c", "raise SystemExit(3)", "{port}"]), cluster)
