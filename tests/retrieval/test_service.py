"""Search services at a URL: within their limits, a response is used whole or not at all."""

import pytest

from hintree.errors import RetrieverError, UsageError
from hintree.models.remote.client import Limits
from hintree.retrieval import LookUp, open_retriever
from hintree.retrieval.service import SearchService
from hintree.search import Passage
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


def test_a_malformed_response_fails_the_look_up():
    wrong = [{"id": "a"}, {"id": "a", "text": 3}, *({"id": "a", "text": "b", "score": x} for x in ("high", True, None))]
    replies = [{}, [], {"results": [[]]}, {"results": [3, 4]}, *({"results": [[one], []]} for one in wrong)]
    with SmallServer(lambda path, body: (200, replies[int(body["queries"][0])])) as server:
        retriever = SearchService(f"{server.origin}/search", Limits(tries=1))
        for number in range(len(replies)):
            with pytest.raises(RetrieverError, match="its response has no"):
                retriever.search([str(number), "b"], 2)
    assert len(server.seen) == len(replies) == 9


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
