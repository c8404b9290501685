"""Facts about nodes and runs as types: they agree with the sentences, in new trees and in those of older versions."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from hintree.errors import UsageError
from hintree.search import (
    MUR,
    Beam,
    Budget,
    Hint,
    HintKind,
    Lorid,
    Particles,
    Rejection,
    Rewrite,
    StopKind,
    from_dict,
    to_dict,
)
from hintree.search.core.endings import CANCELLED, COMPLETE, StopReason, failed, out_of_budget
from hintree.search.core.old_versions import REASONS, read_hint
from tests.support.scripted import Scripted, hints, random_roles, scores, solve, solve_one, steps

GOLDEN = Path(__file__).parents[1] / "golden"
OLD_FILES = sorted(
    file for folder in (".", "searches", "recorded", "before_loops") for file in GOLDEN.glob(f"{folder}/*.json")
)
SEARCHES = {
    "beam": (Beam(2, 3, depth=5), Rewrite(0.6)),
    "every step": (Beam(2, 3, depth=5), Rewrite.always(stages=("teacher",), per="step")),
    "before": (Beam(2, 3, unhinted=1, depth=4), Rewrite(0.7, stages=("resample", "hint", "teacher"), when="before")),
    "particles": (Particles(4, depth=5), Rewrite(0.4)),
    "mur": (MUR(2.0, depth=5), None),
    "lorid": (Lorid(3, depth=5), Rewrite(0.3)),
}


def as_version_3(tree):
    """The tree as version 3 wrote it: sentences alone, and a hint with its kind as a label."""
    data = to_dict(tree) | {"version": 3}
    for node, row in zip(tree, data["nodes"], strict=True):
        for name in ("hint_kind", "rejected_because", "duplicate_of", "replaced_by"):
            del row[name]
        row["hint"] = None if node.hint is None else str(node.hint)
    return data


@pytest.mark.parametrize(("search", "rule"), SEARCHES.values(), ids=SEARCHES.keys())
def test_an_old_tree_gives_the_facts_that_the_search_recorded(search, rule):
    runs = solve(random_roles(), search, rule, count=20).values()
    assert len(runs) == 20
    for run in runs:
        assert to_dict(from_dict(as_version_3(run.tree))) == to_dict(run.tree)


def test_plans_and_strategies_of_old_trees_keep_their_kind():
    for hint in (Hint("(2) Gina.", HintKind.PLAN), Hint("Work backward.", HintKind.STRATEGY), Hint("use (2).")):
        tree = solve_one({"reasoner": steps({"": ["a=1"]}), "hinter": hints("look")}, Beam(1, 1)).tree
        tree.nodes[1].hint = hint
        assert from_dict(as_version_3(tree)).nodes[1].hint == hint
        assert from_dict(to_dict(tree)).nodes[1].hint == hint


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES.keys())
def test_facts_and_sentences_agree(search):
    seen = Counter()
    for run in solve(random_roles(), *search, count=20).values():
        for node in run.tree:
            assert (node.rejected_because is None) == (node.status in ("open", "terminal")) == (not node.reason)
            assert (node.duplicate_of is not None) == (node.rejected_because is Rejection.DUPLICATE)
            assert (node.replaced_by is not None) == (node.rejected_because is Rejection.REWRITTEN)
            if node.duplicate_of is not None:
                assert node.reason == f"same as step {node.duplicate_of}"
                original = run.tree.nodes[node.duplicate_of]
                assert (original.parent, original.step.text) == (node.parent, node.step.text)
            if node.replaced_by is not None:
                assert node.reason.endswith(f"rewritten as step {node.replaced_by}")
                assert run.tree.nodes[node.replaced_by].parent is node.parent
            seen[node.rejected_because] += 1
    assert len(seen) >= 3


def test_every_sentence_of_the_committed_trees_is_known():
    assert len(OLD_FILES) == 81
    reasons = Counter()
    for file in OLD_FILES:
        data = json.loads(file.read_text())
        for node in from_dict(data.get("tree", data)):
            assert (node.rejected_because is None) == (not node.reason), (file, node.reason)
            reasons[node.rejected_because] += 1
    assert set(reasons) >= {None, Rejection.DUPLICATE, Rejection.REWRITTEN, Rejection.NOT_BETTER, Rejection.EMPTY_STEP}
    assert reasons[Rejection.REPEATED_STEP] == 6 and reasons[Rejection.LOOP]


def test_each_kind_of_rejection_had_a_sentence_before():
    assert {because for _, because in REASONS} == set(Rejection)
    assert all(re.compile(pattern) for pattern, _ in REASONS)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (None, None),
        ("use (2).", Hint("use (2).")),
        ("Plan: (2) Gina.", Hint("(2) Gina.", HintKind.PLAN)),
        ("Strategy: Work backward.", Hint("Work backward.", HintKind.STRATEGY)),
        ("", Hint("")),
        ("a Plan: b", Hint("a Plan: b")),
    ],
)
def test_a_hint_of_an_old_file_is_read_and_shown_as_the_same_line(line, hint):
    assert read_hint(line) == hint
    assert (None if hint is None else str(hint)) == line


def test_a_version_taken_up_again_is_no_longer_rejected():
    roles = {
        "reasoner": steps({"": ["a=1", "b=2"]}),
        "teacher": steps({"": ["b=2"]}),
        "scorer": scores({"a=1": 0.4, "b=2": 0.3}),
    }
    rule = Rewrite(0.5, stages=("teacher",), accept="always")
    first, second, duplicate = solve_one(roles, Beam(1, 2), rule).tree.root.children
    assert (first.replaced_by, first.rejected_because) == (second.id, Rejection.REWRITTEN)
    assert (second.status, second.rejected_because, second.reason, second.replaced_by) == ("terminal", None, "", None)
    assert (duplicate.duplicate_of, duplicate.replaces) == (second.id, first.id)


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (COMPLETE, "complete"),
        (CANCELLED, "cancelled"),
        (out_of_budget("teacher_tokens"), "budget: teacher_tokens"),
        (failed("no such token"), "failed: no such token"),
    ],
)
def test_a_stop_reason_reads_as_the_sentence_of_the_stores(reason, sentence):
    assert str(reason) == sentence
    assert reason.failed == sentence.startswith("failed")
    assert reason != sentence, "a reason is no text: compare its kind"


def test_runs_end_with_a_reason_of_the_right_kind():
    assert solve_one(random_roles()).stop_reason == COMPLETE
    assert solve_one(random_roles(), budget=Budget(calls=3)).stop_reason == StopReason(StopKind.BUDGET, "calls")
    broken = random_roles() | {"reasoner": Scripted(lambda request: ValueError("no"))}
    assert solve_one(broken).stop_reason == StopReason(StopKind.FAILED, "no")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hint_kind", "mood"),
        ("hint_kind", None),
        ("hint", None),
        ("rejected_because", "whim"),
        ("rejected_because", ""),
        ("duplicate_of", 0),
        ("duplicate_of", 99),
        ("replaced_by", 0),
        ("replaced_by", 99),
    ],
)
def test_a_fact_that_no_search_could_have_recorded_is_refused(name, value):
    data = to_dict(solve_one(random_roles(odd=False), Beam(1, 2, depth=2)).tree)
    assert data["nodes"][1]["hint_kind"] == "step"
    data["nodes"][1][name] = value
    with pytest.raises(UsageError, match="not a hintree tree"):
        from_dict(data)
