"""Long steps are cut to the tokens that a budget leaves, and results and recordings say so."""

from hintree import Solver
from hintree.lab import problems
from hintree.search import Beam, Budget, Ledger, Usage
from hintree.search.core.budget import LEAST_TOKENS
from hintree.solver import ModelPool

QUESTION = next(iter(problems("test", (8,), n=1, seed=3))).question
LONG = {"step": {"by": "tokens", "max_tokens": 300}, "base": "lab"}


def test_the_tokens_that_are_left_are_shared_by_the_steps_of_a_batch():
    ledger = Ledger()
    ledger["reasoner"].add(Usage(1, 0, 0, 400), 0, 0.0)
    assert Budget(tokens=1000).allowance(ledger, "teacher", 3) == 200
    assert Budget(tokens=1000, reasoner_tokens=500).allowance(ledger, "reasoner", 1) == 100
    assert Budget(tokens=1000).allowance(ledger, "reasoner", 100) == LEAST_TOKENS
    assert Budget(calls=5).allowance(ledger, "reasoner", 1) is None


def test_a_long_step_is_cut_and_said_and_a_recording_keeps_it_apart(tmp_path):
    pool, file = ModelPool(), tmp_path / "r.jsonl"
    parts = {"search": Beam(1, 1), "protocol": LONG, "pool": pool, "recording": file}
    cut = Solver("greedy", budget="tokens=70", **parts).solve(QUESTION)
    assert cut.ledger["reasoner"].generated_tokens == 70 and cut.cut_steps == 1
    assert cut.ended == "budget: tokens (1 steps cut to the tokens that were left)" and cut.status == "budget"
    whole = Solver("greedy", **parts).solve(QUESTION)
    assert whole.ledger["reasoner"].generated_tokens > 70 and whole.cut_steps == 0
    before = file.read_bytes()
    again = Solver("greedy", budget="tokens=70", **parts).solve(QUESTION)
    assert [node.step.text for node in again.tree] == [node.step.text for node in cut.tree]
    assert file.read_bytes() == before
