"""Search services at a URL: within their limits, a response is used whole or not at all."""

import pytest

from hintree.errors import RetrieverError, UsageError
from hintree.models.remote.client import Limits
from hintree.retrieval import LookUp, Reranked, open_retriever
from hintree.retrieval.service import SearchService
from hintree.search import Passage, Problem, RetrievalRequest, Tree
from hintree.search.actions import ACTIONS
from tests.support.small_server import SmallServer


def answer(path, body):
    rows = [[{"id": i, "text": f"{query}\n{i}", "score": -i} for i in range(5)] for query in body["queries"]]
    return (200, {"results": rows}) if path == "/search" and body["k"] == 2 else (404, {})


def test_queries_are_posted_together_and_passages_are_bounded():
    with SmallServer(answer) as server:
        retriever = open_retriever(f"{server.origin}/search")
        assert isinstance(retriever, SearchService)
        found = retriever.search(["pens", "cups"], 2)
    assert found[1] == [Passage("0", "cups 0", 0.0), Passage("1", "cups 1", -1.0)] and len(found) == 2
    assert [path for path, _, _ in server.seen] == ["/search"]
    with pytest.raises(RetrieverError, match="HTTP 404"), SmallServer(answer) as server:
        open_retriever(f"{server.origin}/elsewhere").search(["pens"], 2)


@pytest.mark.parametrize("reply", [{}, [], {"results": [[]]}, {"results": [3, 4]}, {"results": None}])
def test_a_response_without_a_list_for_each_query_fails_all_of_them(reply):
    with (
        SmallServer(lambda path, body: (200, reply)) as server,
        pytest.raises(RetrieverError, match="its response has no list of 2 results"),
    ):
        SearchService(f"{server.origin}/search", Limits(tries=1)).search(["a", "b"], 2)


SCORES = ("high", True, None, 10**400, -(10**400), [])
MALFORMED = [
    ({"id": "a"}, "no id and text"),
    ({"id": "a", "text": 3}, "no id and text"),
    ({"id": 10**1000, "text": "b"}, "id of a passage is a number of 1001 digits"),
    ({"id": True, "text": "b"}, "id of a passage is True"),
    (3, "no id and text"),
    *(({"id": "a", "text": "b", "score": score}, "score of a passage is") for score in SCORES),
]


def test_a_malformed_passage_is_asked_for_again_and_fails_its_own_query_only():
    sound = {"id": 2**63 - 1, "text": "sound", "score": 1}

    def reply(path, body):
        rows = [[sound] if query == "sound" else [MALFORMED[int(query)][0]] for query in body["queries"]]
        return 200, {"results": rows}

    with SmallServer(reply) as server:
        retriever = SearchService(f"{server.origin}/search", Limits(tries=2, wait=0.0))
        for number, (_, word) in enumerate(MALFORMED):
            good, bad = retriever.search(["sound", str(number)], 2)
            assert good == [Passage(str(2**63 - 1), "sound", 1.0)]
            with pytest.raises(RetrieverError, match=word):
                raise bad
    assert len(server.seen) == 2 * len(MALFORMED) == 22


def test_a_malformed_passage_fails_no_look_up_of_another_problem():
    def reply(path, body):
        rows = [[{"id": "a", "text": query, "score": 10**400 if "Ida" in query else 1}] for query in body["queries"]]
        return 200, {"results": rows}

    trees = [Tree(Problem(f"How many pens has {name}?")) for name in ("Ana", "Ida", "Ben")]
    requests = [RetrievalRequest(tree, tree.root, action=ACTIONS["look_up_steps"]) for tree in trees]
    with SmallServer(reply) as server:
        service = SearchService(f"{server.origin}/search", Limits(tries=1))
        for retriever in (service, Reranked(service, lambda query, texts: [2.0] * len(texts))):
            one, other, third = LookUp(retriever)(requests)
            assert [one.value[0].text, third.value[0].text] == ["How many pens has Ana?", "How many pens has Ben?"]
            assert isinstance(other, RetrieverError) and "score of a passage is a number of 401 digits" in str(other)


@pytest.mark.parametrize(
    ("fault", "seconds", "said"), [("hang", 0.2, "no complete response within"), ("500", 60, "HTTP 500")]
)
def test_a_service_that_fails_or_hangs_fails_the_look_ups_of_its_batch(fault, seconds, said):
    with SmallServer(answer, lambda number: fault) as server:
        look_up = LookUp(SearchService(f"{server.origin}/search", Limits(try_seconds=seconds, tries=1)))
        with pytest.raises(RetrieverError, match=said):
            look_up.rows(["a"], 2)


@pytest.mark.parametrize("url", ["http://user:secret@host/search", "http://host/search?key=1", "http://"])
def test_a_url_that_would_be_stored_with_its_secret_is_refused(url):
    with pytest.raises(UsageError):
        open_retriever(url)
