"""Look-ups that find nothing, fail, hang or fill the context: the search goes on, and nothing is lost."""

import json
from threading import Event

import pytest

from hintree.errors import ContextError, RetrieverError
from hintree.retrieval import LookUp, deadline
from hintree.search import (
    Beam,
    BestFirst,
    Handler,
    Problem,
    Rejection,
    Response,
    Retrieve,
    Tree,
    Usage,
    Yield,
    from_dict,
    run_searches,
    to_dict,
)
from hintree.search.core.actions import kind_of
from tests.support.look_ups import Facts, grow, written


@pytest.mark.parametrize(
    "found", [None, Facts(found=()), Facts(error=RetrieverError("gone")), Facts(error=OSError("x"))]
)
def test_a_search_goes_on_without_passages(found):
    run, seen = grow(Retrieve(refine=True), found)
    kept = [node for node in run.tree.nodes[1:] if node.status == "terminal"]
    assert len(kept) == 1 and kept[0].parent is run.tree.root and ("reasoner", "refine") not in seen
    failed = [(node.rejected_because, node.reason) for node in run.tree if node.status == "failed"]
    expected = {
        None: [],
        "RetrieverError": [(Rejection.LOOK_UP_FAILED, "look-up failed: gone")],
        "OSError": [(Rejection.LOOK_UP_FAILED, "look-up failed: OSError: x")],
        "NoneType": [(Rejection.NO_PASSAGES, "nothing was found")],
    }
    assert failed == expected[None if found is None else type(found.error).__name__]
    if failed:
        assert to_dict(from_dict(json.loads(run.tree.to_json()))) == to_dict(run.tree)


@pytest.mark.parametrize("found", [Facts(found=()), Facts(error=RetrieverError("gone"))])
@pytest.mark.parametrize("score", [0.3, 0.9])
@pytest.mark.parametrize("actions", [("retrieve",), ("query", "look_up", "step")])
def test_a_beam_whose_look_up_failed_goes_on_with_the_step_that_it_had_pruned(actions, score, found):
    run, _ = grow(Beam(1, 1, actions=actions), found, score=score)
    assert [node.step.answer for node in run.tree.terminals()] == ["7"]


def test_a_query_has_no_score_and_ranks_between_good_and_bad_steps():
    search = Beam(1, 1, actions=("retrieve",))
    for score, asked in ((0.3, True), (0.6, False)):
        run, _ = grow(search, Facts(), score=score)
        [query] = [node for node in run.tree.root.children if kind_of(node) is Yield.QUERY]
        assert search.rank(query) == BestFirst().priority(query) == 0.5
        assert bool(query.children) == asked


@pytest.mark.parametrize("when", ["each", "once"])
def test_where_passages_leave_no_room_the_chain_goes_on_from_before_them(when):
    def write(requests):
        full = ContextError("too long")
        return [
            full
            if any(node.passages for node in request.node.path())
            else Response(written(f"step {request.node.id}", "7" if request.node.depth else None), Usage(1, 9, 9, 3))
            for request in requests
        ]

    search, tree = Retrieve(when=when), Tree(Problem("How many are two dozen?"), 1)
    handlers = {"reasoner": Handler(write), "retriever": Handler(LookUp(Facts()))}
    [run] = run_searches([(tree, search.grow(tree))], handlers)
    assert str(run.stop_reason) == "complete"
    assert [node.depth for node in tree.terminals()] == [2]
    full = [node for node in tree.nodes if node.rejected_because is Rejection.CONTEXT_FULL]
    assert len(full) == (2 if when == "each" else 1)


class Slow(Facts):
    """A retriever that blocks until it is told to go on."""

    seconds = 0.05

    def __init__(self):
        super().__init__()
        self.go = Event()

    def search(self, queries, k):
        self.queries += queries
        self.go.wait(60)
        return [self.found[:k] for _ in queries]


def test_a_retriever_that_hangs_fails_its_look_ups_and_is_given_up(monkeypatch):
    monkeypatch.setattr(deadline, "SLOW", 0.01)
    monkeypatch.setattr(deadline, "TRIES", 2)
    hanging = Slow()
    try:
        run, _ = grow(Retrieve(depth=12), hanging, {"step": "go on"})
        reasons = [node.reason for node in run.tree if node.rejected_because is Rejection.LOOK_UP_FAILED]
        assert len(hanging.queries) == deadline.TRIES < len(reasons)
        assert "has not answered within 0.05 s" in reasons[0] and "is not asked any more" in reasons[-1]
    finally:
        hanging.go.set()
    patience = deadline.Patience(0.05)
    assert patience.call(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        patience.call(lambda: 1 / 0)
