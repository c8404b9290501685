"""The leak filter: on its own, and between a hinter that leaks and the reasoner."""

from inspect import unwrap

import pytest

import hintree
from hintree.lab import problems
from hintree.models import Completion
from hintree.policies import Hinting, HintWriter, Sampling, StepWriter
from hintree.policies.leaks import MAX_HINT_WORDS, is_training_hint, leaks, mask
from hintree.search import Handler, HintRequest, Problem, Rewrite, Tree, Usage, batched_driver
from hintree.search.core.hints import Hint
from hintree.training.shipped.chains import chain
from hintree.training.shipped.evaluate import hint_figures
from tests.support import scripted
from tests.support.leak_cases import CASES, MISSED
from tests.support.shared_models import shared_pool

PROBLEM = (
    "(1) Noah has 10 pens. (2) Luis gets 15 more pens than Noah. (3) Pia gets twice as many pens as Luis. How many?"
)
STEPS = ["(2) Luis gets 15 more pens than Noah. Noah has 10. 10 + 15 = 25. Luis has 25."]
SHOP = "A dozen eggs cost $1,250.50 and half a cake forty-two. A pack of three costs 7%. What is f(2) at x^2?"


@pytest.mark.parametrize(
    ("hint", "history", "leak"),
    [
        ("", [], False),
        ("use (2) and Noah to find Luis.", [], False),
        ("check (2) again.", [], False),
        ("add 15 to 10.", [], False),
        ("add 15 to 10 and get 25.", [], True),
        ("Luis has 25.", [], True),
        ("Luis has 25.", STEPS, False),
        ("the answer is 50.", STEPS, True),
        ("the answer is 25.", STEPS, True),  # derived already, but stated as the answer
        (r"it is \boxed{25}.", STEPS, True),
        ("#### Luis", STEPS, True),
        ("#### Step 2: add the two prices", STEPS, False),
        ("#### Use the fact about Luis", STEPS, False),
        ("use (3) with 25 to get 50.", STEPS, True),
        ("use (50).", STEPS, True),  # there is no fact (50)
        ("it comes to (25).", [], True),
        ("it comes to (25).", STEPS, False),
        ("double it to 5 0.", STEPS, True),
        ("get \u0665\u0660.", STEPS, True),  # 50 in Arabic digits
        ("get \uff15\uff10.", STEPS, True),  # 50 in full width
        ("get 25\u00b2.", STEPS, True),
        ("get fifty.", STEPS, True),
        ("get Forty-Nine plus one.", STEPS, True),
        ("the two of them", [], False),
        ("Noah has 1.", [], True),
        ("Noah has 0.", [], True),
        ("Noah has 105.", [], True),
        ("Pia has 3.", [], True),  # (3) is only a label in the problem
        ("Luis has 3.", [*STEPS, "(3) Pia gets twice as many."], True),  # nor is it more in the step
        ("give the answer.", STEPS, False),
        ("multiply by 2", [], False),  # twice
        ("seven pens.", [], True),
        ("use seven.", [], True),
        ("use seven facts.", [], False),
        ("add them to reach seven", [], True),
        ("Pia: seven", [], True),
        ("Pia: seven steps", [], False),
        ("one by one.", [], False),
        ("use VII pens", [], True),
        ("\u2166 pens", [], True),
        ("look at Part IV, or case II.", [], False),
        ("(B)", [], True),
        ("**B**", [], True),
        ("choose b", [], True),
        ("choose a name for it", [], False),
        ("correct: C", [], True),
        ("Option B looks best", [], True),
        ("eliminate A and C.", [], True),
        ("eliminate A from both equations", [], False),
    ],
)
def test_leaks(hint, history, leak):
    assert leaks(hint, PROBLEM, history) is leak
    masked = mask(hint, PROBLEM, history)
    if not leak:
        assert masked == hint
    elif masked is not None:
        assert masked != hint and not leaks(masked, PROBLEM, history)


def test_a_mask_leaves_what_is_known():
    hint = "(2) adds 15 to 10, which is 25 or twenty-five, not (9)."
    assert mask(hint, PROBLEM, []) == "(2) adds 15 to 10, which is ? or ?, not ?."
    assert mask("it is \\boxed{10}", PROBLEM, []) is None


@pytest.mark.parametrize(
    "hint", ["take 1250.5", "take 01,250.50", "12 eggs", "3 packs", "42", "7", "f(2)", "2", "1/2", "1/3"]
)
def test_a_number_is_known_in_any_spelling(hint):
    assert leaks(hint, SHOP, []) is (hint == "1/3")  # "three" states neither a 1 nor a third


def test_a_long_hint_is_read():
    assert leaks("9" * 20_000, PROBLEM, STEPS) and leaks("(" * 20_000 + "1,000" * 4_000, PROBLEM, STEPS)
    assert leaks("twenty " * 2_000 + "XXV " * 2_000 + "\\frac{1}{3}" * 2_000 + "is four " * 2_000, PROBLEM, STEPS)


def test_is_training_hint_refuses_leaks_long_hints_and_the_answer():
    assert is_training_hint("use (2) and Noah to find Luis.", PROBLEM, [])
    assert not is_training_hint("Luis has 25.", PROBLEM, [])
    assert is_training_hint("Luis has 25.", PROBLEM, STEPS)
    assert not is_training_hint("Luis has 25.", PROBLEM, STEPS, answer="25")
    assert is_training_hint("use (2) with 15.", PROBLEM, STEPS, answer="2")
    assert not is_training_hint("look for the Blue whale.", PROBLEM, [], answer="Blue whale")
    assert is_training_hint("so " * MAX_HINT_WORDS, PROBLEM, [])
    assert not is_training_hint("so " * (MAX_HINT_WORDS + 1), PROBLEM, [])


def test_the_filter_finds_leaks_in_any_spelling_and_keeps_hints_that_state_nothing_new():
    found = {(case.hint, case.question): leaks(case.hint, case.question, case.steps) for case in CASES}
    wrong = {case.hint for case in CASES if found[case.hint, case.question] != case.leak}
    assert wrong == MISSED and len(CASES) == len(found) == 206
    leaking = [case for case in CASES if case.leak]
    assert (len(leaking), sum(found.values())) == (114, 103)  # recall 90 %, no false alarm


class FixedModel:
    """A language model that always writes the same text."""

    chat, parameters = False, 7

    def unknown_words(self, text):
        return []

    def __init__(self, text):
        self.text = text

    def generate(self, requests):
        n = len(self.text.split())
        return [Completion(self.text, "stop", [0.5] * n, [0.1] * n, Usage(1, 9, 9, n)) for _ in requests]


@pytest.mark.parametrize(("how", "hint"), [("drop", None), ("keep", "Ben has 7."), ("mask", "Ben has ?.")])
def test_a_hint_that_leaks_is_paid_for_and_dropped_or_masked_or_kept(how, hint):
    writer = HintWriter(FixedModel("Hint: Ben has 7."), Sampling(), Hinting(leaks=how))
    tree = Tree(Problem("Ana has 4. Ben gets 3 more. How many?"))
    (answer,) = writer([HintRequest(tree, tree.root)])
    assert (answer.value.hint, answer.value.tokens, answer.usage.generated_tokens) == (hint and Hint(hint), 4, 4)


@pytest.mark.parametrize("name", ["Hint:", "Plan:", "Strategy:", "Hint: Plan:"])
def test_a_hint_for_one_step_is_no_plan_whatever_it_calls_itself(name):
    tree = Tree(Problem("Ana has 4. Ben gets 3 more. How many?"))
    (answer,) = HintWriter(FixedModel(f"{name} look at Ben."), Sampling())([HintRequest(tree, tree.root)])
    assert answer.value.hint == Hint("look at Ben.")


@pytest.mark.parametrize("text", ["use 9.", "look."])
def test_the_step_of_a_dropped_hint_is_written_without_and_the_hint_is_counted(text):
    roles = scripted.random_roles(odd=False)
    roles["hinter"] = HintWriter(FixedModel(text), Sampling())
    parameters = {**scripted.PARAMETERS, "hinter": 7}
    handlers = {role: Handler(who, parameters[role]) for role, who in roles.items()}
    tree = Tree(Problem("question", "p0"), 3)
    (run,) = batched_driver([(tree, hintree.Beam(2, 2).grow(tree, Rewrite(0.9, stages=("hint",))))], handlers)
    dropped = [node for node in tree if node.hint_dropped]
    hints = [request.hint for request in roles["reasoner"].requests()]
    assert set(hints) == ({None} if text == "use 9." else {Hint("look.")})
    assert len(dropped) == (len(hints) if text == "use 9." else 0)
    assert any(node.position.stages for node in tree)  # a rewrite stage requests hints too
    assert sum(n.hint_tokens for n in tree) == run.ledger["hinter"].generated_tokens == len(text.split()) * len(hints)


def test_no_leak_of_the_shipped_hinter_reaches_the_student():
    sample = list(problems("validation", n=5, seed=4))
    solver = hintree.Solver("hinted", pool=shared_pool())
    chains = []
    for problem, done in zip(sample, solver.solve_many([p.question for p in sample], progress=False), strict=True):
        chains.append(chain(problem, done.steps[-1], done.ledger))
    figures = hint_figures(chains)
    hinted = sum(node.hint is not None for one in chains for node in one.nodes)
    assert figures["leaks"] == 0 and figures["hints"] == hinted
    assert isinstance(unwrap(solver.handlers["hinter"].handle), HintWriter)
    assert isinstance(unwrap(solver.handlers["reasoner"].handle), StepWriter)
