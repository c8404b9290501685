"""The methods on the shipped models, and the judge."""

import json
from dataclasses import replace

import pytest

import hintree
from hintree.cli import main
from hintree.errors import LabelError, UsageError
from hintree.lab import problems
from hintree.models import Completion, Scored, Usage, load_model
from hintree.models.local.model import LocalModel
from hintree.policies import DraftScorer, Sampling, shipped_format
from hintree.search import Problem, Rewrite, ScoreRequest, Smart, Tree, from_dict, select, selection_of
from tests.support.scripted import written
from tests.support.shared_models import shared_pool

PROBLEMS = [Problem(p.question, p.id) for p in problems("test", (2, 3), n=3, seed=11)]
QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"


def texts(solution):
    return [(node.step.text, node.author, node.status, node.replaces) for node in solution.tree]


def test_smart_with_one_beam_at_temperature_0_is_rsd():
    rsd = hintree.PRESETS["rsd"]
    rule = replace(rsd.rewrite, threshold=0.97)
    one = replace(hintree.PRESETS["smart"], search=Smart(1, 1), rewrite=rule, sampling=Sampling())
    ours, theirs = (
        [texts(s) for s in hintree.Solver(p, seed=2, pool=shared_pool()).solve_many(PROBLEMS, progress=False)]
        for p in (one, replace(rsd, rewrite=rule))
    )
    assert ours == theirs


@pytest.mark.parametrize("name", ["specreason", "ssr"])
def test_the_teachers_own_counters_are_those_of_teacher_and_judge(name):
    teacher, student = load_model("embedded:teacher"), load_model("embedded:student")
    preset = replace(hintree.PRESETS[name], rewrite=Rewrite(0.9, stages=("teacher",), accept="always"))
    solver = hintree.Solver(preset, teacher=teacher, reasoner=student, seed=3, pool=shared_pool())
    solutions = list(solver.solve_many(PROBLEMS, progress=False))
    for roles, model in ((("teacher", "scorer"), teacher), (("reasoner",), student)):
        found = [sum(getattr(s.ledger[r], name) for s in solutions for r in roles) for name in model.usage._fields]
        assert found == list(model.usage)
    assert sum(s.ledger["scorer"].generated_tokens for s in solutions) == 0
    tree = from_dict(json.loads(solutions[0].tree.to_json()))
    judge = DraftScorer(teacher)
    scored = [node for node in tree if node.score is not None]
    assert scored
    for node in scored:
        assert judge([ScoreRequest(tree, node)])[0].value == pytest.approx(node.score, abs=1e-4)
    assert select(tree, selection_of(preset.search)).answer == solutions[0].answer


def test_what_is_read_on_the_tree_cache_is_what_a_whole_pass_reads():
    teacher = load_model("embedded:teacher")
    plain = LocalModel("plain", teacher.model, teacher.tokenizer, tree=False)
    lines = ["(1) Ana has 4 pens.", "(2) Ben gets 3 more pens than Ana.", "(2) Ben gets 9 more pens than Ana.", ""]
    requests = [(shipped_format("lab").step(Problem(QUESTION), [], None), text) for text in lines]
    on_tree, whole = teacher.loglikelihood(requests), plain.loglikelihood(requests)
    for a, b in zip(on_tree, whole, strict=True):
        assert a.probabilities == pytest.approx(b.probabilities, abs=1e-5)
    assert on_tree[3].probabilities == () and min(on_tree[2].probabilities) < min(on_tree[1].probabilities)
    assert sum(a.usage.forwarded_tokens for a in on_tree) < sum(b.usage.forwarded_tokens for b in whole)


def test_glances_are_booked_and_discarded():
    solution = hintree.Solver("glimprouter", seed=1, pool=shared_pool()).solve(PROBLEMS[0].question)
    kept = sum(n.step.tokens for n in solution.steps if n.author == "reasoner")
    account = solution.ledger["reasoner"]
    assert account.generated_tokens == kept + account.discarded_tokens
    assert account.discarded_tokens >= len(solution.steps)
    assert solution.ledger["scorer"].calls == 0


class Speaker:
    """A model with a chat template that always says the same."""

    name, parameters, chat = "speaker", 1, True

    def __init__(self, text):
        self.text = text

    def generate(self, requests):
        return [Completion(self.text, "length", (0.5,), (0.1,), Usage(1, 5, 5, 1)) for _ in requests]


class Reading(Speaker):
    chat = False

    def unknown_words(self, text):
        return []

    def loglikelihood(self, texts):
        return [Scored((0.5, 0.125), Usage(1, 5, 5, 0)) for _ in texts]


def graded(model):
    tree = Tree(Problem("q"))
    return DraftScorer(model)([ScoreRequest(tree, tree.add(tree.root, written("a"), "reasoner"))])[0]


def judged(model):
    return graded(model).value


def test_a_chat_model_judges_by_a_digit_and_any_other_by_the_text():
    assert judged(Speaker("7")) == 7 / 9 and judged(Speaker(" 9.")) == 1.0
    assert judged(Speaker("10")) == 1.0
    assert isinstance(graded(Speaker("well")), LabelError) and "wrote 'well'" in str(graded(Speaker("well")))
    assert judged(Reading("")) == pytest.approx(0.25)
    silent = Speaker("")
    silent.chat = False
    with pytest.raises(UsageError, match="cannot judge"):
        DraftScorer(silent)
    with pytest.raises(UsageError, match="name a teacher"):
        hintree.Solver("greedy", scorer="judge")


def test_a_preset_and_its_switches_on_the_command_line(capsys):
    command = ["solve", QUESTION, "--preset", "smart", "--set", "n=2,m=1", "--rewrite", "accept=better", "--json"]
    assert main([*command, "--sampling", "temperature=0.5"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["preset"] == "smart" and found["ledger"]["reasoner"]["calls"] >= 2
    assert found["ledger"]["hinter"]["calls"] == 0
    assert main(["solve", QUESTION, "--preset", "smart", "--set", "width=3"]) == 2
    assert main(["solve", QUESTION, "--preset", "smart", "--sampling", "temperature=hot"]) == 2
    assert main(["solve", QUESTION, "--preset", "smrt"]) == 2
    assert "did you mean 'smart'?" in capsys.readouterr().err
