"""Recordings in folders serve a response only where no other setting of the run could have changed it."""

import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from hintree import Solver, UsageError
from hintree.models.local.load import locate
from hintree.policies import Hinting
from hintree.presets import preset
from hintree.search import Handler, Hint, Problem, ScoreRequest, StepOutput, StepRequest, StrategyRequest, Tree
from hintree.search.core.hints import HintKind
from hintree.search.core.requests import HintRequest, RetrievalRequest
from hintree.solver.folder_lock import NAME, lock_folder
from hintree.solver.model_origins import origins_of
from hintree.solver.recorded_handlers import later
from hintree.solver.recorded_models import makers_of
from hintree.solver.recording import Recording
from hintree.solver.request_keys import key_of

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
STEP = StepOutput("4 + 3 = 7.", "delimiter", 6, 0.9, 0.8, 0.1)


def grown(step=STEP, hint=None, choices=()):
    """Return a tree of one step."""
    tree = Tree(Problem("Q?", "id", choices))
    return tree, tree.add(tree.root, step, "reasoner", hint=hint)


def test_a_key_holds_all_that_a_response_may_depend_on():
    trees = [
        grown(),
        grown(hint=Hint("add", HintKind.PLAN)),  # shown in the prompts of all later steps
        grown(hint=Hint("add")),  # shown there with keep_hints
        grown(STEP._replace(mean_probability=0.5)),  # read by confidence scorers
        grown(STEP._replace(token_ids=(1, 2), tokenizer="t")),
        grown(STEP._replace(ended="length")),
        grown(choices=("7", "8")),
    ]
    keys = [(key_of(StepRequest(tree, node)), key_of(ScoreRequest(tree, node))) for tree, node in trees]
    assert len(set(keys)) == len({step for step, _ in keys}) == len({score for _, score in keys}) == len(trees)
    tree, node = grown()
    assert key_of(StepRequest(tree, node)) == keys[0][0]
    assert key_of(StrategyRequest(tree, tree.root, tracks=2)) != key_of(StrategyRequest(tree, tree.root))


def test_the_keys_of_recordings_stay_the_same():
    tree = Tree(Problem("Ana's \\ pens?", "id"), 3)
    step = STEP._replace(text='it\'s "7"\\\u4e2d', token_ids=(1, 2))
    first = tree.add(tree.root, step, "reasoner", hint=Hint("add", HintKind.PLAN))
    last = tree.add(first, STEP, "reasoner", hint=Hint("don't"))
    keys = {
        "c36bdf7c592da983": StepRequest(tree, last, hint=Hint("go"), revises=first, candidates=(last, first)),
        "6ce953fc4aae2f25": ScoreRequest(tree, last),
        "9df3dc36838e03b1": HintRequest(tree, first, avoid=(Hint("no"),), revises=last),
        "944aca9142175a47": StrategyRequest(tree, tree.root),
        "3326b4be4c8ce35c": RetrievalRequest(tree, last),
    }
    before = key_of(keys["3326b4be4c8ce35c"])
    tree.record_score(first, 0.25)  # after a first request of its path: a graph is searched by the scores too
    assert [key_of(request) for request in keys.values()] == list(keys)
    assert before != "3326b4be4c8ce35c"


@pytest.mark.parametrize(
    ("role", "model", "options"),
    [
        ("reasoner", "m", {"device": "cuda"}),
        ("scorer", "m", {"dtype": "float16"}),
        ("hinter", "other:m", {"questions": ["a", "c"]}),
        ("hinter", "other", {"questions": ["a", "c"]}),
    ],
)
def test_settings_that_change_responses_are_facts_of_their_maker(role, model, options):
    usual = {"questions": ["a", "b"]}
    method = replace(preset("hinted"), hinting=Hinting())
    before, after = (makers_of({role: model}, method, **usual | more)[role] for more in ({}, options))
    assert before != after
    assert makers_of({"hinter": "earlier:m"}, method, questions=["a"]) == makers_of({"hinter": "earlier:m"}, method)


def test_origins_tell_models_of_one_name_apart(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder / "prm").mkdir(parents=True)
        (tmp_path / folder / "prm" / "weights").write_text("1")
    one, other = (str(tmp_path / folder / "prm") for folder in ("a", "b"))
    for name in ("{}", "0.5*{}+0.5*yes-no:m", "digits:{}", "probe:{}?model=m"):
        found = [origins_of({"scorer": name.format(place)})["scorer"] for place in (one, other)]
        assert found[0].names != found[1].names and len(found[0].files) == 1
    judged = [origins_of({"scorer": "judge", "teacher": place})["scorer"] for place in (one, other)]
    assert judged[0].names != judged[1].names
    served = [origins_of({"reasoner": f"http://{host}:8000/v1#m"})["reasoner"] for host in ("a", "b")]
    assert served[0] == served[1]


def test_a_folder_refuses_a_model_whose_files_have_changed_and_one_without_a_name(tmp_path):
    copied = shutil.copytree(locate("embedded:student"), tmp_path / "student")
    options = {"reasoner": str(copied), "recording": f"{tmp_path}/recordings/"}
    Solver("greedy", **options).solve(QUESTION)
    manifest = copied / "SHA256SUMS"
    manifest.write_text(manifest.read_text() + "\n")
    with pytest.raises(UsageError, match=r"the files of .*student have changed since .* was recorded"):
        Solver("greedy", **options)
    with pytest.raises(UsageError, match="the reasoner is a Handler, which a folder of recordings cannot tell"):
        Solver("greedy", **options | {"reasoner": Handler(list)})


def test_a_model_on_a_server_stays_concurrent_when_it_is_opened_late(tmp_path):
    for role, concurrent in (("reasoner", True), ("scorer", False)):
        Recording(tmp_path / "r").wrap({role: Handler(list, 0, concurrent)})
        assert later(Recording(tmp_path / "r"), role, lambda roles: {}).concurrent is concurrent


LOCK = """
import fcntl, sys
file = open(sys.argv[1], "w")
fcntl.lockf(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
"""
"""Another process that records in a folder, until its input ends."""


def test_a_folder_is_used_by_one_process_at_a_time(tmp_path):
    command = [sys.executable, "-c", LOCK, str(tmp_path / NAME)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(UsageError, match="another run records in the folder"):
            lock_folder(tmp_path)
        other.communicate()
    for _ in range(2):
        lock_folder(tmp_path)
