import shutil
import warnings

import pytest

import hintree
from hintree.lab import problems
from hintree.models import load_classifier, load_model
from hintree.models.local.classifier import LocalClassifier
from hintree.models.local.model import LocalModel
from hintree.scorers import PRM
from hintree.search import ROLES, Problem, to_dict
from hintree.solver import OutOfDomainWarning
from tests.support.searches import small_preset
from tests.support.shared_models import shared_pool

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
WRITERS = {"reasoner": "student", "hinter": "hinter", "teacher": "teacher"}
ASKED = [Problem(p.question, p.id) for p in problems("test", (2, 3, 4), n=6, seed=11)]


@pytest.fixture(scope="module")
def solver():
    return hintree.Solver(pool=shared_pool())


def test_solve_gives_answer_steps_tree_ledger_and_reason(solver):
    solution = solver.solve(QUESTION)
    assert solution.answer == "7"
    assert solution.steps[-1].step.text == "The answer is 7."
    assert str(solution.stop_reason) == "complete"
    assert 0 <= solution.confidence <= 1
    assert solution.tree.problem.question == QUESTION
    assert solution.ledger["reasoner"].generated_tokens > 0


def test_an_answer_below_the_confidence_is_withheld_and_said_so(solver):
    sure, unsure = (hintree.Solver(abstain=least, pool=solver.pool).solve(QUESTION) for least in (0.5, 1.0))
    assert (sure.answer, sure.abstained, sure.ended) == ("7", False, "finished")
    assert (unsure.answer, unsure.abstained, unsure.status) == (None, True, "finished")
    assert unsure.confidence == sure.confidence < 1 and "withheld" in unsure.ended
    assert unsure.steps[-1].step.answer == "7"
    for value in (-0.1, 1.5, "high", True):
        with pytest.raises(hintree.UsageError, match="abstain="):
            hintree.Solver(abstain=value, pool=solver.pool)


def written(solution):
    """All of a tree but its numbers, which differ in the seventh digit from batch to batch."""
    rows = to_dict(solution.tree)["nodes"]
    return [(r["parent"], r["step"]["text"], r["author"], r["hint"], r["status"], r["replaces"]) for r in rows]


LARGE = {
    *("arbitrage_oracle", "cogtree", "confspec", "daslam", "egb", "first_tokens", "hintree_mcts", "kg_rar"),
    *("least_to_most", "lorid", "mcts_rag", "ssr"),
}
"""Presets whose trees take seconds; tests/search/ grows the trees of their searches in any batch too."""


@pytest.mark.parametrize(
    "preset",
    [pytest.param(name, marks=[pytest.mark.slow] * (name in LARGE)) for name in sorted(hintree.PRESETS)],
)
def test_trees_do_not_depend_on_how_many_are_solved_together(preset):
    solver, found = hintree.Solver(small_preset(preset), seed=5, pool=shared_pool()), []
    for live in (1, 64):
        solver.pool.forget()
        found.append([written(s) for s in solver.solve_many(ASKED[:3], live=live, progress=False)])
    assert found[0] == found[1]


def test_solutions_come_in_the_order_of_the_questions(solver):
    many = list(solver.solve_many(ASKED, live=4, progress=False))
    assert [s.question for s in many] == [p.question for p in ASKED]
    assert [written(s) for s in many[::-1]] == [written(s) for s in solver.solve_many(ASKED[::-1], progress=False)]


def test_another_seed_gives_another_tree():
    solvers = [hintree.Solver("beam", seed=seed, pool=shared_pool()) for seed in (1, 2)]
    trees = [to_dict(solver.solve(ASKED[0].question).tree) for solver in solvers]
    assert trees[0]["nodes"] != trees[1]["nodes"]


def test_ledgers_sum_to_the_models_own_counters():
    models = {role: load_model(f"embedded:{role}") for role in ("teacher", "hinter")}
    models["reasoner"] = load_model("embedded:student")
    solver = hintree.Solver(**models, rewrite=hintree.Rewrite(threshold=0.9))
    solutions = list(solver.solve_many(ASKED, progress=False))
    for role, model in models.items():
        total = [sum(getattr(s.ledger[role], name) for s in solutions) for name in model.usage._fields]
        assert total == list(model.usage)


def test_discarded_tokens_are_those_off_the_chosen_path(solver):
    solution = solver.solve(ASKED[0].question)
    for author in ("reasoner", "teacher"):
        kept = sum(n.step.tokens for n in solution.steps if n.author == author)
        account = solution.ledger[author]
        assert account.generated_tokens == kept + account.discarded_tokens


def test_no_teacher_tokens_gives_the_tree_without_a_teacher_byte_for_byte():
    def grown(**options):
        solver = hintree.Solver(**options, pool=shared_pool())
        solver.pool.forget()  # a number may differ in its seventh digit by what was computed before
        return [to_dict(solver.solve(problem.question).tree) for problem in ASKED[:3]]

    without = grown(rewrite=hintree.Rewrite(threshold=0.99, stages=("hint",)))
    assert grown(rewrite=hintree.Rewrite(threshold=0.99), budget=hintree.Budget(teacher_tokens=0)) == without


def test_threshold_above_one_makes_every_step_the_teachers():
    rule = hintree.Rewrite(threshold=1.1, stages=("teacher",), accept="always")
    solution = hintree.Solver(rewrite=rule, search=hintree.Beam(1, 1), pool=shared_pool()).solve(QUESTION)
    for node in solution.steps:  # a teacher's step that says the same as the draft is merged with it
        authors = [sibling.author for sibling in node.parent.children if sibling.step.text == node.step.text]
        assert "teacher" in authors


def test_a_spent_budget_stops_with_its_reason_and_what_there_is():
    solution = hintree.Solver(budget=hintree.Budget(reasoner_tokens=1), pool=shared_pool()).solve(QUESTION)
    assert str(solution.stop_reason) == "budget: reasoner_tokens"
    assert solution.answer is None and len(solution.steps) == 1


def test_a_part_of_a_preset_can_be_replaced():
    solver = hintree.Solver(preset="greedy", reasoner="embedded:teacher", pool=shared_pool())
    assert solver.models == {"reasoner": "embedded:teacher"}
    solution = solver.solve(QUESTION)
    assert solution.answer == "7"
    assert [role for role in ROLES if solution.ledger[role].calls] == ["reasoner"]


def test_a_question_from_outside_the_lab_is_warned_of_and_how_to_name_a_real_model(solver):
    with pytest.warns(OutOfDomainWarning, match=r"unknown: .*divisors.*--reasoner"):
        solver.solve("How many positive divisors does 196 have?")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        solver.solve(QUESTION)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("x" * 1_000_000, "at most"),
        ("a\x00b", "U\\+0000"),
        ("a\x1b[31m", "U\\+001B"),
    ],
)
def test_questions_that_cannot_be_asked(solver, question, words):
    with pytest.raises(hintree.UsageError, match=words):
        solver.solve(question)


def test_a_question_longer_than_the_context_fails_that_question_only(solver):
    long = " ".join(["(1) Ana has 4 pens."] * 400)
    first, second = solver.solve_many([long, QUESTION], progress=False)
    assert str(first.stop_reason).startswith("failed: the text has ") and "1024" in str(first.stop_reason)
    assert first.answer is None and second.answer == "7"


def test_unknown_names_are_refused():
    with pytest.raises(hintree.UsageError, match="greedy, hinted, beam, hintree"):
        hintree.Solver("nosuch")
    with pytest.raises(hintree.ModelError, match="embedded:student"):
        hintree.Solver(reasoner="embedded:nosuch")


def test_a_chat_model_of_a_real_architecture_runs_the_whole_chain(chat_model, tiny_prm, tmp_path):
    names = {role: str(chat_model) for role in ("reasoner", "hinter", "teacher")}
    solver = hintree.Solver(**names, scorer=str(tiny_prm), search=hintree.Beam(2, 2, depth=2, repeats=0))
    solution = solver.solve("What is 2 + 2?")
    assert solution.ledger["reasoner"].calls >= 4 and solution.ledger["scorer"].calls > 0
    assert all(n.step.tokens <= 512 for n in solution.tree)
    copy = shutil.copytree(chat_model, tmp_path / "copy")
    again = hintree.Solver("greedy", reasoner=str(copy), search=hintree.Beam(1, 1, depth=1)).solve("What is 2 + 2?")
    assert str(again.stop_reason) in ("complete", "failed: longer than 1 steps")


def test_the_scorer_may_be_token_confidence():
    solution = hintree.Solver("beam", scorer="confidence", pool=shared_pool()).solve(QUESTION)
    assert solution.steps[0].score == pytest.approx(solution.steps[0].step.mean_probability)


@pytest.mark.parametrize("preset", ["beam", "hintree"])
def test_the_tree_cache_and_the_row_cache_grow_the_same_trees(preset):
    stock = {role: load_model(f"embedded:{name}") for role, name in WRITERS.items()}
    judge = load_classifier("embedded:prm")

    def grow(tree):
        models = {role: LocalModel(m.name, m.model, m.tokenizer, tree=tree) for role, m in stock.items()}
        scorer = PRM(LocalClassifier(judge.name, judge.model, judge.tokenizer, tree=tree))
        solver = hintree.Solver(preset, **models, scorer=scorer)
        return [written(s) for s in solver.solve_many(ASKED[:3], progress=False)]

    assert grow(tree=True) == grow(tree=False)
