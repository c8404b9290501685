"""Hints in recordings: both packed forms are read, and keys are those of recordings made when hints were texts."""

import pytest

from hintree.search import (
    Hint,
    HintKind,
    HintOutput,
    HintRequest,
    Position,
    Problem,
    StepRequest,
    StrategyRequest,
    Tree,
)
from hintree.search.core.seeds import seed_of
from hintree.solver.recorded_values import pack, unpack
from hintree.solver.request_keys import key_by_texts

HINTS = {
    "use (2).": Hint("use (2)."),
    "Plan: (2) Gina.": Hint("(2) Gina.", HintKind.PLAN),
    "Strategy: Work backward.": Hint("Work backward.", HintKind.STRATEGY),
    None: None,
}


@pytest.fixture
def tree():
    return Tree(Problem("question"), 3)


@pytest.mark.parametrize(("line", "hint"), HINTS.items())
def test_hints_are_read_from_both_packed_forms(tree, line, hint):
    request = HintRequest(tree, tree.root)
    value = HintOutput(hint, 4)
    assert unpack(request, [line, 4]) == unpack(request, pack(value)) == value
    request = StrategyRequest(tree, tree.root, tracks=2)
    assert unpack(request, [line, None]) == unpack(request, pack((hint, None))) == (hint, None)


@pytest.mark.parametrize(("line", "hint"), HINTS.items())
def test_a_request_has_the_key_that_it_had_when_hints_were_texts(tree, line, hint):
    step = StepRequest(tree, tree.root, Position(2).rewritten(0), "reasoner", hint)
    seed = seed_of(tree.root.key, "reasoner", 1002)
    assert key_by_texts(step) == f"{seed_of(seed, 'Step', ['question', repr(line)]):016x}"
    avoid, lines = ((hint,), (line,)) if hint else ((), ())
    retry = HintRequest(tree, tree.root, Position(2).rewritten(0), avoid)
    seed = seed_of(tree.root.key, "hinter", 1002)
    assert key_by_texts(retry) == f"{seed_of(seed, 'Hint', ['question', repr(lines)]):016x}"
