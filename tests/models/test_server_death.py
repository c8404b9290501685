"""A real server that is killed in mid-search: an error for the problem that needs it, and for no other."""

import time

import pytest

from hintree.models.remote.client import Limits
from hintree.models.remote.model import RemoteModel
from hintree.search import Response, Usage
from hintree.solver import Solver

pytest.importorskip("xllamacpp", reason="NO REAL SERVERS: pip install 'hintree[serve-test]'")
pytest.importorskip("gguf", reason="NO REAL SERVERS: pip install 'hintree[serve-test]'")
EASY = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
HARD = "(1) Luis has 49 coins. (2) Gina gets 19 more coins than Luis. How many coins does Gina have?"


@pytest.mark.slow
def test_a_server_that_dies_fails_the_problems_that_need_it(tmp_path):
    from tests.support.llama_server import llama_process
    from tests.support.to_gguf import to_gguf

    to_gguf("embedded:student", tmp_path / "student.gguf")
    with llama_process(tmp_path / "student.gguf") as (process, url):
        teacher = RemoteModel(f"{url}/completions", Limits(tries=2, wait=0.1))

        def score(requests):
            """Send the steps of one question to the teacher, whose server dies at that moment."""
            hard = ["Luis" in request.tree.problem.question for request in requests]
            if any(hard):
                process.kill()
                process.wait(60)
            return [Response(0.0 if low else 1.0, Usage(1)) for low in hard]

        solver = Solver("smart", reasoner="embedded:student", teacher=teacher, scorer=score, protocol="lab")
        started = time.monotonic()
        failed, *others = solver.solve_many([HARD, EASY, EASY.replace("4", "14")])
    assert time.monotonic() - started < 60
    assert str(failed.stop_reason).startswith(f"failed: server {url}/completions") and "2 tries" in str(
        failed.stop_reason
    )
    assert [str(other.stop_reason) for other in others] == ["complete", "complete"]
    assert [other.answer for other in others] == ["7", "17"]
