"""The cost of actions in the store of a study and in its report."""

import json

import pytest

from hintree.experiments.report.actions import actions_table
from hintree.experiments.report.results import ProblemFacts, StudyResults
from hintree.experiments.report.trial import TrialRecord
from hintree.experiments.study.store_rows import read_ledger
from hintree.search.core.ledger import Account, Ledger


def ledger(**actions):
    """A ledger of a reasoner with 20 tokens, some of them of actions."""
    accounts = Ledger().accounts | {"reasoner": Account(calls=4, generated_tokens=20)}
    return Ledger(accounts, {name: Account(calls=1, generated_tokens=tokens) for name, tokens in actions.items()})


def test_a_store_keeps_the_accounts_of_actions_and_reads_results_without_them():
    for kept in (ledger(ask=5, solve=7), ledger()):
        assert read_ledger(json.dumps(kept.with_actions())) == kept
    assert "actions" not in ledger().with_actions() and set(ledger(ask=5).to_dict()) == set(Ledger().accounts)
    for broken in (7, {"ask": 7}, {"ask": {"calls": -1}}, {"ask": {"poems": 1}}):
        with pytest.raises(ValueError, match="amounts by role"):
            read_ledger(json.dumps({**ledger().to_dict(), "actions": broken}))


def test_the_table_has_a_row_per_arm_and_action():
    problems = [ProblemFacts("a", "shop", 3), ProblemFacts("b", "shop", 3)]
    done = [TrialRecord(failed=False, ledger=used) for used in (ledger(ask=5, solve=10), ledger(ask=1))]
    attempts = {"plain": {(0, 0): TrialRecord(ledger=ledger())}, "asking": {(i, 0): one for i, one in enumerate(done)}}
    table = actions_table(StudyResults("s", {"plain": {}, "asking": {}}, "plain", None, problems, [0], attempts))
    assert [(row[0], row[1], row[2], row[3].value, row[4].value, row[6].value) for row in table.rows] == [
        ("asking", "ask", 2, 1.0, 3.0, 6 / 40), ("asking", "solve", 2, 0.5, 5.0, 10 / 40)
    ]  # fmt: skip
