"""Citations: quotations stand in their passage, and cited ids were looked up."""

import pytest

from hintree.search import (
    Rejection,
    Retrieve,
    Yield,
    from_dict,
    to_dict,
)
from hintree.search.actions import ACTIONS
from hintree.search.core.citations import Citation, citations_of, read_citations
from tests.support.look_ups import FACTS, Facts, grow


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
        ("'dozen is 13' [p1]", [], Rejection.MISQUOTED),
        ("‘dozen is 13’ [p1]", [], Rejection.MISQUOTED),
        ("``dozen is 13'' [p1]", [], Rejection.MISQUOTED),
        ("»dozen is 13« [p1]", [], Rejection.MISQUOTED),
        ("« dozen is 13 » [p1]", [], Rejection.MISQUOTED),
        ('"dozen is 13" — [p1]', [], Rejection.MISQUOTED),
        ('"dozen is 13" (passage [p1])', [], Rejection.MISQUOTED),
        ('"dozen is 13" (as stated in [p1])', [], Rejection.MISQUOTED),
        ('**"dozen is 13"** [p1]', [], Rejection.MISQUOTED),
        ('[p1] - "dozen is 13"', [], Rejection.MISQUOTED),
        ('The 12" board: "dozen is 13" [p1]', [], Rejection.MISQUOTED),
        ('The 12 " board: "dozen is 13" [p1]', [], Rejection.MISQUOTED),
        ('"" [p1]', [], Rejection.MISQUOTED),
        ("Ben's are the boys' [p1] and Ana's", [Citation("p1", 20, 24)], None),
        ("“Ben’s ‘dozen is 12’” and 'dozen is 12' [p1]", [Citation("p1", 27, 38, 2)], None),
    ],
)
def test_a_quotation_stands_in_its_passage_and_a_cited_id_was_looked_up(text, found, broken):
    citations, fault = cite(text)
    assert list(citations) == found and (fault and fault[0]) is broken
    for one in citations:
        if one.at is not None:
            quote = text[one.start : one.end]
            assert FACTS[one.id].text[one.at : one.at + len(quote)] == quote


@pytest.mark.parametrize("text", ["x in [0, 1]", "[3, 4, 7] sorted", "a = [12]", "[-1] or [0.5]"])
def test_bare_numbers_are_no_citation_unless_all_are_known_ids(text):
    numbered = {name: FACTS["p1"] for name in ("1", "3", "2.5")}
    assert read_citations(text, numbered) == ((), None)
    assert [one.id for one in read_citations("by [1, 3]", numbered)[0]] == ["1", "3"]


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
