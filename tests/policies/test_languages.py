"""Protocols of other languages, the choice of one by the question, and the leak filter in these languages."""

import re
import unicodedata

import pytest

from hintree.cli import build_parser
from hintree.cli.options import protocol_of
from hintree.cli.solve import chosen_preset
from hintree.errors import UsageError
from hintree.grade import equal, find_answer
from hintree.grade.number_words import spelled
from hintree.models import Completion
from hintree.policies import (
    DraftScorer,
    Hinting,
    HintWriter,
    Sampling,
    StepWriter,
    Words,
    find_protocol,
    language_of,
    shipped_format,
)
from hintree.policies.language import LANGUAGES, protocol_for
from hintree.policies.leaks import leaks, mask
from hintree.policies.strategies import generation, strategies
from hintree.search import HintRequest, Problem, ScoreRequest, StepRequest, StrategyRequest, Tree, Usage
from hintree.search.core.hints import Hint, HintKind
from tests.support import language_cases as cases


class Writer:
    """A language model with a chat template that writes one text and keeps the requests."""

    name, chat, parameters, thinking = "writer", True, 7, None

    def __init__(self, text):
        self.text, self.requests = text, []

    def unknown_words(self, text):
        return []

    def generate(self, requests):
        self.requests += requests
        return [Completion(self.text, "stop", [0.5], [0.1], Usage(1, 1, 1, 1)) for _ in requests]


def steps_of(code, text, question="?"):
    tree = Tree(Problem(question))
    (done,) = StepWriter(Writer(text), Sampling(), protocol=find_protocol(code))([StepRequest(tree, tree.root)])
    return done.value


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("value", ["31", "-4", "12.5", "3/4", "1250"])
def test_the_answer_phrase_of_a_system_text_is_read_back(code, value):
    assert cases.PHRASES[code] in find_protocol(code).system
    said = cases.PHRASES[code].replace("X", value)
    assert find_answer(said) == value
    assert steps_of(code, f"{cases.QUESTIONS[code][0]}\n{said}").answer == value


@pytest.mark.parametrize(
    ("answer", "text"), [("31", "उत्तर ३१ है।"), ("12.5", "Die Antwort ist 12,5."), ("31", "答案是３１。")]
)
def test_digits_and_decimals_of_a_language_are_graded_right(answer, text):
    assert equal(answer, find_answer(text))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_action_is_worded_in_its_language_with_the_same_fields(code):
    words, english = find_protocol(code).words, find_protocol("default").words
    assert set(words.actions) == set(english.actions) and len(words.actions) > 15
    for name, own in words.actions.items():
        usual = english.actions[name]
        assert re.findall(r"{\w+}", own.ask) == re.findall(r"{\w+}", usual.ask), name
        for part in ("ask", "begin", "stop"):
            given, before = getattr(own, part), getattr(usual, part)
            assert bool(given) == bool(before) and (given != before) == bool(before), (name, part)
    assert words.passages != english.passages and "{score}" in words.scored != english.scored
    assert set(words.faults) == set(english.faults) and not set(words.faults.values()) & set(english.faults.values())


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_text_of_a_protocol_is_in_its_language(code):
    protocol, usual = find_protocol(code), find_protocol("default")
    words, english = protocol.words, usual.words
    names = ["hint_system", "hint_user", "no_steps", "plan_system", "plan_user", "grade", "grade_begin"]
    names += ["grade_empty", "select", "select_begin", "strategy"]
    own = [getattr(words, name) for name in names]
    assert all(text and text != getattr(english, name) for name, text in zip(names, own, strict=True))
    for name, text in zip(names, own, strict=True):
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", getattr(english, name))), name
        assert not re.search(r"[*#`]", text), f"{name} is in Markdown"
    long = [protocol.system, words.hint_system, words.plan_system, words.grade, words.select, *words.strategies]
    assert len(words.strategies) == 13 and len(set(words.strategies)) == 13
    assert {language_of(" ".join(long)), *(language_of(text) for text in long[:5])} == {code}
    assert words.hint_user.endswith(words.hint_label) and words.plan_label != english.plan_label
    assert protocol.step == usual.step


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_role_reads_the_language(code):
    form, question = shipped_format(code), cases.QUESTIONS[code][0]
    tree = Tree(Problem(question))
    hint = form.step(tree.problem, [], Hint("1 + 1"))
    assert hint.assistant.strip() == f"{form.protocol.words.hint_label}{' ' * (code != 'zh')}1 + 1"
    grader = DraftScorer(Writer("7"), find_protocol(code))
    node = tree.add(tree.root, steps_of(code, "1 + 1 = 2"), "reasoner")
    (score,) = grader([ScoreRequest(tree, node)])
    prompt = grader.model.requests[0].prompt
    assert score.value == 7 / 9 and prompt.assistant == form.protocol.words.grade_begin
    assert question in prompt.user and form.protocol.words.grade_empty in prompt.user
    asked = generation(StrategyRequest(tree, tree.root, tracks=3), form).prompt
    assert asked.assistant == form.protocol.words.select_begin
    assert all(f"{letter}. " in asked.user for letter in "ABCDEFGHIJKLM")
    assert [language_of(asked.user), language_of(prompt.user)] == [code, code]


def test_strategies_are_those_of_the_protocol():
    pool = dict(zip("ABC", "xyz", strict=True))
    found = strategies("A, B y C", 3, pool)
    assert found == tuple(Hint(text, HintKind.STRATEGY) for text in "xyz")
    with pytest.raises(UsageError, match="strategies has 2 lines; give 13, or none"):
        Words(strategies=("a", "b"))


@pytest.mark.parametrize(
    ("plan", "kept"), [("先求总数。", "先求总数。"), ("पहले योग निकालें।", "पहले योग निकालें।"), ("Suma", "Suma.")]
)
def test_a_plan_ends_once(plan, kept):
    tree = Tree(Problem("?"))
    (done,) = HintWriter(Writer(plan), Sampling(), Hinting("plan"))([HintRequest(tree, tree.root)])
    assert done.value.hint.text == kept


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_label_that_a_hinter_repeats_is_left_out(code):
    tree = Tree(Problem("?"))
    label = find_protocol(code).words.hint_label
    writer = HintWriter(Writer(f"{label} x"), Sampling(), protocol=find_protocol(code))
    (done,) = writer([HintRequest(tree, tree.root)])
    assert done.value.hint == Hint("x")


@pytest.mark.parametrize(("code", "question"), [(code, q) for code, texts in cases.QUESTIONS.items() for q in texts])
def test_the_language_of_a_question(code, question):
    assert language_of(question) == code
    assert protocol_for("auto", question) == (code or None)


def test_options_choose_one_protocol():
    def chosen(*options, question="", command="solve"):
        return protocol_of(build_parser().parse_args([command, "q", *options]), question)

    german = cases.QUESTIONS["de"][0]
    assert (chosen(), chosen("--protocol", "boxed"), chosen("--language", "zh")) == (None, "boxed", "zh")
    assert chosen("--language", "auto", question=german) == "de"
    assert chosen("--language", "auto", question="How many?") is None
    assert chosen("--language", "en", question=german, command="show-prompt") is None
    with pytest.raises(UsageError, match="both --protocol boxed and --language de are given; give one"):
        chosen("--language", "de", "--protocol", "boxed")
    with pytest.raises(UsageError, match="language 'xx' is not one of auto, en, zh, es, de, fr, hi"):
        chosen("--language", "xx")
    args = build_parser().parse_args(["solve", "q", "--language", "auto"])
    assert chosen_preset(args, german).protocol == find_protocol("de")
    assert chosen_preset(args, "How many?").protocol is None


def test_a_server_takes_one_language():
    from hintree.cli.serve import run_serve

    with pytest.raises(UsageError, match="--language auto reads one question, a server has many"):
        run_serve(build_parser().parse_args(["serve", "--language", "auto", "--port", "0"]))


@pytest.mark.parametrize(("code", "hint"), [(code, hint) for code, hints in cases.LEAKS.items() for hint in hints])
def test_a_hint_that_states_a_new_number_leaks(code, hint):
    question = cases.PROBLEMS[code]
    assert leaks(hint, question, [])
    masked = mask(hint, question, [])
    assert masked is None or (masked.count("?") == 1 and not leaks(masked, question, []))


@pytest.mark.parametrize(("code", "hint"), [(code, hint) for code, hints in cases.FINE.items() for hint in hints])
def test_a_hint_with_known_numbers_ordinals_and_articles_does_not_leak(code, hint):
    assert not leaks(hint, cases.PROBLEMS[code], [])
    assert mask(hint, cases.PROBLEMS[code], []) == unicodedata.normalize("NFKC", hint)


@pytest.mark.parametrize("code", cases.SPELLED)
def test_numbers_in_words_are_read_whole(code):
    found = {n: [one.value for one in spelled(text, [code])] for n, text in cases.SPELLED[code].items()}
    assert found == {n: [n] for n in cases.SPELLED[code]}
    assert [one for one in spelled(cases.ORDINALS[code], [code]) if one.value >= 10] == []


def test_words_that_are_english_too_count_in_their_language_only():
    text = "once, quince, elf, seize, cent"
    assert spelled(text, []) == []
    assert [one.value for one in spelled(text, ["es", "de", "fr"])] == [11, 15, 11, 16, 100]


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_number_that_a_step_states_in_words_is_known(code):
    assert leaks("31", cases.PROBLEMS[code], []) and not leaks("31", cases.PROBLEMS[code], [cases.STEPS[code]])


@pytest.mark.parametrize("word", ["zehn ", "vingt et ", "treinta y ", "बीस ", "三十", "1.000 ", "1,2"])
def test_a_long_hint_is_read_in_linear_time(word):
    assert leaks(word * 20_000 + "31", cases.PROBLEMS["de"], [])
