"""The retriever as a role of the solver: objects, names, recordings, studies, and what is refused."""

import json

import pytest

from hintree.errors import RetrieverError, UsageError
from hintree.presets import PRESETS
from hintree.presets.settings import settings_of
from hintree.retrieval import PassageSource, build_index
from hintree.search import Beam, Handler, Passage, Response, StepOutput, Usage, to_dict
from hintree.solver import Solver
from hintree.solver.role_choice import choose_models, say_nothing_found

QUESTION = "How many pens does Ben have?"
FACTS = [{"id": "f1", "text": "Ana has 4 pens."}, {"id": "f2", "text": "Ben gets 3 more pens than Ana."}]


class Facts:
    name = "facts"
    parameters = 5

    def __init__(self):
        self.calls = 0

    def count_tokens(self, query):
        return len(query)

    def search(self, queries, k):
        self.calls += 1
        return [[Passage(row["id"], row["text"])] for row, _ in zip(FACTS, queries, strict=False)]


def reasoner(requests):
    return [Response(StepOutput("7 [f1]", "end", 3, 0.9, 0.8, 0.1, "7"), Usage(1, 9, 9, 3)) for _ in requests]


def solver(retriever, **more):
    return Solver("greedy", search="retrieve", reasoner=Handler(reasoner, 10), retriever=retriever, **more)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("facts")
    (folder / "facts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in FACTS))
    build_index(PassageSource(folder / "facts.jsonl"), folder / "index", progress=False)
    return folder / "index"


def test_a_retriever_of_the_users_is_booked_by_calls_passages_and_the_tokens_of_its_model():
    solution = solver(Facts()).solve(QUESTION)
    account = solution.ledger["retriever"]
    assert (solution.answer, solution.models["retriever"]) == ("7", "facts")
    assert (account.calls, account.passages, account.prompt_tokens) == (1, 1, len(QUESTION))
    assert account.flops == 2 * 5 * len(QUESTION) and account.generated_tokens == 0
    stopped = solver(Facts(), budget="calls=1").solve(QUESTION)
    assert str(stopped.stop_reason) == "budget: calls"


def test_an_index_is_opened_once_for_all_solvers_of_a_pool(index):
    first = solver(str(index))
    second = solver(str(index), pool=first.pool)
    assert to_dict(first.solve(QUESTION).tree) == to_dict(second.solve(QUESTION).tree)
    assert len(first.pool._retrievers) == 1
    first.pool.keep_only(())
    assert not first.pool._retrievers


def test_a_recording_replays_what_was_looked_up_without_the_retriever(tmp_path):
    facts = Facts()
    recorded = solver(facts, recording=tmp_path / "run.jsonl").solve(QUESTION)
    replayed = Solver("greedy", search="retrieve", reasoner=Handler(reasoner, 10), recording=tmp_path / "run.jsonl")
    assert to_dict(replayed.solve(QUESTION).tree) == to_dict(recorded.tree) and facts.calls == 1
    with pytest.raises(UsageError, match="was made by a retriever with model 'facts', not 'other'"):
        other = Facts()
        other.name = "other"
        solver(other, recording=tmp_path / "run.jsonl")


def test_a_search_that_looks_up_without_a_retriever_says_so_and_goes_on(caplog):
    say_nothing_found.cache_clear()
    solution = solver("none").solve(QUESTION)
    assert solution.answer == "7" and "retriever" not in solution.ledger.to_dict()
    assert "retriever" not in solution.models
    choose_models(PRESETS["mcts_rag"], {"retriever": None})
    assert "RStar looks passages up, but there is no retriever" in caplog.text


@pytest.mark.parametrize("retriever", [3, "", Facts, object(), ["facts"]])
def test_what_cannot_look_up_is_refused(retriever):
    with pytest.raises(UsageError, match=r"retriever=.*; give an index such as"):
        solver(retriever)


def test_a_missing_index_is_one_error_before_anything_is_solved():
    with pytest.raises(RetrieverError, match="hintree index FOLDER"):
        solver("nowhere.index")


def test_an_arm_of_a_study_names_a_retriever_and_keeps_its_passages_digest(index):
    from hintree.experiments.study.resolve import fill_defaults

    config = {**settings_of(PRESETS["greedy"]), "prm_spec": None, "protocol": None, "abstain": None}
    config |= {"verifier": None}
    plain, found = (fill_defaults(config | {"retriever": name}) for name in (None, str(index)))
    assert "retriever" not in plain and found == plain | {"retriever": str(index), "index": found["index"]}
    assert found["index"] == json.loads((index / "index.json").read_text())["sha256"]


def test_an_action_whose_author_is_absent_is_left_out_with_a_warning(caplog):
    Solver("greedy", search=Beam(1, 1, actions=("ask", "sub_answer", "finish")))
    assert "the action ask is written by the hinter, but there is none" in caplog.text
    assert "sub_answer" not in caplog.text
