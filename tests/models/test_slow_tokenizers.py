"""A text at which a stranger's tokenizer fails, in a prompt, in what the model writes or in a PRM, fails alone."""

import json
import shutil

import pytest

from hintree import Solver
from hintree.models.local.folder import HOME
from hintree.models.local.manifest import MANIFEST

QUESTION = "(1) Ana has {} pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
FAILS = {"type": "Replace", "pattern": {"Regex": r"29(?:[^q]+[^q]*)+zq"}, "content": ""}
SPLIT = {"type": "Split", "pattern": {"Regex": r"(?:x+x+)+y"}, "behavior": "Isolated", "invert": False}


@pytest.fixture
def copy(tmp_path):
    def make(name, change):
        folder = shutil.copytree(HOME / name, tmp_path / name)
        (folder / MANIFEST).unlink()
        tokenizer = json.loads((folder / "tokenizer.json").read_text())
        change(tokenizer)
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
        return str(folder)

    return make


def solve(solver, numbers, more=""):
    questions = [QUESTION.format(n) + more * (n == 29) for n in numbers]
    return list(solver.solve_many(questions, progress=False))


def answers(solver, numbers, more=""):
    return [solution.answer for solution in solve(solver, numbers, more)]


def test_a_text_that_cannot_be_decoded_fails_alone(copy):
    def change(tokenizer):
        own = [tokenizer["decoder"]] if tokenizer["decoder"] else []
        tokenizer["decoder"] = {"type": "Sequence", "decoders": [*own, {"type": "Fuse"}, FAILS]}

    folder = copy("student", change)
    solver = Solver("greedy", reasoner=folder)
    alone = answers(solver, (4, 6))
    failed, *others = solve(solver, (29, 4, 6))
    assert all(alone) and [solution.answer for solution in (failed, *others)] == [None, *alone]
    assert f"{folder}: the tokenizer fails at a text" in str(failed.stop_reason)
    assert "change the text, or use a model from a source that you trust" in str(failed.stop_reason)


@pytest.mark.filterwarnings("ignore::hintree.OutOfDomainWarning")
def test_a_text_that_a_prm_cannot_encode_fails_alone(copy):
    def change(tokenizer):
        stages = [SPLIT, tokenizer["pre_tokenizer"]]
        tokenizer["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": stages}

    solver = Solver("beam", scorer=copy("prm", change))
    alone = answers(solver, (5, 6))
    assert all(alone) and answers(solver, (29, 5, 6), " " + "x" * 60)[1:] == alone
