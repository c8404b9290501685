"""Lack of memory fails the problem that is too large, in any batch; the others are solved as if they were alone."""

import gc

import pytest
import torch

from hintree.errors import OutOfMemoryError
from hintree.search import Beam, Handler, Response, Usage
from hintree.solver import Solver
from tests.support.scripted import PARAMETERS, problems, random_roles, trees


def torch_lacks_memory():
    torch.empty(2**60, dtype=torch.uint8)


def python_lacks_memory():
    bytearray(2**62)


def gpu_lacks_memory():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


def cache_lacks_memory():
    raise OutOfMemoryError("model m: no memory for a KV cache of 9 tokens")


SEARCH = Beam(2, 2, depth=4)
LACKS = (torch_lacks_memory, python_lacks_memory, gpu_lacks_memory, cache_lacks_memory)


def solved(lack=None, *, fits=lambda requests: True, role="reasoner", count=6):
    """The runs' ends and trees; ``role`` calls ``lack`` for a batch that does not fit."""
    roles, batches = random_roles(odd=False), []

    def handle(requests):
        batches.append(len(requests))
        if not fits(requests):
            lack()
        return roles[role](requests)

    handlers = {name: Handler(who, PARAMETERS[name]) for name, who in roles.items()} | {role: Handler(handle)}
    found = list(Solver("beam", search=SEARCH, **handlers).solve_many(problems(count), progress=False))
    return {s.tree.problem.id: s for s in found}, batches


def without_p3(requests):
    return all(request.tree.problem.id != "p3" for request in requests)


@pytest.fixture(scope="module")
def undisturbed():
    return trees(solved()[0])


@pytest.mark.parametrize(("lack", "role"), [(lack, "reasoner") for lack in LACKS] + [(torch_lacks_memory, "scorer")])
def test_a_problem_that_is_too_large_fails_alone(lack, role, undisturbed):
    found, _ = solved(lack, fits=without_p3, role=role)
    assert str(found.pop("p3").stop_reason).startswith("failed: out of memory: ")
    assert {str(s.stop_reason) for s in found.values()} == {"complete"}
    assert trees(found) == {name: tree for name, tree in undisturbed.items() if name != "p3"}


def test_a_batch_that_is_too_large_is_halved_and_nothing_fails(undisturbed):
    found, batches = solved(torch_lacks_memory, fits=lambda requests: len(requests) <= 3)
    assert trees(found) == undisturbed
    assert max(batches) > 3 and {str(s.stop_reason) for s in found.values()} == {"complete"}


def test_a_scorer_that_reports_a_lack_of_memory_for_one_step_fails_its_problem():
    def score(requests):
        return [Response(0.5, Usage(1)) if without_p3([r]) else MemoryError() for r in requests]

    roles = random_roles(odd=False)
    handlers = {role: Handler(roles[role]) for role in ("reasoner", "hinter")}
    found = Solver("beam", search=SEARCH, **handlers, scorer=score).solve_many(problems(5), progress=False)
    ends = {s.tree.problem.id: str(s.stop_reason) for s in found}
    assert ends.pop("p3") == "failed: out of memory: MemoryError; the other problems go on"
    assert set(ends.values()) == {"complete"}


@pytest.mark.slow
def test_5000_solves_leave_no_object_behind():
    counts = []
    for _ in range(11):
        solved(count=500)
        gc.collect()
        counts.append(len(gc.get_objects()))
    assert max(counts[1:]) - min(counts[1:]) < 200
