"""Recordings: resumed where they were killed, replayed without models, and replayed under another rule."""

import pytest

from hintree.errors import UsageError
from hintree.search import ABMCTS, MCTS, SSR, Beam, SelfConsistency, Tree, batched_driver
from hintree.solver.recording import Recording
from tests.support.recorded_runs import run_all, texts
from tests.support.scripted import handlers, problems, random_roles

SEARCHES = [
    Beam(2, 3, depth=5),
    MCTS(12, 3, batch=2, depth=5),
    ABMCTS(12, depth=5),
    SelfConsistency(6, 2, depth=5),
    SSR(depth=5),
]
searches = pytest.mark.parametrize("search", SEARCHES, ids=lambda s: type(s).__name__)


def books(runs):
    return {
        name: {
            role: {k: v for k, v in account.items() if k != "seconds"} for role, account in run.ledger.to_dict().items()
        }
        for name, run in runs.items()
    }


@searches
def test_a_recorded_run_replays_without_any_model(search, tmp_path):
    live = run_all(handlers(random_roles()), search)
    recorded = run_all(Recording(tmp_path / "r").wrap(handlers(random_roles())), search)
    replayed = run_all(Recording(tmp_path / "r").wrap({}), search, live=1)
    assert texts(recorded) == texts(live) == texts(replayed)
    assert books(recorded) == books(live) == books(replayed)


class KilledError(BaseException):
    pass


def killed_after(roles, calls):
    left = [calls]

    def wrap(who):
        def answer(requests):
            left[0] -= 1
            if left[0] < 0:
                raise KilledError
            return who.handle(requests)

        return who._replace(handle=answer)

    return {role: wrap(who) for role, who in roles.items()}


@pytest.mark.parametrize("calls", [1, 5, 13])
@searches
def test_a_killed_run_is_resumed_and_asks_no_question_again(search, calls, tmp_path):
    whole = run_all(handlers(random_roles()), search)
    first = random_roles()
    with pytest.raises(KilledError):
        run_all(Recording(tmp_path / "r").wrap(killed_after(handlers(first), calls)), search)
    second = random_roles()
    assert texts(run_all(Recording(tmp_path / "r").wrap(handlers(second)), search)) == texts(whole)
    requests = [
        (request.tree.problem.id, request.seed)
        for roles in (first, second)
        for who in roles.values()
        for request in who.requests()
    ]
    assert len(requests) == len(set(requests)) > 0


def test_a_line_that_was_cut_off_is_dropped(tmp_path):
    whole = run_all(Recording(tmp_path / "r").wrap(handlers(random_roles())), SEARCHES[0])
    data = (tmp_path / "r").read_bytes()
    for cut in (len(data) - 1, len(data) - 30, len(data) // 2):
        (tmp_path / "r").write_bytes(data[:cut])
        assert texts(run_all(Recording(tmp_path / "r").wrap(handlers(random_roles())), SEARCHES[0])) == texts(whole)
        assert len((tmp_path / "r").read_bytes()) == len(data)


def test_another_selection_rule_is_replayed_as_far_as_the_recording_reaches_and_then_says_so(tmp_path):
    run_all(Recording(tmp_path / "r").wrap(handlers(random_roles(odd=False))), MCTS(30, 3, c=1.4, depth=5), None)
    replay = Recording(tmp_path / "r").wrap({})
    ends = [str(run.stop_reason) for run in run_all(replay, MCTS(12, 3, c=0.2, depth=5), None).values()]
    assert "complete" in ends
    assert {end for end in ends if end != "complete"} <= {
        f"failed: the recording ends here: it has no answer of the reasoner for step {i}" for i in range(1, 6)
    }
    strange = run_all(replay, Beam(4, 8, depth=5), None).values()
    assert all(str(run.stop_reason).startswith("failed: the recording ends here") for run in strange)
    assert {len(run.tree) for run in strange} == {1}


def test_other_problems_and_other_seeds_are_not_in_it(tmp_path):
    run_all(Recording(tmp_path / "r").wrap(handlers(random_roles())), SEARCHES[0], count=3)
    replay = Recording(tmp_path / "r").wrap({})
    tree = Tree(problems(1)[0], seed=1)
    [run] = batched_driver([(tree, SEARCHES[0].grow(tree))], replay)
    assert "the recording ends here" in str(run.stop_reason)


def test_an_answer_that_failed_is_asked_again(tmp_path):
    roles = random_roles()
    good = roles["scorer"].reply
    roles["scorer"].reply = lambda request: ValueError("the server is down")
    runs = run_all(Recording(tmp_path / "r").wrap(handlers(roles)), SEARCHES[0])
    assert {str(run.stop_reason) for run in runs.values()} == {"failed: the server is down"}
    roles["scorer"].reply = good
    again = run_all(Recording(tmp_path / "r").wrap(handlers(roles)), SEARCHES[0])
    assert texts(again) == texts(run_all(handlers(random_roles()), SEARCHES[0]))


@pytest.mark.parametrize(
    "text", ["hello\n", '{"format": "hintree-recording", "version": 2}\n', "[]\n", '{"a": 1}\n', "\n"]
)
def test_other_files_are_refused_and_left_alone(text, tmp_path):
    (tmp_path / "r").write_text(text)
    with pytest.raises(UsageError, match=r"recording"):
        Recording(tmp_path / "r")
    assert (tmp_path / "r").read_text() == text


def test_a_folder_or_a_forbidden_place_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "no" / "such" / "folder"):
        with pytest.raises(UsageError, match="recording"):
            Recording(path)
