"""Any preset or search, any budget, any fault: each problem ends once, and no fault changes another problem."""

import os
import random

import hypothesis
import pytest
from hypothesis import strategies as st

from hintree.presets import PRESETS
from hintree.search import Budget, Handler, Response, Usage, to_dict
from hintree.solver import Solver
from tests.support.scripted import PARAMETERS, Scripted, problems, random_roles, random_step, written
from tests.support.searches import SEARCHES, small_preset

COUNT, BAD = 4, "p2"
FAULTS = {
    "error": lambda request: ValueError("no such token"),
    "no text": lambda request: ValueError(),
    "no response": lambda request: 7,
    "no usage": lambda request: Response(written("a"), None),
    "huge usage": lambda request: Response(written("a"), Usage(1, 10**400, 10**400, 10**400)),
    "no value": lambda request: Response(None, Usage(1)),
    "other value": lambda request: Response(("a", 1), Usage(1)),
    "NaN": lambda request: Response(float("nan"), Usage(1)),
    "memory": None,
}
"""Responses of a role to the requests of one problem; "memory" is raised for the whole batch."""

budgets = st.builds(
    Budget,
    reasoner_tokens=st.none() | st.integers(1, 60),
    teacher_tokens=st.none() | st.integers(0, 30),
    hinter_tokens=st.none() | st.integers(0, 30),
    scorer_tokens=st.none() | st.integers(1, 2000),
    tokens=st.none() | st.integers(1, 120),
    calls=st.none() | st.integers(1, 60),
    nodes=st.none() | st.integers(1, 40),
)
configurations = st.sampled_from([*(("preset", name) for name in PRESETS), *(("search", name) for name in SEARCHES)])
faults = st.none() | st.tuples(st.sampled_from(sorted(PARAMETERS)), st.sampled_from(sorted(FAULTS)), st.integers(0, 3))


def faulty(handle, kind, after):
    """Return a handler that answers the bad problem's requests with a fault from a depth of ``after`` steps on."""

    def respond(requests):
        odd = [r.tree.problem.id == BAD and r.node.depth >= after for r in requests]
        if kind == "memory" and any(odd):
            raise MemoryError
        return [FAULTS[kind](r) if bad else good for r, bad, good in zip(requests, odd, handle(requests), strict=True)]

    return respond


def solved(configuration, budget, seed, live, fault=None, concurrent=False):
    """Return (tree, end, ledger) of every problem by id."""
    kind, name = configuration
    roles = random_roles()
    handles = {role: faulty(who, *fault[1:]) if fault and fault[0] == role else who for role, who in roles.items()}
    handlers = {role: Handler(handle, PARAMETERS[role], concurrent) for role, handle in handles.items()}
    handlers["verifier"] = Handler(Scripted(random_step), 10, concurrent)
    named = {"preset": small_preset(name)} if kind == "preset" else {"preset": "hintree", "search": SEARCHES[name]}
    solver = Solver(**named, **handlers, budget=budget, seed=seed)
    solutions = list(solver.as_solved(problems(COUNT), live=live))
    assert sorted(s.tree.problem.id for s in solutions) == [f"p{i}" for i in range(COUNT)]
    return {s.tree.problem.id: s for s in solutions}


def check(configuration, budget, seed, live, fault, concurrent):
    """Compare all problems but the one with faults; the concurrent driver counts requests in flight in a budget."""
    if concurrent:
        assert solved(configuration, budget, seed, live, fault, concurrent)
    budget = Budget() if concurrent else budget
    calm = solved(configuration, budget, seed, COUNT)
    other = solved(configuration, budget, seed, live, fault, concurrent)
    for name, solution in calm.items():
        if name == BAD and fault is not None:
            continue
        assert to_dict(other[name].tree) == to_dict(solution.tree)
        assert str(other[name].stop_reason) == str(solution.stop_reason)
        assert other[name].answer == solution.answer
        for role in PARAMETERS:
            mine, theirs = solution.ledger[role], other[name].ledger[role]
            assert (mine.calls, mine.generated_tokens) == (theirs.calls, theirs.generated_tokens)


CASES = {
    "configuration": configurations,
    "budget": budgets,
    "seed": st.integers(0, 2**31),
    "live": st.integers(1, COUNT),
    "fault": faults,
    "concurrent": st.booleans(),
}
SEED = int(os.environ.get("HINTREE_TEST_SEED", random.SystemRandom().randrange(2**31)))


@hypothesis.settings(max_examples=20, derandomize=True, database=None)
@hypothesis.given(**CASES)
def test_a_sample_of_cases(**case):
    check(**case)


@pytest.mark.slow
def test_2000_cases():
    print(f"HINTREE_TEST_SEED={SEED}")

    @hypothesis.seed(SEED)
    @hypothesis.settings(max_examples=2000, database=None, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(**CASES)
    def cases(**case):
        check(**case)

    cases()
