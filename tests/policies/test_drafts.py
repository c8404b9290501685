"""Prompts of critiques and corrections: conversations, and the plain lines of the lab."""

import pytest

from hintree.lab.forms import CRITIQUES
from hintree.policies import shipped_format
from hintree.policies.actions import is_stop
from hintree.search import Fault, Problem, StepOutput, Tree
from hintree.search.actions import CORRECT, CRITIQUE, REVIEW, REVISE


def grown(*texts, ended="delimiter"):
    """Return the last node of a chain; the scorer gives it 0.2 and suspects its arithmetic."""
    tree = Tree(Problem("Q?"))
    node = tree.root
    for text in texts:
        node = tree.add(
            node, StepOutput(text, ended if text is texts[-1] else "delimiter", 3, 0.9, 0.5, 0.1), "reasoner"
        )
    tree.record_score(node, 0.2)
    node.fault = Fault.ARITHMETIC
    return node


def prompt(form, node, action, draft, critique=""):
    return form.act(Problem("Q?"), node.path(), action, draft, critique)


def test_the_lab_reads_the_wrong_step_its_critique_and_goes_on():
    form, wrong = shipped_format("lab"), grown("a.", "b.")
    asked = prompt(form, wrong, CRITIQUE, wrong)
    assert (asked.user, asked.assistant) == ("Q?", "a.\nb.\nCritique:")
    again = prompt(form, wrong.parent, CORRECT, wrong, "b is wrong.")
    assert (again.user, again.assistant) == ("Q?", "a.\nb.\nCritique: b is wrong.\n")
    cut = grown("a.", "b", ended="length")
    assert prompt(form, cut, CRITIQUE, cut).assistant == "a.\nb\nCritique:"


def test_the_lab_reads_a_whole_solution_its_critique_and_the_new_steps():
    form, end, new = shipped_format("lab"), grown("a.", "b."), grown("c.")
    assert prompt(form, end, REVIEW, end).assistant == "a.\nb.\nCritique:"
    assert prompt(form, new.parent, REVISE, end, "no.").assistant == "a.\nb.\nCritique: no.\n"
    assert prompt(form, new, REVISE, end, "no.").assistant == "a.\nb.\nCritique: no.\nc.\n"


def test_a_conversation_says_the_score_and_what_is_suspected_and_holds_the_draft_in_the_users_turn():
    form, wrong = shipped_format("default"), grown("Step a.", "Step b.")
    asked = prompt(form, wrong, CRITIQUE, wrong)
    assert "A scorer gives it 0.20 on a scale" in asked.user and "Its arithmetic is suspected" in asked.user
    assert asked.assistant == "Step a.\n\nStep b.\n\nCritique:"
    again = prompt(form, wrong.parent, CORRECT, wrong, "The sum {step} is wrong.")
    assert "\n\nStep b.\n\nA critique of it: The sum {step} is wrong.\n\n" in again.user, "fields in a critique stay"
    assert again.assistant == "Step a.\n\n"
    whole = prompt(form, wrong.path()[0].parent, REVISE, wrong, "No.")
    assert "Step a.\n\nStep b.\n\nA critique of it: No." in whole.user and whole.assistant == ""
    wrong.fault, wrong.score = None, None
    bare = prompt(form, wrong, CRITIQUE, wrong).user
    assert bare.endswith("write only: Nothing is wrong.") and "scale" not in bare


@pytest.mark.parametrize("name", ["default", "plain", "lab", "boxed", "zh"])
def test_every_protocol_words_corrections_and_every_fault(name):
    words = shipped_format(name).protocol.words
    assert set(Fault) <= set(words.faults) and {"critique", "correct", "review", "revise"} <= set(words.actions)


@pytest.mark.parametrize("name", ["default", "plain", "lab", "boxed", "de", "es", "fr", "hi", "zh"])
def test_every_protocol_asks_for_the_critique_that_finds_nothing_and_recognises_it(name):
    words = shipped_format(name).protocol.words
    for action in (CRITIQUE, REVIEW):
        wording = words.actions[action.name]
        asked_for = f"{wording.stop}\n" in f"{wording.ask}\n"
        assert asked_for == (name not in ("lab", "plain"))  # these two have no instructions
        assert is_stop(f" {wording.stop[:-1].upper()}", wording)
        assert not is_stop(f"{wording.stop} 3 + 4 = 8.", wording)
    assert (words.actions["critique"].stop == CRITIQUES[""]) == (name == "lab")


def test_an_informed_hinter_reads_the_step_that_failed_and_what_is_suspected():
    wrong = grown("a.", "b.")
    lab, talk = (shipped_format(name).hint(Problem("Q?"), wrong.path()[:1], (), wrong) for name in ("lab", "default"))
    assert (lab.user, lab.assistant) == ("Q?", "a.\nb.\nFault: arithmetic.\nHint:")
    assert "may be wrong:\nb.\nA scorer gives it 0.20" in talk.user and talk.user.endswith("Hint for the next step:")
    wrong.fault = None
    assert shipped_format("lab").hint(Problem("Q?"), [], (), wrong).assistant == "b.\nFault: unknown.\nHint:"
    assert shipped_format("lab").hint(Problem("Q?"), wrong.path()[:1]).assistant == "a.\nHint:"
