"""The presets of sub-questions, scripted: the properties that all presets have."""

import json

import pytest

import hintree
from hintree.presets import settings_of
from hintree.presets.settings import preset_of
from hintree.presets.sub_questions import SUB_QUESTIONS
from hintree.search import Budget, Handler, Problem, StepOutput, Tree, Yield, select, selection_of, to_dict
from hintree.search.core.actions import kind_of
from hintree.search.core.questions import level_of, question_key
from tests.support.scripted import PARAMETERS, Scripted, random_score, random_step

every = pytest.mark.parametrize("name", SUB_QUESTIONS)


def random_question(request):
    """Return one of a few sub-questions, a list of them, or the word that nothing is left to ask."""
    draw = request.seed // 7
    text = f"q{draw % 5}?" + f"\nq{draw // 5 % 5}" * (request.action.yields is Yield.SUB_QUESTIONS)
    stops = draw // 25 % 4 == 0 and request.action.yields is Yield.SUB_QUESTION
    return StepOutput("none" if stops else text, "end" if stops else "delimiter", 2, 0.9, 0.8, 0.1)


def scripted_roles():
    return {
        "reasoner": Scripted(lambda request: random_step(request, odd=True)),
        "hinter": Scripted(random_question),
        "scorer": Scripted(random_score),
    }


def grown(name, roles, *, live=64, **options):
    handlers = {role: Handler(handle, PARAMETERS[role]) for role, handle in roles.items()}
    solver = hintree.Solver(SUB_QUESTIONS[name], **handlers, **options)
    return list(solver.solve_many([Problem(f"question {i}", f"p{i}") for i in range(8)], live=live, progress=False))


def as_text(solutions):
    return [json.dumps(to_dict(one.tree)) for one in solutions]


@every
def test_seeds_batches_budgets_ledgers_and_exports(name):
    roles = scripted_roles()
    solutions = grown(name, roles, seed=3)
    first = as_text(solutions)
    assert first == as_text(grown(name, scripted_roles(), seed=3, live=1)) != as_text(grown(name, scripted_roles()))
    assert first == as_text(grown(name, scripted_roles(), seed=3, budget=Budget(teacher_tokens=0)))
    for role, who in roles.items():
        for figure, amount in who.usage()._asdict().items():
            assert sum(getattr(one.ledger[role], figure) for one in solutions) == amount, (role, figure)
    written = [*roles["reasoner"].requests(), *roles["hinter"].requests()]
    booked = sum(account.calls for one in solutions for account in one.ledger.actions.values())
    assert booked == sum(request.action is not None for request in written)
    for one in solutions:
        tree = Tree.from_json(one.tree.to_json())
        assert select(tree, selection_of(SUB_QUESTIONS[name].search)).answer == one.answer
        copies = [(node, tree.nodes[node.copy_of]) for node in tree if node.copy_of is not None]
        assert all(node.step.tokens == 0 and node.step.text in copied.step.text for node, copied in copies)


@every
def test_no_path_asks_the_same_twice_and_every_answer_has_its_question(name):
    trees = [one.tree for seed in range(2) for one in grown(name, scripted_roles(), seed=seed)]
    answers = [node for tree in trees for node in tree if kind_of(node) is Yield.SUB_ANSWER]
    assert len(answers) > 10 and all(level_of(node.path()) > 0 for node in answers)
    for node in answers:
        keys = [question_key(n.step.text) for n in node.path() if kind_of(n) is Yield.SUB_QUESTION]
        assert len(keys) == len(set(keys))


@every
def test_a_preset_survives_the_way_into_a_study_and_out_of_it(name):
    one = SUB_QUESTIONS[name]
    again = preset_of(json.loads(json.dumps(settings_of(one))))
    assert (again.search, again.sampling) == (one.search, one.sampling)
    assert one.source and one.differs and len(one.about) < 120
