"""Solvers in several threads: the solutions are those of one thread."""

import json
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest

from hintree import Solver
from hintree.lab import problems
from hintree.search import Beam
from hintree.solver import ModelPool

QUESTIONS = [problem.question for problem in problems("test", (2, 3), n=3, seed=7)]
FRESH = """
    import json, threading
    import hintree
    questions, found = json.loads(input()), {}
    start = threading.Barrier(2)

    def ask(number):
        start.wait()
        found[number] = hintree.solve(questions[number]).answer

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    print(json.dumps([found.get(0), found.get(1)]))
"""


def written(solution):
    return [(node.step.text, node.author, str(node.hint), node.status, node.replaces) for node in solution.tree]


def test_four_threads_find_what_one_finds():
    pool = ModelPool()
    shared = Solver("beam", search=Beam(1, 2), seed=3, pool=pool)
    expected = [written(shared.solve(question)) for question in QUESTIONS]

    def solve_all(number):
        solver = shared if number % 2 else Solver("beam", search=Beam(1, 2), seed=3, pool=pool)
        return [written(solver.solve(question)) for question in QUESTIONS]

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(solve_all, range(4)))
    assert found == [expected] * 4


@pytest.mark.slow
def test_two_first_solves_at_once_in_a_fresh_process():
    command = [sys.executable, "-c", textwrap.dedent(FRESH)]
    done = subprocess.run(
        command, input=json.dumps(QUESTIONS), capture_output=True, text=True, timeout=300, check=False
    )
    assert json.loads(done.stdout or "null") == [Solver().solve(question).answer for question in QUESTIONS[:2]], (
        done.stderr
    )
