"""Thoughts of models in this process: never ended by what they say, never read for an answer, cut at their budget."""

from dataclasses import replace

import pytest

from hintree.models.thinking import HARMONY, MAGISTRAL, SWITCHED, THINK, detect_style
from hintree.policies import Protocol, Sampling, StepRule, StepWriter
from hintree.policies.paths import path_of
from hintree.scorers.base import steps_of
from hintree.search import Problem, ScoreRequest, Tree, to_dict
from hintree.search.core.serialization import from_dict
from tests.support.traces import TraceModel, grow_path

THOUGHT = "He buys 12 and 14.\n\nSo the answer is 26.\n\nWait, he gives 8 away. The answer is 26.\n\nNo, it is 18.\n"
ANSWER = "He has 12 + 14 - 8 = 18.\n\nThe answer is 18."
STYLES = [SWITCHED, THINK, MAGISTRAL, HARMONY]


def trace(style):
    after = style.header or "\n\n"
    return f"{style.open}{THOUGHT}{style.close}{after}{ANSWER}"


def solved(model, **fields):
    """A path to the end of a solution."""
    protocol = Protocol(name="t", step=StepRule(max_tokens=60), **fields)
    return grow_path(model, protocol, 20)


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
@pytest.mark.parametrize("mode", ["auto", "whole", "search", "off"])
def test_an_answer_in_a_thought_never_counts(style, mode):
    path = solved(TraceModel(trace(style), style), thinking=mode)
    assert [node.step.answer for node in path][-1] == "18"
    assert [node.step.answer for node in path[:-1]] == [None] * (len(path) - 1)
    thoughts = "\n\n".join(n.step.text for n in path if n.step.thinking) + "".join(n.step.thought for n in path)
    told_in_vain = mode == "off" and bool(style.off)
    assert ("26" in thoughts) == (mode != "off" or told_in_vain)
    assert not any("26" in node.step.text for node in path if not node.step.thinking)
    assert not any(node.step.cut_thought for node in path)


def test_a_thought_that_grows_is_steps_and_a_whole_one_stands_beside_its_answer():
    grown = solved(TraceModel(trace(THINK), THINK), thinking="search")
    assert [node.step.thinking for node in grown] == [True] * 4 + [False] * 2
    whole = solved(TraceModel(trace(THINK), THINK), thinking="whole")
    assert len(whole) == 1 and whole[0].step.thought == THOUGHT.strip() and whole[0].step.text == ANSWER
    assert whole[0].step.tokens > len(THOUGHT.split())


@pytest.mark.parametrize("mode", ["whole", "search"])
def test_a_thought_is_ended_at_its_budget_and_the_tree_says_so(mode):
    model = TraceModel(trace(THINK), THINK)
    path = solved(model, thinking=mode, thinking_tokens=12)
    assert any(node.step.cut_thought for node in path)
    assert path[-1].step.answer == "18"
    assert sum(node.step.tokens for node in path if node.step.thinking) <= 12
    last = model.requests[-1].prompt
    assert "</think>" in last.assistant
    assert any(span.control and "</think>" in span.text for span in last.spans)


@pytest.mark.parametrize("mode", ["whole", "search"])
@pytest.mark.parametrize(
    "loop", ["Wait, is it 26?\n\n" * 999, "It is 26 or 18, and " * 999], ids=["of parts", "in one part"]
)
def test_a_thought_that_loops_is_ended_there_and_answered(mode, loop):
    path = solved(TraceModel(f"{THINK.open}He buys 26.\n\n{loop}{THINK.close}\n\n{ANSWER}", THINK), thinking=mode)
    assert [node.step.cut_thought for node in path if node.step.thinking or node.step.thought][-1]
    assert path[-1].step.answer == "18"
    assert {node.status for node in path[:-1]} <= {"open"}
    thought = "".join(node.step.text if node.step.thinking else node.step.thought for node in path)
    assert len(thought) < 250


def test_a_model_that_ends_inside_its_thought_is_made_to_answer():
    path = solved(TraceModel(f"{THINK.open}It is 26.", THINK), thinking="search")
    assert path[0].step.cut_thought and path[-1].step.answer == "18"


def test_marks_of_its_own_stand_in_the_protocol():
    style = replace(THINK, name="own", open="<<", close=">>", after="\n")
    path = solved(TraceModel(trace(style)), open="<<", close=">>", thinking="search")
    assert path[-1].step.answer == "18" and path[0].step.thinking


def test_scorers_read_a_solution_without_its_thought():
    path = solved(TraceModel(trace(THINK), THINK), thinking="search")
    tree = Tree(Problem("How many apples?"))
    assert steps_of(ScoreRequest(tree, path[-1])) == tuple(ANSWER.split("\n\n"))
    assert len(steps_of(ScoreRequest(tree, path[1]))) == 2


def test_trees_keep_thoughts_apart():
    tree = Tree(Problem("Q?"))
    path = solved(TraceModel(trace(THINK), THINK), thinking="whole")
    tree.add(tree.root, path[0].step, "reasoner")
    row = to_dict(tree)["nodes"][1]["step"]
    assert row["thought"] == THOUGHT.strip() and "token_ids" not in row
    assert from_dict(to_dict(tree)).nodes[1].step.thought == THOUGHT.strip()


@pytest.mark.parametrize(
    ("template", "style"),
    [
        ("{% if enable_thinking %}<think>{% endif %}", SWITCHED),
        ("{{ content.split('</think>')[-1] }}<think>\n", THINK),
        ("[THINK]{{ thinking }}[/THINK]", MAGISTRAL),
        ("<|channel|>analysis<|message|>", HARMONY),
        ("<|im_start|>{{ role }}", None),
        ("", None),
    ],
)
def test_the_style_is_seen_in_the_template(template, style):
    assert detect_style(template) is style


def test_a_model_that_does_not_think_reads_no_thought_and_goes_on_for_one_that_does():
    path = solved(TraceModel(trace(THINK), THINK), thinking="search")[:5]
    problem = Problem("How many apples?")
    other = StepWriter(TraceModel("", None), Sampling()).format.step(problem, path, None)
    assert other.assistant == "He has 12 + 14 - 8 = 18.\n\n"
    within = StepWriter(TraceModel("", None), Sampling()).format.step(problem, path[:2], None)
    assert within.assistant == "He buys 12 and 14.\n\nSo the answer is 26.\n\n"
    begun = path_of("How many apples?", ["He has 18."])
    own = StepWriter(TraceModel("", THINK), Sampling()).format.step(problem, begun, None)
    assert own.assistant == "<think>\n\n</think>\n\nHe has 18.\n\n"
