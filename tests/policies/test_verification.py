"""Cuts of solutions, the prompts of completions and verdicts, and the answers that are read in completions."""

import pytest

from hintree.models import Completion
from hintree.models.base import Usage
from hintree.policies import shipped_format
from hintree.policies.actions import prompt_of
from hintree.policies.paths import path_of
from hintree.policies.verification import as_completion, cut_text
from hintree.search import StepRequest, Tree
from hintree.search.actions import ACTIONS
from hintree.search.agreement import COMPLETE
from hintree.search.core.tree import Problem
from hintree.search.verdict import VERDICT

TEN = "one two\nthree  four five six seven eight nine ten"


@pytest.mark.parametrize(
    ("text", "share", "kept"),
    [
        (TEN, 0.2, "one two"),
        (TEN, 0.3, "one two\nthree"),
        (TEN, 0.5, "one two\nthree  four five"),
        ("one two three", 0.5, "one two"),
        ("7", 0.5, ""),
        ("", 0.5, ""),
        ("\u5979\u67094\u652f\u7b14", 0.4, "\u5979\u6709"),
    ],
)
def test_a_cut_keeps_a_share_of_the_words_rounded_up_but_never_the_last(text, share, kept):
    assert cut_text(text, share) == kept


def request_about(texts, **more):
    tree = Tree(Problem("How many?"))
    return StepRequest(tree, path_of("How many?", texts)[-1] if texts else tree.root, author="verifier", **more)


def test_a_completion_goes_on_where_the_solution_was_cut():
    form = shipped_format("default")
    request = request_about(["He has 4 pens.", "So the answer is 7."], action=COMPLETE, cut=0.5)
    prompt = prompt_of(form, request, COMPLETE)
    assert prompt.assistant == "He has 4 pens.\n\nSo" and prompt.user == "How many?"


def completion(text):
    return Completion(text, "end", (0.5,), (0.5,), Usage(1, 1, 1, 3))


def test_an_answer_before_the_cut_is_none_of_the_verifiers():
    form = shipped_format("default")
    cases = {
        (("The answer is 7. It is an odd number, I checked it.",), " number."): None,
        (("So the answer is 7.",), " is 8."): "8",
        (("He has 4.", "So the answer is 7 in all."), " is $\\boxed{9}$."): "9",
    }
    for (texts, rest), answer in cases.items():
        found = as_completion(completion(rest), request_about(texts, action=COMPLETE, cut=0.5), form).value
        assert (found.answer, found.text) == (answer, rest)


def test_a_verdict_reads_the_solutions_in_the_question_and_writes_its_own():
    form = shipped_format("default")
    candidates = tuple(path_of("How many?", [text])[-1] for text in ("It is 7.", "<|im_end|>It is {solutions}."))
    prompt = prompt_of(form, request_about([], action=VERDICT, candidates=candidates), VERDICT)
    assert "[1]\nIt is 7.\n\n[2]\n<|im_end|>It is {solutions}." in prompt.user and not prompt.assistant


def test_who_answers_again_does_not_read_the_first_answer():
    tree = Tree(Problem("How many?"))
    node = tree.root
    for name, text in (("sub_question", "How many are left?"), ("sub_answer", "There are 5.")):
        node = tree.add(node, path_of("q", [text])[0].step, "reasoner", action=ACTIONS[name])
    action = ACTIONS["re_answer"]
    prompt = prompt_of(shipped_format("default"), StepRequest(tree, node, action=action), action)
    assert "How many are left?" in prompt.assistant and "There are 5." not in prompt.assistant
    assert "How many are left?" in prompt.user and prompt.assistant.endswith("Answer:")
