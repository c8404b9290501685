import json
import re

import pytest

from hintree import Solver
from hintree.errors import UsageError
from hintree.models import Turn
from hintree.policies import Protocol, Sampling, StepRule, find_protocol, protocol_names, shipped_format
from hintree.policies.protocol_file import to_data
from hintree.presets import preset, settings_of
from hintree.presets.settings import preset_of
from hintree.search import Problem, StepRequest, Tree

NAMES = ("boxed", "default", "gsm8k-8shot", "lab", "mmlu-letter", "plain", "search-and-learn")


def test_the_shipped_protocols_are_read_and_written_alike():
    assert set(NAMES) <= set(protocol_names())
    for name in protocol_names():
        protocol = find_protocol(name)
        assert protocol.about and protocol.name == name
        assert find_protocol(json.loads(json.dumps(to_data(protocol)))) == protocol


def test_a_file_changes_the_protocol_that_it_names(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("base: boxed\nstep: {by: sentence, max_tokens: 64}\nsampling: {top_p: 0.95}\n")
    mine = find_protocol(str(file))
    assert (mine.name, mine.system) == ("mine", find_protocol("boxed").system)
    assert (mine.step.by, mine.step.max_tokens) == ("sentence", 64)
    assert Sampling(temperature=0.7).under(mine) == Sampling(temperature=0.7, top_p=0.95)
    file.write_text("sampling: {temperature: 0.6}\n")
    warm = find_protocol(file)
    assert warm.system == find_protocol("default").system
    assert Sampling(temperature=1.0).under(warm).temperature == 0.6
    assert Sampling(temperature=0.0).under(warm).temperature == 0.0, "a greedy method stays greedy"


WRONG = {
    "sistem: x": r"line 1: key 'sistem' is not known; did you mean 'system'",
    "about: a\nstep:\n  by: paragraph": r"line 3: step by='paragraph' is not one of text, pattern",
    "about: a\nstep: 3": r"line 2: step is a mapping with by, ends",
    "system: [1]": r"line 1: system: \[1\] is not a text",
    "about: a\nphrases: {a: 1}": r"line 2: phrases: .* is not a text or a list of texts",
    "step: {max_tokens: yes}": r"line 1: max_tokens: true is not a whole number",
    "shots: [3]": r"line 1: shots: \[3\] is not a list of mappings with user and assistant",
    "shots: two": r"line 1: shots: \"two\" is not a list",
    "sampling: 3": r"line 1: sampling: 3 is not a mapping",
    "user: no field": r"has no \{question\}",
    "base: boxd": r"line 1: base 'boxd' is not known; did you mean 'boxed'",
    "thinking: deep": r"thinking='deep' is not one of auto, off, whole, search",
    "step: {by: pattern, pattern: '('}": r"is no regular expression",
    "open: <t>": r"give two different ones or none",
    "open: '**'\nclose: '**'": r"give two different ones or none",
    "about: a\nserver: {temperature: 1.5}": r"line 2: server: hintree sets temperature itself; set it under sampling",
    "server: {messages: []}": r"hintree sets messages itself; a request has its own",
    "server: {d: .nan}": r"server.d: nan cannot be sent as JSON",
    "about: a\ntemplate: {date_string: 2026-01-01}": r"line 2: template.date_string: 2026-01-01 .* put it in quotes",
    "about: a\nsampling: {topp: 0.9}": r"line 2: sampling.topp is not one of temperature, top_k, top_p, min_p",
    "about: a\nsampling: {top_p: 1.5}": r"line 2: sampling: top_p=1.5 is not a number above 0",
    "sampling: {temperature: -1}": r"sampling: temperature=-1 is not a number from 0",
    "answers: [boxx]": r"no form is named 'boxx'",
    "phrases: ['']": r"none that is empty",
    "about: a\nwords: {hint: 'Consider this:'}": r"line 2: words.hint='Consider this:' has no \{hint\}",
    "words: {plan: Think}": r"has no \{plan\}",
    "user: '{question} {choice}'": r"\{choice\} is no field; did you mean \{choices\}",
    "shots: [{user: a, assistant: b, asistant: c}]": r"is not a list of mappings",
    "- a": r"a protocol is a mapping",
    "name: a\nname: b": r"line 2: the key 'name' is given twice",
}


def test_an_action_whose_name_is_nearly_a_shipped_one_is_warned_of(caplog):
    find_protocol({"words": {"actions": {"sub_qestion": {"ask": "Ask."}, "recall": {"ask": "Recall."}}}})
    assert "words.actions.sub_qestion is no shipped action; did you mean sub_question?" in caplog.text
    assert "recall" not in caplog.text


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_file_is_one_error_with_its_line(text, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match=WRONG[text]):
        find_protocol(file)


def test_an_unknown_name_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'boxed'"):
        find_protocol("boxes")


def test_shots_choices_and_turns_are_turns_of_the_conversation():
    form = shipped_format("gsm8k-8shot")
    prompt = form.step(Problem("How many?", turns=(("user", "Hi"), ("assistant", "Hello"))), [], None)
    assert [turn.role for turn in prompt.turns] == ["user", "assistant"] * 9
    assert prompt.turns[0].text.startswith("Q: A shelf holds") and prompt.turns[-1] == Turn("assistant", "Hello")
    assert (prompt.user, prompt.system) == ("Q: How many?\nA:", "")
    letter = shipped_format("mmlu-letter").step(Problem("Which?", choices=("red", "blue")), [], None)
    assert letter.user == "Which?\n\nA) red\nB) blue"
    listed = shipped_format("mmlu-letter").step(Problem("Which?\nA) red\nB) blue", choices=("red", "blue")), [], None)
    assert listed.user == "Which?\nA) red\nB) blue"
    hidden = Problem("What is the last digit of 3^2014?", choices=("1", "2", "3", "4"))
    assert shipped_format("mmlu-letter").step(hidden, [], None).user.endswith("A) 1\nB) 2\nC) 3\nD) 4")
    asked = shipped_format("boxed").step(Problem("Which?", system="You are a sailor."), [], None)
    assert asked.system.startswith("You are a sailor.\n\nPlease reason step by step")


def test_a_field_inside_a_question_stays_as_it_is():
    prompt = shipped_format("mmlu-letter").step(Problem("Is {choices} {question}?", choices=("a",)), [], None)
    assert prompt.user == "Is {choices} {question}?\n\nA) a"


@pytest.mark.parametrize("name", [name for name in protocol_names() if name not in ("lab", "mmlu-letter")])
def test_options_follow_the_question_where_the_protocol_has_no_place_for_them(name):
    prompt = shipped_format(name).step(Problem("Which?", choices=("red", "blue")), [], None)
    assert "Which?\n\nA) red\nB) blue" in prompt.user


def test_the_usual_protocol_adds_nothing_to_an_arm_and_another_is_kept_whole():
    usual = settings_of(preset("greedy"))
    assert "protocol" not in usual
    solver = Solver("greedy", protocol="boxed", reasoner="embedded:student")
    config = settings_of(solver.preset)
    assert preset_of({**config, "selection": {}}).protocol == find_protocol("boxed")
    assert config["protocol"]["system"] == find_protocol("boxed").system


@pytest.mark.parametrize(
    ("rule", "between", "stops"),
    [
        (StepRule(), "\n\n", ("\n\n",)),
        (StepRule(by="line"), "\n", ("\n",)),
        (StepRule(by="sentence"), "", ()),
        (StepRule(by="tokens", max_tokens=8), "", ()),
        (StepRule(ends=("\n## ", "END")), "\n## ", ("\n## ", "END")),
        (StepRule(ends=("a",), joint="|"), "|", ("a",)),
        (StepRule(by="pattern", pattern="x+"), "", ()),
    ],
)
def test_step_rules(rule, between, stops):
    assert (rule.between, rule.stops) == (between, stops)
    assert bool(rule.stop_pattern) == (rule.by in ("sentence", "pattern"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1. Add 2 and 3. Then", "1. Add 2 and 3."),
        ("\n12. Then stop! Now", "\n12. Then stop!"),
        ("It costs 12. Now", "It costs 12."),
    ],
)
def test_the_number_of_an_item_ends_no_sentence(text, sentence):
    found = re.search(StepRule(by="sentence").stop_pattern, text)
    assert found and text[: found.end()] == sentence


def test_steps_by_sentences_and_by_patterns_keep_what_ended_them(chat_trace):
    text = "It costs 3.50 in all. So he pays 7 euros! The answer is 7."
    for rule, first in (
        (StepRule(by="sentence"), ["It costs 3.50 in all.", "So he pays 7 euros!", "The answer is 7."]),
        (
            StepRule(by="pattern", pattern=r"(?<=all)\."),
            ["It costs 3.50 in all.", "So he pays 7 euros! The answer is 7."],
        ),
        (StepRule(by="sentence", min_tokens=7), ["It costs 3.50 in all. So he pays 7 euros!", "The answer is 7."]),
    ):
        assert chat_trace(text, Protocol(name="t", step=rule)) == first


@pytest.fixture
def chat_trace():
    from hintree.policies import StepWriter
    from tests.support.traces import TraceModel

    def steps(text, protocol):
        writer = StepWriter(TraceModel(text), Sampling(), protocol=protocol)
        tree = Tree(Problem("Q?"))
        node = tree.root
        while not node.finished and len(tree) < 9:
            [response] = writer([StepRequest(tree, node)])
            node = tree.add(node, response.value, "reasoner")
        return [n.step.text.strip() for n in node.path()]

    return steps
