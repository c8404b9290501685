"""Thoughts of models on servers: a wrong answer inside a thought is never read, in any mode, behind any server."""

import logging
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from inspect import unwrap

import pytest

from hintree.models.thinking import THINK
from hintree.policies import find_protocol
from hintree.policies.formats import PromptFormat
from hintree.search import Problem
from hintree.solver import ModelPool, Solver
from tests.support.thinking_server import QUESTION, THOUGHT, Trace, thinking_server

LONG_THOUGHT = THOUGHT + " Hm." * 700
"""A thought that is longer than the probes are."""
MODES = ("auto", "off", "whole", "search")
SERVERS = {
    "no parser, continued by flags": Trace(),
    "no parser, thoughts stripped": Trace(strips=True),
    "no parser, continued as the last message": Trace(prefill="last"),
    "no parser, flags that are ignored": Trace(prefill="either"),
    "no parser, a stop text that is not named": Trace(prefill="last", names_stop=False),
    "no parser, not continued": Trace(prefill=""),
    "no parser, the model opens its thought": Trace(opened=False, name="phi-4-reasoning"),
    "no parser, a name that says nothing": Trace(name="model", thought=THOUGHT + " Hm." * 150),
    "no parser, a long thought that the prompt opens": Trace(name="model", thought=LONG_THOUGHT, shows_prompt=True),
    "no parser, with a switch": Trace(opened=False, switch=True, inserts=True, name="qwen3"),
    "parser, continued by flags": Trace(parser="reasoning_content"),
    "parser, continued, thoughts stripped": Trace(parser="reasoning_content", strips=True),
    "parser, not continued": Trace(parser="reasoning", prefill=""),
    "parser, with a switch": Trace(parser="reasoning_content", switch=True, opened=False, inserts=True),
    "parser, with an effort": Trace(parser="reasoning", prefill="", effort=True, budget=True),
    "parts": Trace(parser="reasoning", prefill="", parts=True),
}


@pytest.fixture(scope="module")
def solved():
    """A function that solves the question by the model of a trace, whose server is started and probed once.

    It returns the solution, the bodies of its requests, and the model.
    """
    with ExitStack() as running:
        served = cache(lambda trace: (running.enter_context(thinking_server(trace)), ModelPool()))

        def solve(trace, **fields):
            server, pool = served(trace)
            protocol = replace(find_protocol("default"), **fields)
            solver = Solver("greedy", reasoner=f"{server.url}#{trace.name}", protocol=protocol, pool=pool)
            probes = len(server.seen)
            solution = solver.solve(QUESTION)
            bodies = [body for _, _, body in server.seen[probes:]]
            return solution, bodies, unwrap(solver.handlers["reasoner"].handle).model

        yield solve


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", SERVERS)
def test_the_answer_after_the_thought_counts(solved, kind, mode):
    solution, _, _ = solved(SERVERS[kind], thinking=mode)
    assert solution.answer == "18" and str(solution.stop_reason) == "complete"
    said = [node for node in solution.tree if node.step.answer is not None]
    assert [node.step.answer for node in said] == ["18"]
    assert not any("26" in node.step.text for node in solution.tree if not node.step.thinking)


def test_each_server_is_used_as_its_probes_found_it(solved):
    found = {kind: solved(trace)[2].capabilities for kind, trace in SERVERS.items()}
    thoughts = {kind: can.thoughts for kind, can in found.items()}
    assert {kind for kind, can in thoughts.items() if can.continued} == {
        "no parser, continued by flags",
        "no parser, continued as the last message",
        "no parser, flags that are ignored",
        "no parser, a stop text that is not named",
        "no parser, the model opens its thought",
        "no parser, a name that says nothing",
        "no parser, a long thought that the prompt opens",
    }
    assert {kind for kind, can in thoughts.items() if can.repeated} == {
        "no parser, continued as the last message",
        "no parser, flags that are ignored",
        "no parser, a stop text that is not named",
    }
    assert {kind for kind, can in thoughts.items() if can.shown == "text"} == {k for k in SERVERS if "no parser" in k}
    assert {kind: can.off for kind, can in thoughts.items() if can.off} == {
        "no parser, with a switch": "template",
        "parser, with a switch": "template",
        "parser, with an effort": "none",
    }
    assert [kind for kind, can in thoughts.items() if can.budget] == ["parser, with an effort"]
    assert found["parser, with a switch"].template == "effective" and found["parts"].template == "accepted"


def test_thoughts_grow_where_they_are_continued_and_stand_whole_elsewhere(solved):
    grown, bodies, _ = solved(Trace())
    thoughts = [node.step.text for node in grown.tree if node.step.thinking]
    assert thoughts == [*THOUGHT.split("\n\n")[:-1], THOUGHT.split("\n\n")[-1] + "\n"] and len(bodies) == 7
    whole, bodies, _ = solved(Trace(parser="reasoning_content", prefill=""))
    [step] = [node.step for node in whole.tree][1:]
    assert step.thought.strip() == THOUGHT and not step.cut_thought and len(bodies) == 1
    assert "stop" not in bodies[0] and bodies[0]["max_tokens"] == 2048 + 1024
    assert step.tokens == whole.ledger["reasoner"].generated_tokens  # the thought's tokens are counted, once


CUT = {"thinking_tokens": 12, "answer_tokens": 30}


@pytest.mark.parametrize("mode", ["whole", "auto"])
@pytest.mark.parametrize("kind", [kind for kind in SERVERS if kind != "parser, with an effort"])
def test_a_thought_that_is_cut_is_ended_by_force_or_has_no_answer(solved, kind, mode):
    solution, _, model = solved(SERVERS[kind], thinking=mode, **CUT)
    assert [node.step.cut_thought for node in solution.tree if node.step.cut_thought] == [True]
    assert solution.answer == ("18" if model.closes_thoughts else None)
    assert all(node.step.answer in (None, "18") for node in solution.tree)


def test_marks_of_a_protocol_hold_where_the_probes_see_none(solved):
    own = replace(THINK, name="own", open="<<", close=">>")
    for trace in (Trace(own, "model"), Trace(own, "model", opened=False, prefill="")):
        solution, [body], model = solved(trace, open="<<", close=">>")
        assert model.thinking is None and solution.answer == "18" and body["max_tokens"] == 2048 + 1024
        assert body["messages"][-1] == {"role": "user", "content": QUESTION}
        assert [node.step.thought.strip() for node in solution.tree][1:] == [THOUGHT]
        assert solved(trace, open="<<", close=">>", **CUT)[0].answer is None


def test_a_server_with_a_budget_of_thinking_is_sent_it(solved):
    solution, [body], _ = solved(SERVERS["parser, with an effort"], thinking="whole", **CUT)
    assert body["thinking_token_budget"] == 12 and solution.answer == "18"


def test_thinking_is_turned_off_in_the_way_of_the_server(solved):
    _, bodies, _ = solved(SERVERS["parser, with a switch"], thinking="off")
    assert [body["chat_template_kwargs"] for body in bodies] == [{"enable_thinking": False}] * 2
    _, bodies, _ = solved(SERVERS["parser, with an effort"], thinking="off")
    assert [body["reasoning_effort"] for body in bodies] == ["none"] * 2
    solution, bodies, _ = solved(SERVERS["no parser, not continued"], thinking="off")  # it thinks anyway
    assert all(not node.step.thought for node in solution.tree) and "stop" not in bodies[0]
    assert solution.ledger["reasoner"].generated_tokens > 2 * len(THOUGHT.split())


def test_a_thought_that_uses_up_its_tokens_though_it_is_off_gives_no_answer(solved):
    trace = Trace(prefill="", thought=THOUGHT + "\n\nThe answer is 26." * 600)
    solution, _, _ = solved(trace, thinking="off")
    assert solution.answer is None
    assert [node.step.cut_thought for node in solution.tree][1:] == [True]


def test_the_recognised_style_is_said_once(caplog):
    from hintree.policies.thoughts import say_style

    say_style.cache_clear()
    caplog.set_level(logging.WARNING)
    with thinking_server(Trace()) as server:
        solver = Solver("greedy", reasoner=f"{server.url}#r1")
        solver.solve(QUESTION)
        Solver("greedy", reasoner=f"{server.url}#r1").solve(QUESTION)
    assert caplog.text.count("thinks (style think)") == 1 and "grow step by step" in caplog.text


def test_a_prm_over_thoughts_is_warned_of_once(caplog):
    from hintree.solver.roles import say_thoughts_are_scored

    say_thoughts_are_scored.cache_clear()
    caplog.set_level(logging.WARNING)
    with thinking_server(Trace()) as server:
        name = f"{server.url}#r1"
        Solver("beam", reasoner=name, scorer="embedded:prm")
        Solver("beam", reasoner=name, scorer="embedded:prm")
        assert caplog.text.count("PRMs made for solutions do not help there") == 1
        say_thoughts_are_scored.cache_clear()
        caplog.clear()
        Solver("beam", reasoner=name, scorer="confidence")
        Solver(
            "beam", reasoner=name, scorer="embedded:prm", protocol=replace(find_protocol("default"), thinking="whole")
        )
    assert "do not help" not in caplog.text


def test_the_thought_of_an_earlier_turn_is_left_out_for_a_model_that_thinks():
    turns = (("user", "Is 7 prime?"), ("assistant", "<think>\nThe answer is 26.\n</think>\n\nYes."))
    said = {
        style: PromptFormat(find_protocol("default"), style=style).step(Problem("And 9?", turns=turns), [], None).turns
        for style in (THINK, None)
    }
    assert [turn.text for turn in said[THINK]] == ["Is 7 prime?", "Yes."]
    assert said[None][1].text == turns[1][1]
