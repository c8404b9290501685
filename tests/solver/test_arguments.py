"""Arguments of ``Solver``: those given in words, those of a wrong type, and scorers of several forms."""

import pytest

import hintree
from hintree import Solver
from hintree.models.local.load import load_model
from hintree.policies import Sampling
from hintree.search import Beam, Response, Rewrite, Selection, Usage
from hintree.solver import ModelPool
from hintree.solver.arguments import check_models

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"


@pytest.fixture(scope="module")
def pool():
    return ModelPool()


def test_parts_are_given_in_the_words_of_the_command_line(pool):
    words = {"rewrite": "threshold=0.7,stages=teacher", "selection": "majority", "budget": "calls=9"}
    solver = Solver(search="mcts", sampling="temperature=0.3", system="Be brief.", **words, pool=pool)
    assert solver.search == hintree.MCTS()
    assert solver.rewrite == Rewrite(0.7, stages=("teacher",), informed=True)
    assert solver.selection == Selection("majority")
    assert (solver.preset.sampling.temperature, solver.budget) == (0.3, hintree.Budget(calls=9))
    assert Solver("beam", selection="choice=weighted,aggregate=min", pool=pool).selection == Selection(
        "weighted", "min"
    )
    assert solver.solve(QUESTION).tree.problem.system == "Be brief."


def test_no_rewriting_is_told_from_the_presets_own_rule(pool):
    assert Solver(pool=pool).rewrite == Rewrite(0.5, informed=True)
    assert Solver(rewrite=None, pool=pool).rewrite is Solver(rewrite="none", pool=pool).rewrite is None
    solution = Solver(rewrite=None, seed=1, pool=pool).solve(QUESTION)
    assert [node for node in solution.tree if node.replaces is not None] == []
    assert solution.ledger["teacher"].calls == 0


WRONG = {
    "preset": ({"preset": 3}, "preset=3 is of type int; give a name that `hintree presets` lists"),
    "search": ({"search": "mtcs"}, "search 'mtcs' is not one of best-of-n"),
    "class of a search": ({"search": hintree.MCTS}, "search=MCTS is a class; give hintree.MCTS"),
    "selection": ({"selection": "luck"}, "selection choice='luck'"),
    "type of a selection": ({"selection": 1}, "selection=1 is of type int; give hintree.Selection"),
    "rewrite": ({"rewrite": True}, "rewrite=True is of type bool; give hintree.Rewrite"),
    "words of a rule": ({"rewrite": "tau=1"}, "rewrite tau=1: expected NAME=VALUE with a setting of Rewrite"),
    "sampling": ({"sampling": 0.8}, "sampling=0.8 is of type float"),
    "budget": ({"budget": 500}, "budget=500 is of type int; give hintree.Budget"),
    "seed": ({"seed": True}, "seed=True is of type bool; give a whole number"),
    "system": ({"system": None}, "system=None is of type NoneType; give a text"),
    "device": ({"device": 0}, "device=0 is of type int"),
    "recording": ({"recording": 1}, "recording=1 is of type int; give the path of a file"),
    "questions": ({"questions": "one"}, "questions='one' is of type str; give a list of texts"),
    "reasoner": ({"reasoner": 7}, 'reasoner=7 is of type int; give a name such as "embedded:student"'),
    "no reasoner": ({"reasoner": "none"}, "every search needs a reasoner"),
    "empty name": ({"hinter": ""}, "hinter='' is of type str"),
    "bare function": ({"teacher": len}, "teacher=<built-in function len>"),
    "pair": ({"reasoner": ("a", "b")}, "reasoner=(str, str) is no pair of a loaded transformers model"),
    "scorer": ({"scorer": 0.5}, "scorer=0.5 is of type float; give a name"),
    "scorer of three": ({"preset": "beam", "scorer": lambda a, b, c: 0.5}, "give function(question, steps)"),
    "pool": ({"pool": {}}, "pool={} is of type dict; give other_solver.pool"),
}


@pytest.mark.parametrize(("arguments", "words"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_argument_gets_one_sentence(arguments, words, pool):
    with pytest.raises(hintree.UsageError) as raised:
        Solver(**{"pool": pool, **arguments})
    assert words in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: hintree.Budget(calls=True), "budget calls=True is not a number"),
        (lambda: Rewrite(True), "rewrite threshold=True is not a number"),
        (lambda: Rewrite(stages="teacher"), "rewrite stages='teacher' is one text; give a tuple"),
        (lambda: Sampling(temperature=True), "temperature=True is not a finite number"),
    ],
)
def test_truth_values_and_texts_are_no_settings(make, words):
    with pytest.raises(hintree.UsageError, match=words):
        make()


def test_several_questions_are_no_text(pool):
    solver = Solver("greedy", pool=pool)
    for wrong in (QUESTION, 5):
        with pytest.raises(hintree.UsageError, match=r"is no list of questions; give \[question\], or call solve"):
            next(solver.solve_many(wrong))
    with pytest.raises(hintree.UsageError, match="live=True is not a whole number"):
        next(solver.as_solved([QUESTION], live=True))


def batched(requests):
    return [Response(0.25, Usage(1)) for _ in requests]


SCORERS = {
    "of the last step": lambda question, steps: 0.25 if question == QUESTION and len(steps) else 1.0,
    "one per step": lambda question, steps: [0.25 for _ in steps],
    "batched": batched,
}


@pytest.mark.parametrize("scorer", SCORERS.values(), ids=SCORERS.keys())
def test_a_scorer_is_a_function_of_question_and_steps_or_of_requests(scorer, pool):
    solution = Solver(search=Beam(1, 2), rewrite=None, preset="beam", scorer=scorer, pool=pool).solve(QUESTION)
    assert solution.status == "finished"
    assert {node.score for node in solution.steps} == {0.25}


def test_a_function_that_returns_no_score_says_so(pool):
    solution = Solver("beam", scorer=lambda question, steps: "good", pool=pool).solve(QUESTION)
    assert solution.status == "failed"
    assert solution.ended == "failed: the scorer gave 4 scores for 1 steps; it must give one number per step"


def test_a_loaded_model_and_its_tokenizer_are_a_reasoner(pool):
    ours = load_model("embedded:student", pack=False)
    pair = (ours.model, ours.tokenizer)
    solver = Solver(pair, hinter=pair)
    assert solver.preset_name == "greedy" and solver.models["reasoner"] is solver.models["hinter"]
    plain, named = Solver("greedy", reasoner=pair, protocol="lab"), Solver("greedy", pool=pool)
    assert [n.step.text for n in plain.solve(QUESTION).tree] == [n.step.text for n in named.solve(QUESTION).tree]


def test_a_scorer_and_a_model_of_ours_may_have_a_config():
    class Scorer:
        config = None

        def score(self, question, steps):
            return [0.5] * len(steps)

    class Model:
        config = None

        def generate(self, requests): ...

        def forget(self): ...

    check_models({"reasoner": Model(), "scorer": Scorer()})
    del Model.forget
    with pytest.raises(hintree.UsageError, match="reasoner="):
        check_models({"reasoner": Model()})
