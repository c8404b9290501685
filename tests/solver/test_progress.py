"""Events of a search, for callbacks, iterators and event loops; solutions and their trees in notebooks."""

import asyncio
import json
import sys
import threading

import pytest

from hintree import Solver, UsageError
from hintree.export import read
from hintree.search import Beam, Handler
from hintree.solver import ModelPool

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"


@pytest.fixture(scope="module")
def solver():
    return Solver("beam", search=Beam(1, 2), seed=2, pool=ModelPool())


@pytest.fixture(scope="module")
def solution(solver):
    return solver.solve(QUESTION)


def test_a_callback_and_an_iterator_get_every_event_in_order(solver, solution):
    called = []
    again = solver.solve(QUESTION, on_event=called.append)
    streamed = list(solver.events(QUESTION))
    assert [node.step.text for node in again.tree] == [node.step.text for node in solution.tree]
    for events in (called, streamed):
        assert ("request", "reasoner", 2) in {(event.kind, event.role, event.count) for event in events}
        assert [event.node.id for event in events if event.kind == "step"] == list(range(1, len(solution.tree)))
        assert events[-1].kind == "answer" and events[-1].solution.answer == solution.answer
        assert len([event for event in events if event.kind == "score"]) >= len(solution.steps)


def test_an_exception_of_a_callback_ends_the_search_and_is_raised(solver):
    def stop(event):
        raise KeyError(event.kind)

    with pytest.raises(KeyError, match="request"):
        solver.solve(QUESTION, on_event=stop)


def test_closing_the_iterator_ends_its_search(solver):
    before = threading.active_count()
    events = solver.events(QUESTION)
    assert next(events).kind == "request"
    events.close()
    assert threading.active_count() == before


def test_an_event_loop_goes_on_and_may_give_a_question_up(solver, solution):
    reached, release, calls = threading.Event(), threading.Event(), []

    def wait(requests):
        calls.append(len(requests))
        reached.set()
        release.wait(60)
        return solver.handlers["reasoner"].handle(requests)

    async def main():
        answers = await asyncio.gather(solver.asolve(QUESTION), solver.asolve(QUESTION))
        slow = Solver("greedy", reasoner=Handler(wait))
        task = asyncio.create_task(slow.asolve(QUESTION))
        await asyncio.to_thread(reached.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        release.set()
        return answers

    assert [one.answer for one in asyncio.run(main())] == [solution.answer] * 2
    assert calls == [1]  # no batch was asked for after the cancellation


def test_a_verbose_solver_prints_its_steps(capsys):
    Solver("greedy", reasoner="embedded:teacher", verbose=True).solve(QUESTION)
    captured = capsys.readouterr()
    assert "step 1 after 0: reasoner - (" in captured.err and captured.out == ""


def test_a_tree_shows_and_saves_itself(solution, tmp_path, capsys, monkeypatch):
    tree = solution.tree
    tree.show()
    assert len(capsys.readouterr().out.splitlines()) == len(tree) - 1
    tree.save(tmp_path / "t.json")
    assert (tmp_path / "t.json").read_text() == tree.to_json()
    assert read(tmp_path / "t.json").story.status == "finished"
    assert json.loads(tree.to_json())["chosen"] == solution.steps[-1].id
    for wrong in ("t.nosuch", "no/folder/t.json"):
        with pytest.raises(UsageError):
            tree.save(tmp_path / wrong)
    frame = tree.to_frame()
    assert list(frame.index) == list(range(1, len(tree))) and frame.chosen.sum() == len(solution.steps)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match="pip install pandas"):
        tree.to_frame()


def test_a_notebook_shows_facts_and_picture_and_runs_nothing(solver):
    hostile = f"<script>alert(1)</script> {QUESTION} \u202e"
    with pytest.warns(UserWarning):
        html = solver.solve(hostile)._repr_html_()
    assert "&lt;script&gt;" in html and "<script" not in html and "\u202e" not in html
    assert 'src="data:image/svg+xml;base64,' in html and len(html) < 200_000
    assert "finished" in html
