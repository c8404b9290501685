"""Recordings in folders: one file per role and model, for runs of many methods, and models opened only when needed."""

import shutil

import pytest

from hintree import Solver, UsageError
from hintree.models.local.load import locate
from hintree.search import BestOfN, SelfConsistency

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
SAMPLED = {"sampling": "temperature=0.8", "selection": "majority"}


@pytest.fixture
def copied_student(tmp_path):
    return shutil.copytree(locate("embedded:student"), tmp_path / "student")


def text_of(folder):
    return {file.name: file.read_text() for file in folder.glob("*.jsonl")}


def test_a_folder_serves_other_methods_after_the_model_is_gone(copied_student, tmp_path):
    options = {**SAMPLED, "reasoner": str(copied_student), "recording": f"{tmp_path}/recordings/"}
    pool = Solver("greedy", search=SelfConsistency(4, sure=1.0), **options).solve(QUESTION)
    recorded = text_of(tmp_path / "recordings")
    assert [name.partition("-")[0] for name in recorded] == ["reasoner"]
    shutil.rmtree(copied_student)
    fewer = Solver("greedy", search=SelfConsistency(2, sure=1.0), **options).solve(QUESTION)
    best = Solver("greedy", search=BestOfN(4), scorer="confidence", **options).solve(QUESTION)
    assert {node.step.text for node in fewer.tree.nodes} <= {node.step.text for node in pool.tree.nodes}
    assert fewer.ledger["reasoner"].generated_tokens < pool.ledger["reasoner"].generated_tokens
    assert best.ledger["reasoner"].flops == pool.ledger["reasoner"].flops > 0
    assert "no model" in str(Solver("greedy", **options).solve("How many pens?").stop_reason)
    assert text_of(tmp_path / "recordings").items() >= recorded.items()


def test_what_made_a_response_names_its_file(tmp_path):
    recordings = f"{tmp_path}/recordings/"
    for options in (SAMPLED, {**SAMPLED, "sampling": "temperature=0.7"}, {**SAMPLED, "reasoner": "embedded:student-2"}):
        Solver("greedy", recording=recordings, **options).solve(QUESTION)
    assert len(text_of(tmp_path / "recordings")) == 3


def test_a_file_that_names_every_model_replays_after_the_model_is_gone(copied_student, tmp_path):
    options = {"reasoner": str(copied_student), "recording": tmp_path / "run.jsonl"}
    recorded = Solver("greedy", **options).solve(QUESTION)
    shutil.rmtree(copied_student)
    assert Solver("greedy", **options).solve(QUESTION).answer == recorded.answer == "7"


def test_a_folder_that_cannot_be_made_is_one_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"the folder of recordings .* cannot be made"):
        Solver("greedy", recording=f"{tmp_path}/file/recordings/")
