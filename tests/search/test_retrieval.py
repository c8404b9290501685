"""Look-ups in a search: passages and notes, searches that look up, citations, and retrievers that fail."""

import json
from threading import Event

import pytest

from hintree.errors import ContextError, RetrieverError
from hintree.retrieval import LookUp, deadline
from hintree.search import (
    MCTS,
    Action,
    Beam,
    BestFirst,
    Handler,
    Passage,
    Problem,
    Rejection,
    Response,
    Retrieve,
    RStar,
    SlimPLM,
    StepOutput,
    Tree,
    Usage,
    Yield,
    from_dict,
    run_searches,
    to_dict,
)
from hintree.search.actions import ACTIONS
from hintree.search.algorithms.rstar import ROUNDS, state_depth, states_after
from hintree.search.core.actions import kind_of, question_and_steps
from hintree.search.core.citations import Citation, citations_of, read_citations
from hintree.search.selection import value_of

FACTS = {"p1": Passage("p1", "A dozen is 12 things."), "p2": Passage("p2", "A score is 20.")}


def written(text, answer=None, ended="delimiter", sure=0.9):
    return StepOutput(text, ended, 3, sure, sure, 0.1, answer=answer)


MCTS_RAG = {
    **{"sub_question": "What is a dozen?", "sub_answer": "12", "re_answer": "12.", "rephrase": "2 dozen?"},
    **{"restate": "2 times 12?", "step": "go on", "finish": "so=7"},
}
"""Texts of all actions of MCTS-RAG's tree."""


class Facts:
    """A retriever that keeps its queries, and fails or finds nothing if told so."""

    def __init__(self, found=None, error=None):
        self.found = list(FACTS.values() if found is None else found)
        self.error, self.queries = error, []

    def search(self, queries, k):
        self.queries += queries
        if self.error:
            raise self.error
        return [self.found[:k] for _ in queries]


def grow(search, retriever=None, texts=(), roles=("reasoner", "teacher"), score=None):
    """Grow a tree; an action or a plain step ("step") writes the text under its name, with the answer after "="."""
    texts = {
        "query": "dozen",
        "refine": "12 [p1]",
        "missing": "dozen\nscore",
        "finish": "so=7",
        "step": "go on=7",
        **dict(texts),
    }
    seen = []

    def write(requests):
        found = []
        for request in requests:
            name = request.action.name if request.action else "step"
            seen.append((request.author, name))
            text, _, answer = texts[name].partition("=")
            step = written(text, answer or None, "end" if text == "none" else "delimiter")
            found.append(Response(step, Usage(1, 9, 9, 3)))
        return found

    handlers = {role: Handler(write) for role in roles}
    if retriever is not None:
        handlers["retriever"] = Handler(LookUp(retriever))
    if score is not None:
        handlers["scorer"] = Handler(lambda requests: [Response(score, Usage(1, 5, 5)) for _ in requests])
    tree = Tree(Problem("How many are two dozen?"), 1)
    [run] = run_searches([(tree, search.grow(tree))], handlers)
    assert str(run.stop_reason) == "complete"
    return run, seen


def names(tree):
    return [(node.parent.id, node.action.name if node.action else "step", node.status) for node in tree.nodes[1:]]


def test_each_step_follows_a_look_up_of_the_question_and_the_steps_so_far():
    retriever = Facts()
    run, _ = grow(Retrieve(k=1, depth=4), retriever, {"step": "go on"})
    assert retriever.queries == ["How many are two dozen?", "How many are two dozen? go on"]
    assert names(run.tree)[:3] == [(0, "look_up_steps", "open"), (1, "step", "open"), (2, "look_up_steps", "open")]
    assert run.tree.nodes[-1].rejected_because is Rejection.TOO_LONG
    assert run.ledger.to_dict()["retriever"]["passages"] == 2 and run.ledger["retriever"].calls == 2


def test_a_look_up_once_for_several_chains_whose_equal_steps_stay_apart():
    run, _ = grow(Retrieve(chains=3, when="once", query="model", refine=True), Facts())
    assert names(run.tree) == [
        (0, "query", "open"),
        (1, "look_up", "open"),
        (2, "refine", "open"),
        *[(3, "step", "terminal")] * 3,
    ]
    assert Retrieve(chains=3).selection.choice == "weighted"


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


def test_slimplm_looks_up_what_an_unsure_answer_lacks_for_the_larger_model():
    retriever = Facts()
    run, seen = grow(SlimPLM(threshold=0.8), retriever, score=0.5)
    assert seen == [("reasoner", "finish"), ("reasoner", "missing"), ("teacher", "finish")]
    assert names(run.tree) == [
        (0, "finish", "pruned"),
        (0, "missing", "open"),
        (2, "look_up", "open"),
        (3, "finish", "terminal"),
    ]
    assert retriever.queries == ["dozen", "score"] and [one.id for one in run.tree.nodes[3].passages] == ["p1", "p2"]


@pytest.mark.parametrize(("score", "missing"), [(0.8, "dozen"), (0.5, "none")])
def test_slimplm_looks_nothing_up_for_a_sure_answer_or_one_that_lacks_nothing(score, missing):
    retriever = Facts()
    run, _ = grow(SlimPLM(threshold=0.8), retriever, {"finish": "so=7", "missing": missing}, score=score)
    assert retriever.queries == [] and run.tree.terminals()[0].parent is run.tree.root


def test_slimplm_without_a_larger_model_answers_again_with_passages_only():
    run, seen = grow(SlimPLM(threshold=0.8), Facts(), roles=("reasoner",), score=0.5)
    assert seen == [("reasoner", "finish"), ("reasoner", "missing"), ("reasoner", "finish")]
    run, seen = grow(SlimPLM(threshold=0.8), None, roles=("reasoner",), score=0.9)
    assert seen == [("reasoner", "finish")] and run.tree.nodes[1].status == "terminal"


def test_the_actions_of_mcts_rag_look_up_questions_and_sub_questions():
    retriever = Facts()
    texts = {**MCTS_RAG, "finish": "so"}
    run, _ = grow(MCTS(simulations=90, depth=4, actions=("mcts_rag",)), retriever, texts, score=0.5)
    after = {}
    for node in run.tree.nodes[1:]:
        after.setdefault((name_of(node.parent), name_of(node.parent.parent)), set()).add(name_of(node))
    assert after[("sub_question", "root")] == {"look_up_steps", "sub_answer"}
    assert after[("look_up_steps", "sub_question")] == {"sub_answer"}
    assert after[("look_up_steps", "step")] == after[("look_up_steps", "sub_answer")] == {"step"}
    assert after[("query", "root")] == {"look_up"}
    assert after[("look_up", "query")] == {"step", "finish", "sub_question", "restate"}
    assert {"What is a dozen?", "dozen", "How many are two dozen? go on"} <= set(retriever.queries)
    query = next(node for node in run.tree.root.children if kind_of(node) is Yield.QUERY)
    assert value_of(query) == 0.5


def name_of(node):
    return "root" if node is None or node.parent is None else node.action.name if node.action else "step"


def test_look_ups_of_mcts_rag_belong_to_the_step_or_the_answer_that_follows():
    settings = {"steps": 2, "questions": 1, "votes": 2, "last_votes": 2, "actions": ("mcts_rag",)}
    run, _ = grow(RStar(12, depth=3, **settings), Facts(), MCTS_RAG)
    root = run.tree.root
    names_of_paths = [[name_of(node) for node in state.path()] for state in states_after(root)]
    assert [path for path in names_of_paths if path[0] == "sub_question"] == [
        ["sub_question", "sub_answer"],
        ["sub_question", "look_up_steps", "sub_answer"],
    ]
    assert ["query", "look_up"] in names_of_paths and ["rephrase"] in names_of_paths
    step = next(node for node in root.children if name_of(node) == "step" and node.children)
    informed = [state for state in states_after(step) if name_of(state.parent) == "look_up_steps"]
    assert [name_of(state) for state in informed] == ["step"] and state_depth(informed[0]) == 2
    assert root.visits == 12 and max(map(state_depth, run.tree)) == 3
    bare, _ = grow(RStar(12, depth=3, **settings), None, MCTS_RAG)
    assert {kind_of(node) for node in bare.tree} == {kind_of(node) for node in run.tree} - {Yield.PASSAGES}


def test_an_action_that_waits_for_ever_ends_the_expansion():
    again = Action("again", Yield.QUERY)
    run, _ = grow(RStar(2, repeats=0, actions=(again, "finish"), last_votes=1), None, {"again": "a", "finish": "so=7"})
    assert max(node.depth for node in run.tree) == ROUNDS and run.tree.terminals()


def test_look_ups_take_their_own_number_of_passages_best_of_each_query_in_turn():
    found = [Passage(f"p{i}", f"text {i}") for i in range(9)]
    two = Action(
        "two", Yield.PASSAGES, author="retriever", k=2, queries=lambda question, path: [question, "more", " ", question]
    )
    retriever = Facts(found)
    run, _ = grow(Beam(1, 1, depth=1, actions=(two, "look_up_steps")), retriever)
    assert [[one.id for one in node.passages] for node in run.tree.root.children] == [["p0", "p1"], ["p0", "p1", "p2"]]
    assert retriever.queries == ["How many are two dozen?", "more", "How many are two dozen?"]
    assert question_and_steps("q", []) == ["q"]


def cite(text):
    return read_citations(text, FACTS)


@pytest.mark.parametrize(
    ("text", "found", "broken"),
    [
        ('So "dozen is 12" [p1] and [p2].', [Citation("p1", 4, 15, 2), Citation("p2", 26, 30)], None),
        ("“A score is 20.”[p2] In [0, 1] or [3] and [x] it is.", [Citation("p2", 1, 15, 0)], None),
        ('"dozen is  12" [p1]', [], Rejection.MISQUOTED),
        ('"A score is 20." [p1]', [], Rejection.MISQUOTED),
        ("as in [p9]", [], Rejection.UNKNOWN_SOURCE),
        ('"dozen" [a book]', [], Rejection.UNKNOWN_SOURCE),
        ('[p1] then "dozen" [p9], "x" [p1]', [Citation("p1", 0, 4)], Rejection.UNKNOWN_SOURCE),
        ('According to [p1], "A dozen is 13."', [], Rejection.MISQUOTED),
        ('According to [p1], "dozen is 12"; so 24.', [Citation("p1", 20, 31, 2)], None),
        ('[p1] says that "dozen is 13".', [], Rejection.MISQUOTED),
        ('"dozen is 13", [p1]', [], Rejection.MISQUOTED),
        ('"dozen is 13" (see [p1])', [], Rejection.MISQUOTED),
        ("「dozen is 13」[p1]", [], Rejection.MISQUOTED),
        ('"dozen\nis 12" [p1]', [], Rejection.MISQUOTED),
        ('"' + "dozen " * 300 + '" [p1]', [], Rejection.MISQUOTED),
        ("by [p1, p2]", [Citation("p1", 4, 6), Citation("p2", 8, 10)], None),
        ("by [p1; p9]", [Citation("p1", 4, 6)], Rejection.UNKNOWN_SOURCE),
        ('He asks "how many?" of [0, 1], and "why so".', [], None),
    ],
)
def test_a_quotation_stands_in_its_passage_and_a_cited_id_was_looked_up(text, found, broken):
    citations, fault = cite(text)
    assert list(citations) == found and (fault and fault[0]) is broken
    for one in citations:
        if one.at is not None:
            quote = text[one.start : one.end]
            assert FACTS[one.id].text[one.at : one.at + len(quote)] == quote


def test_a_step_that_cites_what_was_not_looked_up_fails_and_steps_without_passages_may_hold_brackets():
    texts = {"step": 'It is "a dozen" [p7]=24'}
    run, _ = grow(Retrieve(), Facts(), texts)
    end = run.tree.nodes[-1]
    assert end.status == "failed" and end.rejected_because is Rejection.UNKNOWN_SOURCE
    run, _ = grow(Retrieve(when="never"), None, texts)
    assert run.tree.nodes[-1].status == "terminal"
    run, _ = grow(Retrieve(), Facts(), {"step": 'It is "12 things" [p1]=24'})
    end, data = run.tree.nodes[-1], to_dict(run.tree)
    assert citations_of(end) == ((Citation("p1", 7, 16, 11),), None) and end.status == "terminal"
    assert data["nodes"][-1]["citations"] == [["p1", 7, 16, 11]] and to_dict(from_dict(data)) == data
    assert ACTIONS["refine"].yields is Yield.NOTES
