"""Rows of a retriever that the user wrote: read once, within its time, and checked."""

import time

import pytest

from hintree.errors import RetrieverError
from hintree.retrieval.look_up import LookUp
from hintree.search import Passage
from tests.support.look_ups import FACTS


class Rows:
    """A retriever that gives one row for each query."""

    def __init__(self, *rows):
        self.given = rows

    def search(self, queries, k):
        yield from self.given


def rows_of(*rows, queries=1, k=2):
    return LookUp(Rows(*rows)).rows(["a dozen"] * queries, k)


def test_rows_may_be_iterators_of_any_length():
    endless = (Passage(f"p{i}", "text") for i in iter(int, 1))
    two, ((first, _),) = rows_of(iter(FACTS.values())), rows_of(endless)
    assert two == [(list(FACTS.values()), 0)] and len(first) == 2


@pytest.mark.parametrize(
    ("one", "words"),
    [
        ("a text", "'a text' in place of a Passage"),
        (Passage(7, "text"), "in place of a Passage with an id and a text"),
        (Passage("p", None), "in place of a Passage with an id and a text"),
        (Passage("p", "text", float("nan")), "'p' the score nan"),
        (Passage("p", "text", "high"), "'p' the score 'high'"),
        (Passage("p", "text", 10**400), "'p' the score 1000"),
    ],
)
def test_what_is_no_passage_fails_its_query_alone(one, words):
    (sound, _), (error, _) = rows_of([FACTS["p1"]], [FACTS["p2"], one], queries=2)
    assert sound == [FACTS["p1"]] and isinstance(error, RetrieverError) and words in str(error)


@pytest.mark.parametrize(("count", "words"), [(1, "gave 1 lists"), (3, "gave more lists")])
def test_every_query_has_one_row(count, words):
    with pytest.raises(RetrieverError, match=words):
        rows_of(*[[FACTS["p1"]]] * count, queries=2)


def test_the_time_to_read_rows_counts():
    def slow():
        time.sleep(30)
        yield FACTS["p1"]

    look_up = LookUp(Rows(slow()))
    look_up.patience.seconds = 0.05
    with pytest.raises(RetrieverError, match="has not answered"):
        look_up.rows(["a dozen"], 1)
