"""Leaks by another measure than the filter: a reader that answers from question and hints, without steps."""

import re

import pytest

from hintree.experiments.report.hints_alone import HintedCase, audit_hints, read_all, states_reference, table_of
from hintree.experiments.study.store import StoredCase
from hintree.models import Completion, Usage
from tests.support.report_study import rows_of
from tests.support.shared_models import shared_model

PENS = "(1) Ana has {} pens. (2) Ben gets {} more pens than Ana. How many pens does Ben have?"


def case(a, b, *hints):
    question = PENS.format(a, b)
    return HintedCase(StoredCase(f"{a}+{b}", question, str(a + b), None, 1), hints, (question,) * len(hints))


class LastNumber:
    """A model that states the last number of its prompt."""

    chat, parameters = False, 1

    def unknown_words(self, text):
        return [text]

    def generate(self, requests):
        self.prompts = [request.prompt for request in requests]
        numbers = [re.findall(r"\d+", f"{p.user} {p.assistant}")[-1] for p in self.prompts]
        return [Completion(f" {n}.", "stop", [0.5], [0.1], Usage(1, 9, 9, 1)) for n in numbers]


def test_a_reader_finds_leaks_and_is_told_the_reference_in_the_control_only():
    clean = [case(4, 3, "use (2) and Ana to find Ben."), case(5, 6, "use (2) and Ana to find Ben.", "give the answer.")]
    leaking = [case(4, 3, "use (2).", "Ben has 7."), case(5, 6, "Ben has 11.", "give the answer.")]
    reader = LastNumber()
    found = read_all(reader, clean)
    assert (found.question, found.hints, found.single, found.told) == (
        [False] * 2,
        [False] * 2,
        [False] * 2,
        [True] * 2,
    )
    shown = [f"{prompt.user} {prompt.assistant}" for prompt in reader.prompts]
    assert len(shown) == 2 * 4 + 3 and sum("Hint: The answer is" in text for text in shown) == 2
    found = read_all(reader, leaking)
    assert (found.hints, found.single, found.other) == ([True, True], [True, True], [False, False])
    (row,) = rows_of(table_of({"arm": (leaking, found)}, "reader"))
    assert (row["problems"], row["hints"], row["state the reference, %"].value) == (2, 4, 0.5)
    assert row["difference, points"].value == 1.0 == row["told, %"].value


@pytest.mark.parametrize(
    ("hint", "before", "reference", "states"),
    [
        ("Ben has 7.", "Ana has 4.", "7", True),
        ("Ben has seven.", "Ana has 4.", "7", True),
        ("it is 3/4", "a quarter", "0.75", True),
        ("Ben has 7.", "Ana has 7 pens.", "7", False),
        ("use (2).", "Ana has 4.", "7", False),
        ("use (7).", "(7) Ana has 4.", "7", False),
        ("it must be 7.", "(7) Ana has 4.", "7", True),
        ("it must be seven.", "(6) Ben has 2. (7) Ana has 4.", "7", True),
        ("it is Paris", "Which city?", "Paris", True),
        ("it is in France", "Which city?", "Paris", False),
    ],
)
def test_a_hint_states_the_reference_in_any_spelling(hint, before, reference, states):
    assert states_reference(hint, before, reference) is states


def test_the_hints_of_a_study_are_read_by_a_shipped_model(done):
    rows = rows_of(audit_hints(done[0], "embedded:student-2"))
    paths = {
        arm: [solution.steps for (name, _, seed), solution in done[1].items() if name == arm and seed == 0]
        for arm in ("rewrites 20", "rewrites 200")
    }
    hints = {arm: sum(node.hint is not None for path in found for node in path) for arm, found in paths.items()}
    assert {row["arm"]: row["hints"] for row in rows} == hints and min(hints.values()) > 0
    assert all(row["state the reference, %"].value == 0 for row in rows)
    leaked = [case(a, 3, f"Ben has {a + 3}.") for a in range(20, 30)]
    found = read_all(shared_model("embedded:student-2"), leaked)
    assert sum(found.hints) >= 8 > 2 >= sum(found.question)
