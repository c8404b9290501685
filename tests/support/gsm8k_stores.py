"""Stores of the shipped GSM8K studies with made-up results, for the tests of their page; no model is opened."""

import json
from pathlib import Path

from hintree.experiments.study.run import load
from hintree.experiments.study.store import Result, Store
from hintree.experiments.study.store_study import key_of
from hintree.search.core.ledger import Ledger

TOKENS = 100
"""Tokens of a chain of either model."""


def folders(path, monkeypatch, problems=6):
    """Make the folders of models and data that the studies name, with so many problems."""
    for variable in ("HINTREE_MODELS", "HINTREE_DATA"):
        monkeypatch.setenv(variable, str(path))
    for model in ("qwen05.gguf", "qwen15.gguf"):
        (path / model).write_bytes(b"GGUF")
    rows = [json.dumps({"id": f"p{i}", "question": f"{i}?", "answer": "1"}) for i in range(problems)]
    (path / "gsm8k_test_dev.jsonl").write_text("\n".join(rows))


def make_store(runs, name, solved, *, limit, settings=(), status=lambda arm, problem: "done", **roles):
    """Make the store of a study, in which each arm of ``solved`` has a result for its first problems.

    Args:
        runs: Folder of the studies.
        name: Name of the study.
        solved: By arm, a text with one character a problem: "1" for a right answer, "0" for a wrong one.
        limit: Number of problems of the study.
        settings: As ``--set``.
        status: Status of an arm's result at a problem's id.
        roles: Tokens by role, as functions of the arm; the reasoner writes ``TOKENS`` otherwise.
    """
    study = load(Path(f"gsm8k/{name}"), [f"limit={limit}", *settings])
    roles = {"reasoner": lambda arm: TOKENS} | roles
    with Store.create(Path(runs) / name, study.data, study.cases, versions={}) as store:
        rows = []
        for arm, marks in solved.items():
            for case, mark in zip(study.cases, marks, strict=False):
                ledger = Ledger()
                for role, tokens in roles.items():
                    account = ledger[role]
                    account.generated_tokens = account.forwarded_tokens = tokens(arm)
                    account.flops = 1e9 * tokens(arm)
                state = status(arm, case.id)
                answer = None if state == "failed" else "1" if mark == "1" else "2"
                right = mark == "1" and state == "done"
                key = key_of(case.id, case.question)
                rows.append((Result(arm, key, 0, state, "failed: no memory", answer, right, ledger, {}), None))
        store.add(rows)
    return list(study.data["arms"])
